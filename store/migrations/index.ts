import type { Migration } from 'kysely/migration';
import * as m0001 from './0001-contact-centre.ts';
import * as m0002 from './0002-handling.ts';
import * as m0006 from './0006-leases.ts';

/** All migrations by name; the number in the name is the order. Never edit one that was released: add the next. */
export const migrations: Record<string, Migration> = {
  '0001-contact-centre': m0001,
  '0002-handling': m0002,
  '0006-leases': m0006,
};
