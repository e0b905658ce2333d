import { dirname, join, resolve } from 'node:path';
import type { NodeAPI } from 'node-red';

/** Settings of the pack (`whatsappConnector` in settings.js); environment variables win. */
export interface ConnectorSettings {
  /** Path of the SQLite file, or the URL of a PostgreSQL database. */
  database: string;
  /** `database` is a PostgreSQL database. */
  shared: boolean;
  /** Directory of the contents of files, or `database`. */
  media: string;
  /** Directory of what is not whole yet. */
  incoming: string;
  /** Public base URL without a slash at its end, '' if none. */
  publicUrl: string;
  sessionHours: number;
  /** Seconds. */
  offlineAfter: number;
  /** Closed conversations are deleted after this many days; 0 = never. */
  retentionDays: number;
  /** Bearer token for `/whatsapp/metrics`, '' if only supervisors may see it. */
  metricsToken: string;
}

/** A setting that cannot be used; the message names it. */
export class SettingsError extends Error {
  readonly code = 'settings_invalid';
}

type Raw = Partial<
  Record<'database' | 'media' | 'publicUrl' | 'sessionHours' | 'offlineAfter' | 'retentionDays', unknown>
>;

/** @throws SettingsError naming the setting and what is wrong with it */
export function readSettings(RED: NodeAPI, env: NodeJS.ProcessEnv = process.env): ConnectorSettings {
  const settings = RED.settings as unknown as { whatsappConnector?: Raw; userDir?: string };
  const raw = settings.whatsappConnector ?? {};
  const userDir = settings.userDir ?? process.cwd();
  const database = String(
    env.WHATSAPP_DATABASE_URL || raw.database || join(userDir, 'whatsapp-connector', 'connector.db'),
  );
  const shared = /^postgres(ql)?:\/\//i.test(database);
  if (shared && !URL.canParse(database))
    throw new SettingsError(
      'database: the PostgreSQL URL cannot be read; it is postgres://user:password@host:port/name.',
    );
  const publicUrl = String(env.WHATSAPP_PUBLIC_URL || raw.publicUrl || '').replace(/\/+$/, '');
  if (publicUrl && !/^https?:\/\/[^/]/i.test(publicUrl))
    throw new SettingsError(`publicUrl: "${publicUrl}" is not an http or https URL.`);
  const file = database.replace(/^sqlite:(\/\/)?/, '');
  return {
    database: file,
    shared,
    ...mediaPlaces(String(env.WHATSAPP_MEDIA || raw.media || ''), shared ? null : file, userDir),
    publicUrl,
    sessionHours: positive('sessionHours', env.WHATSAPP_SESSION_HOURS || raw.sessionHours, 12),
    offlineAfter: positive('offlineAfter', env.WHATSAPP_OFFLINE_AFTER || raw.offlineAfter, 60),
    retentionDays: atLeastZero('retentionDays', env.WHATSAPP_RETENTION_DAYS || raw.retentionDays, 0),
    metricsToken: env.WHATSAPP_METRICS_TOKEN ?? '',
  };
}

/** Where files are kept: as the setting says, else beside the SQLite file; null, a database that is elsewhere: in that. */
function mediaPlaces(
  setting: string,
  database: string | null,
  userDir: string,
): Pick<ConnectorSettings, 'media' | 'incoming'> {
  if (setting === 'database' || (setting === '' && database === null))
    return { media: 'database', incoming: join(userDir, 'whatsapp-connector', 'incoming') };
  const media = setting === '' && database !== null ? join(dirname(database), 'media') : resolve(userDir, setting);
  // On the same disk, so that what is whole is only renamed.
  return { media, incoming: join(media, 'incoming') };
}

function positive(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === '') return fallback;
  const n = Number(value);
  if (!Number.isFinite(n) || n <= 0) throw new SettingsError(`${name}: "${String(value)}" is not a number above 0.`);
  return n;
}

function atLeastZero(name: string, value: unknown, fallback: number): number {
  if (value === undefined || value === '') return fallback;
  const n = Number(value);
  if (!Number.isFinite(n) || n < 0) throw new SettingsError(`${name}: "${String(value)}" is not a number from 0 on.`);
  return n;
}
