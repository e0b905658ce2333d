import { randomBytes } from 'node:crypto';

let lastMs = 0;
let counter = 0;
let pool = Buffer.alloc(0);
let used = 0;

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz';
/** All pairs of base-36 digits: looking them up takes a tenth of converting a number. */
const PAIRS = Array.from({ length: 1296 }, (_, i) => DIGITS[Math.floor(i / 36)]! + DIGITS[i % 36]!);

/** 24 random bits as five base-36 digits, from a pool so that one id does not cost a system call. */
function tail(): string {
  if (used + 3 > pool.length) {
    pool = randomBytes(3 * 512);
    used = 0;
  }
  const n = pool.readUIntBE(used, 3);
  used += 3;
  return DIGITS[Math.floor(n / 1_679_616)]! + PAIRS[Math.floor(n / 1296) % 1296]! + PAIRS[n % 1296]!;
}

let timeMs = Number.NaN;
let timeText = '';

/** Nine digits; many ids are made within a millisecond. */
function timeOf(ms: number): string {
  if (ms !== timeMs) {
    timeText = ms.toString(36).padStart(9, '0');
    timeMs = ms;
  }
  return timeText;
}

/**
 * A new opaque id: 9 digits of time, 3 that count within the millisecond, 5 random ones, all base 36. Ids of one process sort in
 * the order in which they were made, also when its clock steps back.
 * @param now epoch ms
 */
export function newId(now: number): string {
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else if (++counter >= 46_656) {
    lastMs++;
    counter = 0;
  }
  return timeOf(lastMs) + DIGITS[Math.floor(counter / 1296)]! + PAIRS[counter % 1296]! + tail();
}

/**
 * New ids sort behind this one from now on. Called with the newest ids of a store that is opened: the clock of a machine without a
 * battery may have gone back, and messages are ordered by their ids.
 */
export function continueAfter(id: string): void {
  const ms = Number.parseInt(id.slice(0, 9), 36);
  if (!(ms >= lastMs)) return;
  lastMs = ms;
  // The rest of that millisecond may be used up.
  counter = 46_655;
}

/** Ids made at or after this time (epoch ms) sort behind it, earlier ones before it. */
export const idBound = (ms: number): string => Math.max(0, Math.floor(ms)).toString(36).padStart(9, '0');

/** When an id was made, epoch ms; of one made after the clock stepped back a little later. */
export const idTime = (id: string): number => Number.parseInt(id.slice(0, 9), 36);
