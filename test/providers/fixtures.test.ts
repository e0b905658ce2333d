/** Every shape in which a provider's webhook is known to come, read as a whole. */
import { expect } from 'chai';
import { providerOf } from '../../providers/index.ts';
import type { Provider, ProviderAccount } from '../../providers/provider.ts';
import type { Case } from './fixtures/case.ts';
import { META } from './fixtures/meta.ts';
import { SIGNED } from './fixtures/signatures.ts';
import { SINCH } from './fixtures/sinch.ts';
import { TWILIO } from './fixtures/twilio.ts';
import { formBody, META_ACCOUNT, requestOf, SINCH_ACCOUNT, TWILIO_ACCOUNT } from './support.ts';

const escaped = (body: string) =>
  body.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

function reads<Body>(account: ProviderAccount, cases: Case<Body>[], writings: ((body: Body) => string)[]): void {
  const provider: Provider = providerOf(account.provider);
  describe(`providers/${provider.name} fixtures`, () => {
    for (const { name, body, events } of cases)
      it(name, () => {
        for (const write of writings) {
          expect(provider.parse(requestOf(write(body)), account)).deep.equal(events);
        }
      });
  });
}

reads(TWILIO_ACCOUNT, TWILIO, [formBody, (fields) => formBody(fields, true)]);
// Meta escapes what is not ASCII; both may be written over several lines.
const writings = [
  (body: object) => JSON.stringify(body),
  (body: object) => JSON.stringify(body, null, 2),
  (body: object) => escaped(JSON.stringify(body)),
];
reads(SINCH_ACCOUNT, SINCH, writings);
reads(META_ACCOUNT, META, writings);

describe('signatures made elsewhere', () => {
  for (const { provider: name, secret, ...request } of SIGNED) {
    const provider = providerOf(name);
    const account = {
      ...{ twilio: TWILIO_ACCOUNT, sinch: SINCH_ACCOUNT, meta: META_ACCOUNT }[name],
      ...(name === 'twilio' ? { authToken: secret } : { webhookSecret: secret }),
    };
    const verify = (more: object = {}) =>
      provider.verify(account, { ...request, body: Buffer.from(request.body), ...more });

    it(`${name}: holds, and for nothing else`, () => {
      expect(verify()).equal(true);
      expect(verify({ body: Buffer.from(request.body.replace('5', '6')) })).equal(request.body.indexOf('5') < 0);
      expect(verify({ body: Buffer.from(`${request.body} `) })).equal(false);
      expect(verify({ headers: {} })).equal(false);
      expect(
        provider.verify(
          { ...account, authToken: 'x', webhookSecret: 'x' },
          { ...request, body: Buffer.from(request.body) },
        ),
      ).equal(false);
    });
  }
});
