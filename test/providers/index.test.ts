import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { redact, retryAfterSeconds } from '../../providers/failure.ts';
import { providerOf, UnknownProvider } from '../../providers/index.ts';
import { metaReason } from '../../providers/meta/errors.ts';
import { FAILURE_REASONS, type ProviderAccount, type ProviderName } from '../../providers/provider.ts';
import { sinchReason } from '../../providers/sinch/errors.ts';
import { twilioReason } from '../../providers/twilio/errors.ts';
import { META_ACCOUNT, SINCH_ACCOUNT, TWILIO_ACCOUNT } from './support.ts';

const codes = (account: ProviderAccount) =>
  providerOf(account.provider)
    .check(account)
    .map((problem) => problem.code);

describe('providers', () => {
  it('are found by name', () => {
    expect(providerOf('twilio').name).equal('twilio');
    expect(providerOf('sinch').name).equal('sinch');
    expect(providerOf('meta').name).equal('meta');
    for (const name of ['other', 'toString'] as string[] as ProviderName[]) {
      expect(() => providerOf(name)).throw(UnknownProvider, `"${name}" is not available`);
    }
  });

  it('load no HTTP client before the first send', async () => {
    const script = `
      const { registerHooks } = require('node:module');
      const loaded = [];
      registerHooks({ resolve(name, context, next) { loaded.push(name); return next(name, context); } });
      import('./providers/index.ts').then(() => console.log(JSON.stringify(loaded)));`;
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script]);
    const loaded = JSON.parse(stdout) as string[];
    expect(loaded).include('./twilio/index.ts');
    expect(loaded.filter((name) => !name.startsWith('.') && !name.startsWith('node:'))).deep.equal([]);
  });

  it('check a Twilio account', () => {
    expect(codes(TWILIO_ACCOUNT)).deep.equal([]);
    const emulated = { ...TWILIO_ACCOUNT, accountSid: 'ACdemo', baseUrl: 'http://127.0.0.1:4101' };
    expect(codes(emulated)).deep.equal([]);
    expect(codes({ ...emulated, baseUrl: undefined })).deep.equal(['account_sid_invalid']);
    expect(codes({ ...emulated, accountSid: 'SK1' })).deep.equal(['account_sid_invalid']);
    expect(codes({ provider: 'twilio', phone: '', accountSid: '', authToken: '' })).deep.equal([
      'phone_invalid',
      'account_sid_missing',
      'auth_token_missing',
    ]);
    for (const phone of ['12025550100', '+0123456789', '+1 202 555 0100', 'whatsapp:+12025550100']) {
      expect(codes({ ...TWILIO_ACCOUNT, phone })).deep.equal(['phone_invalid']);
    }
    for (const baseUrl of ['example.com', 'ftp://example.com', 'https://user:secret@example.com']) {
      expect(codes({ ...TWILIO_ACCOUNT, baseUrl })).deep.equal(['base_url_invalid']);
    }
  });

  it('check a Sinch account', () => {
    expect(codes(SINCH_ACCOUNT)).deep.equal([]);
    expect(codes({ provider: 'sinch', phone: '+12025550100', accountSid: '', authToken: '' })).deep.equal([
      'account_sid_missing',
      'auth_token_missing',
      'app_id_missing',
      'webhook_secret_missing',
      'base_url_missing',
    ]);
    for (const region of ['us1', 'eu1']) {
      const baseUrl = `https://${region}.whatsapp.api.sinch.com`;
      const [problem] = providerOf('sinch').check({ ...SINCH_ACCOUNT, baseUrl });
      expect(problem).include({ code: 'base_url_retired' });
      expect(problem!.message).include('2023');
    }
    const problems = JSON.stringify(providerOf('sinch').check({ ...SINCH_ACCOUNT, phone: 'x', baseUrl: 'x' }));
    expect(problems).not.include(SINCH_ACCOUNT.authToken).not.include(SINCH_ACCOUNT.webhookSecret!);
  });

  it('check a Meta account', () => {
    expect(codes(META_ACCOUNT)).deep.equal([]);
    expect(codes({ ...META_ACCOUNT, baseUrl: 'http://127.0.0.1:4101' })).deep.equal([]);
    expect(codes({ provider: 'meta', phone: '+12025550100', accountSid: '', authToken: '' })).deep.equal([
      'app_id_missing',
      'auth_token_missing',
      'webhook_secret_missing',
      'verify_token_missing',
    ]);
    // The number itself is what people enter first.
    for (const appId of ['12025550100', '+12025550100', 'calder-cycles']) {
      expect(codes({ ...META_ACCOUNT, appId })).deep.equal(['app_id_invalid']);
    }
    const [problem] = providerOf('meta').check({ ...META_ACCOUNT, webhookSecret: '' });
    expect(problem!.message).equal('webhook secret missing');
  });

  it('use the common reasons only', () => {
    for (const status of [undefined, 400, 401, 404, 429, 500]) {
      expect(FAILURE_REASONS).include(twilioReason(null, status));
      expect(FAILURE_REASONS).include(sinchReason('', status));
      expect(FAILURE_REASONS).include(metaReason('', status));
    }
  });

  it('mask secrets in foreign texts', () => {
    const text = `Basic YWJjZGVm ${SINCH_ACCOUNT.authToken} fictional-key-secret ${SINCH_ACCOUNT.webhookSecret} Bearer abc.def-ghi`;
    expect(redact(SINCH_ACCOUNT, text)).equal('Basic *** *** *** *** Bearer ***');
    expect(redact(SINCH_ACCOUNT, 'x'.repeat(500))).length(300);
  });

  it('read Retry-After', () => {
    const now = Date.parse('2026-11-24T12:00:00Z');
    expect(retryAfterSeconds('7', 1, now)).equal(7);
    expect(retryAfterSeconds('0', 5, now)).equal(1);
    expect(retryAfterSeconds('Tue, 24 Nov 2026 12:00:30 GMT', 1, now)).equal(30);
    expect(retryAfterSeconds('999999', 1, now)).equal(3600);
    for (const header of [undefined, 'soon', {}]) expect(retryAfterSeconds(header, 4, now)).equal(4);
  });
});
