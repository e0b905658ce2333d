import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { builtPackage } from '../../support/package.ts';
import { launchBrowser } from './browser.ts';
import { type DeskServer, startDeskServer } from './desk-server.ts';
import { busyDay } from './scenario.ts';

/** The selector of a part of the screen. */
export const at = (name: string) => `[data-test=${name}]`;

/** A browser with the desk in the middle of a day. Call it within `describe`: it registers what runs before and after the tests. */
export function deskInBrowser() {
  let widgets: string;
  let browser: Browser;
  let errors: string[] = [];
  const desk = {
    server: undefined as unknown as DeskServer,
    page: undefined as unknown as Page,
    /** Logs in; the first tab is open then. */
    async enter() {
      await desk.enterIdle();
      await desk.page.waitForSelector(at('composer-input'));
    },
    /** Logs in where there may be no tab. */
    async enterIdle() {
      const { page } = desk;
      await page.goto(desk.server.url);
      await page.fill(at('login-username'), 'nadia');
      await page.fill(at('login-password'), 'secret');
      await page.click(at('login-submit'));
      await page.waitForSelector('[data-online=true]');
    },
    callsTo: (method: string, path: string) =>
      desk.server.calls.filter((call) => call.method === method && call.path === path),
    async until(what: () => boolean | Promise<boolean>) {
      for (let i = 0; i < 100 && !(await what()); i++) await new Promise((done) => setTimeout(done, 50));
      expect(await what()).to.equal(true);
    },
  };

  before(async () => {
    ({ widgets } = await builtPackage());
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    desk.server = await startDeskServer({ script: join(widgets, 'ui-wa-desk.umd.js') });
    busyDay(desk.server);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    desk.page = await context.newPage();
    desk.page.setDefaultTimeout(8000);
    errors = [];
    desk.page.on('pageerror', (error) => errors.push(String(error)));
  });
  afterEach(async () => {
    await desk.page.context().close();
    await desk.server.close();
    expect(errors).to.deep.equal([]);
  });
  return desk;
}
