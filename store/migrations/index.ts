import type { Migration } from 'kysely/migration';
import * as m0001 from './0001-contact-centre.ts';
import * as m0004 from './0004-events-and-upkeep.ts';

/** All migrations by name; the number in the name is the order. Never edit one that was released: add the next. */
export const migrations: Record<string, Migration> = {
  '0001-contact-centre': m0001,
  '0004-events-and-upkeep': m0004,
};
