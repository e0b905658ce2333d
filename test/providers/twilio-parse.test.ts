import { expect } from 'chai';
import fc from 'fast-check';
import { type InboundMessage, type ProviderEvent, UnreadableWebhook } from '../../providers/provider.ts';
import { twilio } from '../../providers/twilio/index.ts';
import { formBody, requestOf, TWILIO_ACCOUNT, URL_OF_HOOK } from './support.ts';

const BASE = {
  NumMedia: '0',
  ProfileName: 'Zoë Example',
  SmsStatus: 'received',
  Body: '',
  To: 'whatsapp:+12025550100',
  MessageSid: 'SM00000000000000000000000000000101',
  AccountSid: 'AC00000000000000000000000000000001',
  ReferralNumMedia: '0',
  ApiVersion: '2010-04-01',
};
const FROM = { From: 'whatsapp:+12025550142', WaId: '12025550142' };
const MEDIA = 'https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME1';

function parse(fields: Record<string, string>, url = URL_OF_HOOK): ProviderEvent[] {
  return twilio.parse(requestOf(formBody(fields), { url }), TWILIO_ACCOUNT);
}

function message(fields: Record<string, string>): InboundMessage {
  const events = parse({ ...BASE, ...FROM, ...fields });
  expect(events).length(1);
  const [event] = events;
  if (event?.kind !== 'message') throw new Error('no message');
  return event;
}

