import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import type { ProviderAccount, ProviderName } from '../providers/provider.ts';

/** What an account of the simulator logs in with, by the fields of the account dialog. */
export type Credentials = Pick<ProviderAccount, 'accountSid' | 'authToken' | 'appId' | 'webhookSecret' | 'verifyToken'>;

/** Invents the credentials of an account, in the form in which its provider gives them out. */
export function inventCredentials(provider: ProviderName): Credentials {
  switch (provider) {
    case 'twilio':
      return { accountSid: `AC${hex()}`, authToken: hex() };
    case 'sinch':
      return {
        accountSid: randomUUID(),
        authToken: `${randomUUID()}:${secret()}`,
        appId: `01${hex().slice(0, 24).toUpperCase()}`,
        webhookSecret: secret(),
      };
    case 'meta':
      return {
        accountSid: digits(),
        authToken: `EAA${hex()}${hex()}`,
        appId: digits(),
        webhookSecret: hex(),
        verifyToken: secret(),
      };
  }
}

const hex = (): string => randomBytes(16).toString('hex');
const secret = (): string => randomBytes(18).toString('base64url');
/** The form of ids in Meta's Graph API. */
const digits = (): string => `1${String(randomInt(10 ** 14)).padStart(14, '0')}`;
