import { onPostgres } from './postgres.ts';

/** For what there is with SQLite only. */
export const itOnSqlite = onPostgres ? it.skip : it;
/** For what there is with PostgreSQL only. */
export const itOnPostgres = onPostgres ? it : it.skip;