describe('providers/twilio parse', () => {
  it('reads a text', () => {
    const body = 'Café ✓ 100% & a+b=c 👍\nsecond line';
    const event = message({ MessageType: 'text', Body: body, ExternalUserId: 'whatsapp:US.13491208655302741918' });
    expect(event).deep.equal({
      kind: 'message',
      id: 'SM00000000000000000000000000000101',
      peer: {
        address: '+12025550142',
        phone: '+12025550142',
        userId: 'US.13491208655302741918',
        profileName: 'Zoë Example',
      },
      type: 'text',
      text: body,
    });
    expect(message({ Body: 'old, without a type' }).type).equal('text');
    expect(message({ MessageType: 'text' }).type).equal('text');
  });

  it('reads a sender without a phone number', () => {
    const id = 'US.13491208655302741918';
    for (const external of [`whatsapp:${id}`, id]) {
      const [event] = parse({ ...BASE, From: `whatsapp:${id}`, ExternalUserId: external, Body: 'hi' });
      expect(event).deep.include({ peer: { address: id, userId: id, profileName: 'Zoë Example' } });
    }
    const [both] = parse({ ...BASE, From: `whatsapp:${id}`, WaId: '12025550142', Body: 'hi' });
    expect(both).deep.include({
      peer: { address: id, userId: id, phone: '+12025550142', profileName: 'Zoë Example' },
    });
  });

  it('reads media by their type and, without one, by their content', () => {
    const image = { NumMedia: '1', MediaUrl0: MEDIA, MediaContentType0: 'image/jpeg', Body: 'my caption' };
    expect(message({ ...image, MessageType: 'image' })).deep.include({
      type: 'image',
      text: 'my caption',
      media: [{ source: MEDIA, contentType: 'image/jpeg' }],
    });
    const kinds: [string, string][] = [
      ['image/png', 'image'],
      ['image/webp', 'sticker'],
      ['audio/ogg', 'audio'],
      ['video/mp4', 'video'],
      ['text/vcard', 'contact'],
      ['application/pdf', 'document'],
    ];
    for (const [contentType, type] of kinds) {
      expect(message({ NumMedia: '1', MediaUrl0: MEDIA, MediaContentType0: contentType }).type).equal(type);
    }
    expect(message({ ...image, MessageType: 'contacts', MediaContentType0: 'text/vcard' }).type).equal('contact');
    expect(message({ ...image, MessageType: 'document', MediaContentType0: 'text/vcard' }).type).equal('contact');
    const document = { ...image, MediaContentType0: 'application/pdf', MessageType: 'document' };
    expect(message({ ...document, Body: 'invoice.pdf' }).media![0]).deep.include({ fileName: 'invoice.pdf' });
    expect(message({ ...document, Body: 'my invoice' }).media![0]).not.property('fileName');
    expect(message({ MediaUrl0: MEDIA, MediaUrl1: `${MEDIA}2` }).media).length(2);
  });

  it('reads a location', () => {
    const place = { Latitude: '52.303897857666016', Longitude: '4.750025749206543' };
    const named = { ...place, Address: '1 Example Street', Label: 'Example Office', MessageType: 'location' };
    expect(message(named).location).deep.equal({
      latitude: 52.303897857666016,
      longitude: 4.750025749206543,
      name: 'Example Office',
      address: '1 Example Street',
    });
    expect(message(place).type).equal('location');
    expect(message({ Latitude: 'x', Longitude: '4', Body: 'a' }).type).equal('text');
  });

  it('reads buttons, lists, forms and quotes', () => {
    const quoted = { OriginalRepliedMessageSid: 'MM901' };
    const button = {
      MessageType: 'interactive',
      Body: 'Confirm',
      ButtonText: 'Confirm',
      ButtonPayload: '{"order":42}',
    };
    expect(message({ ...button, ...quoted })).deep.include({
      type: 'button',
      text: 'Confirm',
      button: { id: '{"order":42}', text: 'Confirm' },
      repliedTo: 'MM901',
    });
    const list = { MessageType: 'interactive', Body: 'Friday', ListId: 'slot-fri', ListTitle: 'Friday' };
    expect(message(list)).deep.include({ type: 'list', button: { id: 'slot-fri', text: 'Friday' } });
    const form = { MessageType: 'interactive', Body: 'Sent', FlowData: '{"a":"1_Yes"}' };
    expect(message(form)).deep.include({ type: 'button', button: { id: '{"a":"1_Yes"}', text: 'Sent' } });
    expect(message({ MessageType: 'text', Body: 'yes', ...quoted })).deep.include({ type: 'text', repliedTo: 'MM901' });
  });

  it('reads voice messages, and whether something was forwarded or comes from an ad', () => {
    const voice = { NumMedia: '1', MediaUrl0: MEDIA, MediaContentType0: 'audio/ogg', MessageType: 'voice' };
    expect(message(voice)).deep.include({ type: 'audio', media: [{ source: MEDIA, contentType: 'audio/ogg' }] });
    const plain = message({ MessageType: 'text', Body: 'info?' });
    const ad = {
      ReferralHeadline: 'Chat with us',
      ReferralSourceType: 'ad',
      ReferralMediaUrl: 'https://ads.example/x',
    };
    const referral = { headline: 'Chat with us' };
    for (const [more, read] of [
      [{ Forwarded: 'true' }, { forwarded: 'once' }],
      [{ Forwarded: 'true', FrequentlyForwarded: 'true' }, { forwarded: 'often' }],
      [ad, { referral }],
      [{ ReferralNumMedia: '0' }, {}],
    ] as const) {
      expect(message({ MessageType: 'text', Body: 'info?', ...more })).deep.equal({ ...plain, ...read });
    }
  });

  it('reads reactions and system messages', () => {
    const reaction = message({ MessageType: 'reaction', Body: '👍', OriginalRepliedMessageSid: 'SM9' });
    expect(reaction).deep.include({ type: 'reaction', reaction: { to: 'SM9', emoji: '👍' } });
    expect(message({ MessageType: 'reaction', Body: '👍' }).type).equal('text');
    expect(message({ MessageType: 'system', Body: 'changed their number' }).type).equal('system');
  });

  it('keeps what it does not know as unknown, with its text', () => {
    expect(message({ MessageType: 'order', Body: 'x' })).deep.include({ type: 'unknown', text: 'x' });
    expect(message({ MessageType: 'unsupported' }).type).equal('unknown');
    expect(message({}).type).equal('unknown');
    expect(message({ MessageType: 'constructor' }).type).equal('unknown');
  });

  it('reads statuses, with our id from the query', () => {
    const status = { ...BASE, From: BASE.To, To: FROM.From, SmsStatus: 'x', Body: '' };
    const cases: [string, string][] = [
      ['queued', 'queued'],
      ['sending', 'queued'],
      ['sent', 'sent'],
      ['delivered', 'delivered'],
      ['read', 'read'],
    ];
    for (const [raw, common] of cases) {
      expect(parse({ ...status, MessageStatus: raw }, `${URL_OF_HOOK}?x=1&wa=our%2Fid`)).deep.equal([
        { kind: 'status', id: BASE.MessageSid, status: common, ourId: 'our/id' },
      ]);
    }
    expect(parse({ ...status, MessageStatus: 'sent' })[0]).not.property('ourId');
    expect(parse({ ...status, MessageStatus: 'sent' }, `${URL_OF_HOOK}?wa=%zz`)[0]).not.property('ourId');
    for (const raw of ['received', 'partially_delivered', 'new', 'toString']) {
      expect(parse({ ...status, MessageStatus: raw })).deep.equal([]);
    }
    expect(parse({ ...status, SmsStatus: 'delivered' })[0]).deep.include({ kind: 'status', status: 'delivered' });
  });

  it('maps failures to common reasons', () => {
    const reasons: [string, string][] = [
      ['63016', 'window_closed'],
      ['63018', 'rate_limited'],
      ['63024', 'recipient_invalid'],
      ['21610', 'opted_out'],
      ['63005', 'content_rejected'],
      ['63019', 'media'],
      ['21656', 'template'],
      ['63007', 'account'],
      ['20503', 'temporary'],
      ['99999', 'unknown'],
    ];
    for (const [code, reason] of reasons) {
      for (const raw of ['failed', 'undelivered']) {
        const [event] = parse({ ...BASE, ...FROM, MessageStatus: raw, ErrorCode: code });
        expect(event).deep.include({ status: 'failed', error: { code, reason } });
      }
    }
    const [canceled] = parse({ ...BASE, ...FROM, MessageStatus: 'canceled' });
    expect(canceled).deep.include({ status: 'failed', error: { code: 'canceled', reason: 'unknown' } });
  });

  it('gives no event for other channels and other webhooks of Twilio', () => {
    expect(parse({ ...BASE, From: '+12025550142', Body: 'an SMS' })).deep.equal([]);
    expect(parse({ ...BASE, From: 'messenger:123', Body: 'x' })).deep.equal([]);
    expect(parse({ ...BASE, From: 'whatsapp:', Body: 'x' })).deep.equal([]);
    expect(parse({ AccountSid: 'AC1', CallSid: 'CA1' })).deep.equal([]);
  });

  it('refuses what is no webhook of Twilio', () => {
    for (const body of ['', '{"a":1}', 'a=b', 'MessageSid=', 'MessageSid=SM1&Body=x']) {
      expect(() => twilio.parse(requestOf(body), TWILIO_ACCOUNT), body).throw(UnreadableWebhook);
    }
  });

  it('throws nothing else, whatever comes', () => {
    const name = fc.constantFrom('MessageSid', 'From', 'Body', 'MessageStatus', 'MessageType', 'MediaUrl0', 'Latitude');
    const value = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('%', '%E4', 'whatsapp:+1', '__proto__', 'sent'),
    );
    const pairs = fc.array(fc.tuple(name, value)).map((all) => all.map(([n, v]) => `${n}=${v}`).join('&'));
    const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
    const url = fc.oneof(fc.string(), fc.constant(`${URL_OF_HOOK}?wa=1`));
    fc.assert(
      fc.property(
        fc.oneof(
          pairs.map((text) => Buffer.from(text)),
          bytes,
        ),
        url,
        (body, at) => {
          try {
            for (const event of twilio.parse(requestOf(body, { url: at }), TWILIO_ACCOUNT))
              expect(event.id).a('string').not.equal('');
          } catch (error) {
            expect(error).instanceOf(UnreadableWebhook);
          }
          expect(
            twilio.verify(
              { provider: 'twilio', phone: '', accountSid: '', authToken: 'x' },
              requestOf(body, { url: at, headers: { 'x-twilio-signature': 'A'.repeat(28) } }),
            ),
          ).equal(false);
        },
      ),
      { numRuns: 500 },
    );
  });
});
