import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, probe, SECRETS, tab } from './support/flows.ts';
import { complaints, deliver, Office } from './support/office.ts';

const FROM = '+12025550142';
const PHONE = '+12025550100';
const OTHER = '+12025550101';

function flows(...accounts: FlowNode[]): FlowNode[] {
  const { node: page, place } = tab('plan');
  return [
    page,
    ...accounts,
    node('wa-inbound', 'inbound', place(), [['probe-in'], ['probe-in']]),
    probe('in', place()),
  ];
}

const kept = account({ id: 'account-kept', key: 'KEPT', phone: PHONE });
const removed = account({ id: 'account-removed', key: 'GONE', phone: OTHER, provider: 'sinch' });

describe('refused webhooks', function () {
  this.timeout(30_000);
  let office: Office;
  let url: string;

  before(async () => {
    office = await Office.open({ flows: flows(kept, removed) });
    url = await office.receiveUrl('account-kept');
    // The contact and its conversation exist; what follows adds one message at a time.
    await office.deliver({ account: PHONE, from: FROM, text: 'first' });
    await office.probes.wait('in', (seen) => seen.payload === 'first');
  });
  after(async () => {
    await office?.close();
  });

  /** Rows of everything that a webhook could leave behind. */
  const everything = () =>
    Object.fromEntries(
      [
        'contact',
        'address',
        'interaction',
        'message',
        'provider_id',
        'handover',
        'early_status',
        'outgoing',
        'audit',
      ].map((table) => [table, office.rows(`select count(*) as n from "${table}"`)[0].n]),
    );

  /** Does something and checks: answered so, nothing stored, told once in the log, and no secret in what was told. */
  async function refused(status: number, line: RegExp, work: () => Promise<number>): Promise<void> {
    const before = everything();
    const from = office.red.log().length;
    expect(await work()).to.equal(status);
    await office.red.waitForLog(line, { from });
    // A webhook that is taken comes after the refused one in every queue there is.
    expect(await office.deliver({ account: PHONE, from: FROM, text: `after ${line}` })).to.equal(200);
    await office.probes.wait('in', (seen) => seen.payload === `after ${line}`);
    const now = everything();
    expect({ ...now, message: now.message - 1, provider_id: now.provider_id - 1, audit: 0, handover: 0 }).to.deep.equal(
      {
        ...before,
        audit: 0,
        handover: 0,
      },
    );
    const told = office.red
      .log()
      .slice(from)
      .replaceAll(/.*@probe.*/g, '');
    const lines = complaints(told);
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(line);
    for (const secret of secrets()) expect(told).not.to.contain(secret);
  }
  const secrets = () => [
    url.split('/').at(-1) ?? '',
    ...Object.values(SECRETS).flatMap((all) =>
      Object.entries(all).flatMap(([name, secret]) => (name === 'accountSid' ? [] : secret.split(':'))),
    ),
    FROM,
    'a private text',
  ];
  const signed = () => office.simulator.signedRequest({ account: PHONE, from: FROM, text: 'a private text' }).request;

  it('wrong signature: 403', () =>
    refused(403, /KEPT: .*403/, () => {
      const request = signed();
      request.headers['x-twilio-signature'] = Buffer.alloc(20, 1).toString('base64');
      return deliver(request);
    }));

  it('a signature over another text: 403', async () => {
    const from = office.red.log().length;
    const request = signed();
    expect(await deliver({ ...request, body: request.body.replace('private', 'public') })).to.equal(403);
    expect(complaints(office.red.log().slice(from)).join('\n')).not.to.contain(url.split('/').at(-1));
  });

  it('no webhook secret, no message: an unsigned Sinch callback gets 403', async () => {
    const { request } = office.simulator.signedRequest({ account: OTHER, from: FROM, text: 'a private text' });
    const bare = Object.fromEntries(Object.entries(request.headers).filter(([name]) => !/^x-sinch/i.test(name)));
    await refused(403, /GONE: .*403/, () => deliver({ ...request, headers: bare }));
  });

  it('wrong proxy token: 404', () =>
    refused(404, /404\): wrong proxy token/, () =>
      deliver({ ...signed(), url: url.replace(/[^/]+$/, 'wrong-token') }),
    ));

  it('unknown account: 404', () =>
    refused(404, /404\): unknown account/, () =>
      deliver({ ...signed(), url: url.replace(/[^/]+\/([^/]+)$/, 'nobody/$1') }),
    ));

  it('unreadable: 400', async () => {
    // Signed, but no message: Sinch signs whatever the bytes are.
    const { request } = office.simulator.signedRequest({ account: OTHER, from: FROM, text: 'x' });
    const { sinchSignatureHeaders } = await import('../../simulator/signatures.ts');
    const body = '{"a private text": ';
    const headers = sinchSignatureHeaders(
      SECRETS.sinch.webhookSecret,
      body,
      '01W4FFL35P4NC4K35NONCE0001',
      Math.floor(Date.now() / 1000),
    );
    await refused(400, /GONE: .*400/, () => deliver({ ...request, headers: { ...request.headers, ...headers }, body }));
  });

  it('over 1 MB: 413', () =>
    refused(413, /413/, () => deliver({ ...signed(), body: `Body=${'a private text '.repeat(80_000)}` })));

  it('exactly at the limit the signature decides, not the size', async () => {
    const body = randomBytes(512 * 1024).toString('hex');
    expect(await deliver({ ...signed(), body })).to.equal(403);
  });

  it('an account that a deploy removed: 503; deployed again it has its Receive URL and takes it', async () => {
    const before = await office.receiveUrl('account-removed');
    const { request } = office.simulator.signedRequest({
      account: OTHER,
      from: '+12025550143',
      text: 'are you there?',
    });
    await office.deploy(flows(kept));
    // While flows restart a removed account still receives. What flows are given again comes after that.
    await office.deliver({ account: PHONE, from: FROM, text: 'after the deploy' });
    await office.probes.wait('in', (seen) => seen.payload === 'after the deploy');
    await refused(503, /503\): the account \S+ is not deployed/, () => deliver(request));
    const from = office.red.log().length;
    await office.deploy(flows(kept, { ...removed, id: 'account-again' }));
    expect(await office.receiveUrl('account-again')).to.equal(before);
    expect(await deliver(request)).to.equal(200);
    await office.probes.wait('in', (seen) => seen.payload === 'are you there?');
    expect(complaints(office.red.log().slice(from))).to.deep.equal([]);
  });
});
