import { createHash, createHmac } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { twilio } from '../../providers/twilio/index.ts';
import { signTwilio } from '../../providers/twilio/signature.ts';
import { formBody, requestOf, TWILIO_ACCOUNT, URL_OF_HOOK } from './support.ts';

const TOKEN = TWILIO_ACCOUNT.authToken;

/** The algorithm as the documentation tells it, apart from the code under test. */
function sign(url: string, fields: Record<string, string | string[]>, token = TOKEN): string {
  let data = url;
  for (const name of Object.keys(fields).sort()) {
    const value = fields[name]!;
    const values = Array.isArray(value) ? [...new Set(value)].sort() : [value];
    for (const one of values) data += name + one;
  }
  return createHmac('sha1', token).update(Buffer.from(data, 'utf8')).digest('base64');
}

function verify(url: string, body: string, signature: string | string[] | undefined, token = TOKEN): boolean {
  return twilio.verify(
    { ...TWILIO_ACCOUNT, authToken: token },
    requestOf(body, { url, headers: { 'x-twilio-signature': signature } }),
  );
}

const INBOUND = {
  SmsMessageSid: 'SM00000000000000000000000000000101',
  NumMedia: '0',
  ProfileName: 'Zoë Example',
  MessageType: 'text',
  WaId: '12025550142',
  Body: 'Hello & welcome = 50% off + more ✓',
  To: 'whatsapp:+12025550100',
  MessageSid: 'SM00000000000000000000000000000101',
  AccountSid: 'AC00000000000000000000000000000001',
  ChannelMetadata: '{"type":"whatsapp","data":{"context":{"ProfileName":"Zoë Example"}}}',
  From: 'whatsapp:+12025550142',
  ApiVersion: '2010-04-01',
};

