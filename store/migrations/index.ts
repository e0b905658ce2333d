import type { Migration } from 'kysely/migration';
import * as m0001 from './0001-contact-centre.ts';
import * as m0002 from './0002-handling.ts';
import * as m0003 from './0003-plan-nodes.ts';
import * as m0004 from './0004-events-and-upkeep.ts';
import * as m0005 from './0005-search.ts';
import * as m0006 from './0006-leases.ts';
import * as m0007 from './0007-administration.ts';
import * as m0008 from './0008-media.ts';
import * as m0009 from './0009-sending.ts';
import * as m0010 from './0010-many-runtimes.ts';
import * as m0011 from './0011-saved-searches.ts';
import * as m0012 from './0012-sending-pace.ts';
import * as m0013 from './0013-search-filters.ts';

/** All migrations by name; the number in the name is the order. Never edit one that was released: add the next. */
export const migrations: Record<string, Migration> = {
  '0001-contact-centre': m0001,
  '0002-handling': m0002,
  '0003-plan-nodes': m0003,
  '0004-events-and-upkeep': m0004,
  '0005-search': m0005,
  '0006-leases': m0006,
  '0007-administration': m0007,
  '0008-media': m0008,
  '0009-sending': m0009,
  '0010-many-runtimes': m0010,
  '0011-saved-searches': m0011,
  '0012-sending-pace': m0012,
  '0013-search-filters': m0013,
};
