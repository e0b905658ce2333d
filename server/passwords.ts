/** Passwords: scrypt with a salt of its own and its costs written beside it, so that the costs can be raised later. */
import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto';

export interface ScryptCosts {
  /** CPU and memory cost, a power of two. */
  N: number;
  r: number;
  p: number;
}

/** As OWASP's password storage cheat sheet gives them for 32 MB (128 · N · r bytes). */
const COSTS: ScryptCosts = { N: 2 ** 15, r: 8, p: 3 };
const LENGTH = 32;
/** A stored value with absurd costs must not take the machine down. */
const MAX_MEMORY = 256 * 1024 * 1024;
/** At once; the others wait. Logins must not take all threads of the pool, which also serves files and DNS. */
const CONCURRENT = 2;

let running = 0;
const waiting: (() => void)[] = [];

async function derive(password: string, salt: Buffer, length: number, { N, r, p }: ScryptCosts): Promise<Buffer> {
  if (running >= CONCURRENT) await new Promise<void>((resolve) => waiting.push(resolve));
  else running++;
  try {
    const options: ScryptOptions = { N, r, p, maxmem: MAX_MEMORY };
    // The same password typed on two keyboards may differ in its code points.
    const text = password.normalize('NFKC');
    return await new Promise((resolve, reject) => {
      scrypt(text, salt, length, options, (error, key) => (error ? reject(error) : resolve(key)));
    });
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

/** A self-describing hash: `scrypt$N=32768,r=8,p=3$<salt>$<key>`, both base64url. Lower `costs` are for tests. */
export async function hashPassword(password: string, costs: ScryptCosts = COSTS): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, LENGTH, costs);
  return `scrypt$N=${costs.N},r=${costs.r},p=${costs.p}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

const FORMAT = /^scrypt\$N=(\d{1,9}),r=(\d{1,3}),p=(\d{1,3})\$([\w-]{8,200})\$([\w-]{8,200})$/;

/**
 * True if the password belongs to the stored hash. Without a stored hash (an unknown user) the work is done all the same, so that the
 * duration does not tell whether the user exists. A stored value that cannot be read is a refusal, not an exception.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  const parts = stored === null ? null : FORMAT.exec(stored);
  if (!parts) {
    await derive(password, randomBytes(16), LENGTH, COSTS);
    return false;
  }
  const key = Buffer.from(parts[5] ?? '', 'base64url');
  const costs = { N: Number(parts[1]), r: Number(parts[2]), p: Number(parts[3]) };
  try {
    const candidate = await derive(password, Buffer.from(parts[4] ?? '', 'base64url'), key.length, costs);
    return timingSafeEqual(candidate, key);
  } catch {
    // Costs that scrypt refuses.
    return false;
  }
}
