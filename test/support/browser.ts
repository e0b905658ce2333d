/**
 * A real Chromium that comes by npm alone: `@sparticuz/chromium` carries the binary (Linux), `playwright-core` drives it. It runs
 * headless, also as root, in containers without a sandbox, and on machines that lack its system libraries.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import packedChromium, { inflate } from '@sparticuz/chromium';
import { type Browser, chromium } from 'playwright-core';
import { alone } from './alone.ts';

interface Installed {
  executablePath: string;
  env: Record<string, string>;
}

let installed: Promise<Installed> | undefined;

/**
 * Starts a browser; the caller closes it. The first call on a machine unpacks about 200 MB into the temporary folder. The variable
 * `CHROMIUM_PATH` names another Chromium or Chrome, as is needed on systems other than Linux.
 */
export async function openBrowser(): Promise<Browser> {
  installed ??= alone('chromium', install);
  const { executablePath, env } = await installed;
  return chromium.launch({
    executablePath,
    env: { ...process.env, ...env },
    args: [...packedChromium.args.filter((arg) => !unsuitable.test(arg)), '--no-sandbox', '--disable-dev-shm-usage'],
    headless: true,
  });
}

/**
 * Flags made for one short-lived page in a function service: a single process dies as a whole when a page closes, and a disabled origin
 * check would hide what tests are to find.
 */
const unsuitable =
  /^--(single-process|no-zygote|disable-web-security|disable-site-isolation-trials|allow-running-insecure-content|headless.*)$/;

async function install(): Promise<Installed> {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen) return { executablePath: chosen, env: {} };
  const executablePath = await packedChromium.executablePath();
  const env: Record<string, string> = {};
  if (!existsSync('/etc/fonts/fonts.conf')) env.FONTCONFIG_PATH = join(tmpdir(), 'fonts');
  if (await lacksLibraries(executablePath)) {
    const main = createRequire(import.meta.url).resolve('@sparticuz/chromium');
    await inflate(join(dirname(main), '..', 'bin', 'al2023.tar.br'));
    env.LD_LIBRARY_PATH = [join(tmpdir(), 'al2023', 'lib'), process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  }
  return { executablePath, env };
}

async function lacksLibraries(file: string): Promise<boolean> {
  try {
    return (await promisify(execFile)('ldd', [file])).stdout.includes('not found');
  } catch {
    return false;
  }
}
