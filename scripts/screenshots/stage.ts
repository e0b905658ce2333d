/** What the pictures are taken of: a fresh demo, customers who write, browsers of agents, and where the pictures go. */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import type { Behaviour } from '../../simulator/server.ts';
import { openBrowser } from '../../test/support/browser.ts';
import { build, root } from '../build.ts';
import { type Demo, startDemo } from '../demo/demo-process.ts';
import { freePort } from '../demo/node-red-process.ts';
import { isFresh } from '../freshness.ts';

const images = join(root, 'docs', 'images');
/** Bytes: more would weigh on everybody who installs the package. */
const LIMIT = 300_000;

export const at = (name: string) => `[data-test=${name}]`;

export interface Stage {
  demo: Demo;
  /** Opens an address in a browser of its own; 1280 by 760, light, nothing moves. */
  open(url: string, options?: BrowserContextOptions): Promise<Page>;
  /** Logs in at the desk's or the supervisor's own page. */
  enter(screen: 'desk' | 'supervisor', username: string, options?: BrowserContextOptions): Promise<Page>;
  /** A customer writes. */
  write(name: string, number: string, text: string): Promise<void>;
  /** How the simulated network behaves. */
  behave(behaviour: Partial<Behaviour>): Promise<void>;
  save(page: Page, name: string, clip?: { x: number; y: number; width: number; height: number }): Promise<void>;
}

/** Sets the stage, plays, and clears it away, whatever happens. */
export async function onStage(play: (stage: Stage) => Promise<void>): Promise<void> {
  if (!isFresh(root)) await build();
  const directory = await mkdtemp(join(tmpdir(), 'wa-screenshots-'));
  await mkdir(images, { recursive: true });
  const demo = await startDemo({ directory, port: await freePort(), simulatorPort: await freePort() });
  const browser = await openBrowser();
  try {
    await play(stageOf(demo, browser));
  } finally {
    await browser.close();
    await demo.stop();
    await rm(directory, { recursive: true, force: true });
  }
}

function stageOf(demo: Demo, browser: Browser): Stage {
  const call = async (method: string, path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const answer = await fetch(new URL(path, demo.phone), { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  };
  const stage: Stage = {
    demo,
    async open(url, options) {
      const context = await browser.newContext({
        ...{ viewport: { width: 1280, height: 760 }, reducedMotion: 'reduce', colorScheme: 'light', locale: 'en-US' },
        ...options,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(15_000);
      await page.goto(url);
      return page;
    },
    async enter(screen, username, options) {
      const page = await stage.open(new URL(`/whatsapp/${screen}`, demo.desk).href, options);
      await logIn(page, demo, username);
      return page;
    },
    async write(name, number, text) {
      const { phone } = (await call('POST', '/api/phones', { name, phone: number })) as { phone: { id: string } };
      await call('POST', `/api/phones/${phone.id}/messages`, { text });
    },
    async behave(behaviour) {
      await call('PATCH', '/api/behaviour', behaviour);
    },
    async save(page, name, clip) {
      const path = join(images, `${name}.png`);
      await page.screenshot({ path, ...(clip ? { clip } : {}) });
      const { size } = await stat(path);
      console.log(`${name}.png  ${Math.round(size / 1000)} kB`);
      if (size > LIMIT) throw new Error(`${name}.png is larger than ${LIMIT} bytes`);
    },
  };
  return stage;
}

export async function logIn(page: Page, demo: Demo, username: string): Promise<void> {
  await page.fill(at('login-username'), username);
  await page.fill(at('login-password'), demo.passwords[username] ?? '');
  await page.click(at('login-submit'));
  await page.waitForSelector('[data-online=true]');
}
