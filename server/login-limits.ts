/** Limits for guessing passwords: per username and address, and per address over all usernames. */
import type { RateLimiterMemory } from 'rate-limiter-flexible';
import { ApiError } from './json.ts';

export interface LoginLimits {
  /** Wrong passwords for one username from one address per `seconds`. */
  perUser: number;
  /** Wrong passwords from one address per `seconds`; a whole contact centre may stand behind one. */
  perAddress: number;
  seconds: number;
}

const DEFAULTS: LoginLimits = { perUser: 8, perAddress: 80, seconds: 15 * 60 };

/** Counts an attempt before the password is checked, so that simultaneous guesses do not get through together. */
export interface LoginGuard {
  /** Throws `ApiError` 429 `too_many_attempts` with Retry-After in seconds. */
  attempt(username: string, address: string): Promise<void>;
  /** The attempt was right: it does not count. */
  succeeded(username: string, address: string): Promise<void>;
}

/** An IPv6 client owns at least a /64; the addresses in it are one guesser. */
export function addressGroup(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  if (mapped?.[1]) return mapped[1];
  if (!address.includes(':')) return address;
  const [head = '', tail = ''] = (address.split('%', 1)[0] ?? '').toLowerCase().split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  const middle = address.includes('::') ? Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0') : [];
  const groups = [...left, ...middle, ...right].slice(0, 4).map((group) => group.replace(/^0+(?=.)/, ''));
  return `${groups.join(':')}::/64`;
}

export function createLoginGuard(limits: Partial<LoginLimits> = {}): LoginGuard {
  const { perUser, perAddress, seconds } = { ...DEFAULTS, ...limits };
  let limiters: Promise<{ user: RateLimiterMemory; address: RateLimiterMemory }> | undefined;
  // Loaded by the first login: it costs a fifth of what the whole server may cost at start.
  const load = () => {
    limiters ??= import('rate-limiter-flexible').then(({ RateLimiterMemory: Memory }) => ({
      user: new Memory({ keyPrefix: 'user', points: perUser, duration: seconds }),
      address: new Memory({ keyPrefix: 'address', points: perAddress, duration: seconds }),
    }));
    return limiters;
  };
  const userKey = (username: string, group: string) => `${group} ${username.toLowerCase()}`;

  return {
    async attempt(username, address) {
      const { user, address: byAddress } = await load();
      const group = addressGroup(address);
      try {
        await byAddress.consume(group);
        await user.consume(userKey(username, group));
      } catch (refused) {
        const { msBeforeNext } = refused as { msBeforeNext?: number };
        if (msBeforeNext === undefined) throw refused;
        const wait = Math.max(1, Math.ceil(msBeforeNext / 1000));
        throw new ApiError(
          429,
          'too_many_attempts',
          `Too many failed attempts; try again in ${wait} seconds`,
          undefined,
          {
            'Retry-After': String(wait),
          },
        );
      }
    },
    async succeeded(username, address) {
      const { user, address: byAddress } = await load();
      const group = addressGroup(address);
      await user.delete(userKey(username, group));
      await byAddress.reward(group);
    },
  };
}