describe('providers/twilio signature', () => {
  it('reproduces the published examples', () => {
    const call = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675310',
      Digits: '1234',
      From: '+14158675310',
      To: '+18005551212',
    };
    const current = 'https://example.com/myapp.php?foo=1&bar=2';
    expect(verify(current, formBody(call), 'L/OH5YylLD5NRKLltdqwSvS0BnU=', '12345')).equal(true);
    const former = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    const earlier = { ...call, Caller: '+12349013030', From: '+12349013030' };
    expect(verify(former, formBody(earlier), '0/KCTR6DLpKmkAf8muzZqo1nDgQ=', '12345')).equal(true);
  });

  it('covers the decoded values, however the body is escaped', () => {
    const signature = sign(URL_OF_HOOK, INBOUND);
    expect(verify(URL_OF_HOOK, formBody(INBOUND), signature)).equal(true);
    expect(verify(URL_OF_HOOK, formBody(INBOUND, true), signature)).equal(true);
    expect(signTwilio(TOKEN, URL_OF_HOOK, Buffer.from(formBody(INBOUND)))).equal(signature);
  });

  it('covers every parameter, unknown, empty and repeated ones included', () => {
    const more = { ...INBOUND, SomeFutureParam: 'x', Empty: '' };
    expect(verify(URL_OF_HOOK, formBody(more), sign(URL_OF_HOOK, more))).equal(true);
    expect(verify(URL_OF_HOOK, formBody(more), sign(URL_OF_HOOK, INBOUND))).equal(false);
    const repeated = sign(URL_OF_HOOK, { MessageSid: 'SM1', Tag: ['b', 'a', 'b'] });
    expect(verify(URL_OF_HOOK, 'MessageSid=SM1&Tag=b&Tag=a&Tag=b', repeated)).equal(true);
    expect(verify(URL_OF_HOOK, 'MessageSid=SM1&Tag=b&Tag=a&Tag=c', repeated)).equal(false);
    const many: Record<string, string> = {};
    for (let i = 0; i < 1500; i++) many[`P${i}`] = String(i);
    expect(verify(URL_OF_HOOK, formBody(many), sign(URL_OF_HOOK, many))).equal(true);
  });

  it('takes the URL with and without its port, and as a URL parser writes it', () => {
    const body = formBody(INBOUND);
    const accepted = [
      ['https://flows.example.com/wa', 'https://flows.example.com:443/wa'],
      ['https://flows.example.com:443/wa', 'https://flows.example.com/wa'],
      ['http://flows.example.com:80/wa', 'http://flows.example.com/wa'],
      ['https://flows.example.com:8443/wa', 'https://flows.example.com:8443/wa'],
      ['https://flows.example.com/wa', 'https://flows.example.com:8443/wa'],
      ['https://user:pass@flows.example.com/wa', 'https://user:pass@flows.example.com/wa'],
      ['https://user:pass@flows.example.com:443/wa', 'https://user:pass@flows.example.com/wa'],
      ['https://flows.example.com/wa?account=main', 'https://flows.example.com/wa?account=main'],
      ['https://[2001:db8::1]:443/wa', 'https://[2001:db8::1]/wa'],
      ["https://flows.example.com/wa?a=it's", "https://flows.example.com/wa?a=it's"],
      ['https://flows.example.com/wa?a=it%27s', "https://flows.example.com/wa?a=it's"],
      ['https://flows.example.com/', 'https://flows.example.com'],
    ];
    for (const [signed, configured] of accepted) {
      expect(verify(configured!, body, sign(signed!, INBOUND)), `${signed} as ${configured}`).equal(true);
    }
  });

  it('refuses another URL, parameter, token or signature', () => {
    const body = formBody(INBOUND);
    const signature = sign(URL_OF_HOOK, INBOUND);
    const others = [
      ['https://flows.example.com:8443/wa', 'https://flows.example.com/wa'],
      ['https://flows.example.com/wa', 'https://flows.example.com/wa/'],
      ['https://flows.example.com/wa', 'http://flows.example.com/wa'],
      ['https://flows.example.com/wa?a=1&b=2', 'https://flows.example.com/wa?b=2&a=1'],
      ['https://flows.example.com/wa', 'https://flows.example.com/wa#rc=3'],
      ['https://flows.example.com/wa', 'https://other.example.com/wa'],
    ];
    for (const [signed, configured] of others) {
      expect(verify(configured!, body, sign(signed!, INBOUND)), `${signed} as ${configured}`).equal(false);
    }
    expect(verify(URL_OF_HOOK, formBody({ ...INBOUND, Body: 'other' }), signature)).equal(false);
    const { WaId: _, ...fewer } = INBOUND;
    expect(verify(URL_OF_HOOK, formBody(fewer), signature)).equal(false);
    expect(verify(URL_OF_HOOK, body, signature, 'ffffffffffffffffffffffffffffffff')).equal(false);
    expect(verify(URL_OF_HOOK, body, `AAAA${signature.slice(4)}`)).equal(false);
  });

  it('is false for anything malformed, never an exception', () => {
    const body = formBody(INBOUND);
    const signature = sign(URL_OF_HOOK, INBOUND);
    for (const wrong of [undefined, '', 'x', `${signature}=`, [signature, signature], 'ü'.repeat(28)]) {
      expect(verify(URL_OF_HOOK, body, wrong)).equal(false);
    }
    expect(verify('no url', body, signature)).equal(false);
    expect(verify(URL_OF_HOOK, body, signature, '')).equal(false);
    expect(verify(URL_OF_HOOK, '%zz=%&&=&%E4', signature)).equal(false);
    expect(twilio.verify({ ...TWILIO_ACCOUNT, authToken: '' }, requestOf(''))).equal(false);
  });

  it('checks a body that is no form by the hash in the URL', () => {
    const body = '{"hello":"wörld","n":1}';
    const hash = createHash('sha256').update(body).digest('hex');
    const url = `${URL_OF_HOOK}?bodySHA256=${hash}`;
    expect(verify(url, body, sign(url, {}))).equal(true);
    expect(verify(url, `${body} `, sign(url, {}))).equal(false);
    const short = `${URL_OF_HOOK}?bodySHA256=00`;
    expect(verify(short, body, sign(short, {}))).equal(false);
  });

  it('accepts what was signed, whatever the parameters are', () => {
    const parameters = fc.dictionary(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(parameters, fc.boolean(), (fields, plus) => {
        const body = formBody(fields, plus);
        return verify(URL_OF_HOOK, body, sign(URL_OF_HOOK, fields));
      }),
      { numRuns: 200 },
    );
  });
});
