/**
 * Takes the pictures of the documentation, `docs/images/*.png`, from a fresh demo in a real browser. They need one free minute; look at
 * them before they are committed.
 */
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../test/support/browser.ts';
import { root } from './build.ts';
import { type Demo, startDemo } from './demo/demo-process.ts';
import { freePort } from './demo/node-red-process.ts';

const images = join(root, 'docs', 'images');
/** Bytes: more would weigh on everybody who installs the package. */
const LIMIT = 300_000;

const at = (name: string) => `[data-test=${name}]`;

async function open(browser: Browser, url: string, width: number, height: number): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function save(page: Page, name: string, clip?: { x: number; y: number; width: number; height: number }) {
  const path = join(images, `${name}.png`);
  await page.screenshot({ path, ...(clip ? { clip } : {}) });
  const { size } = await stat(path);
  console.log(`${name}.png  ${Math.round(size / 1000)} kB`);
  if (size > LIMIT) throw new Error(`${name}.png is larger than ${LIMIT} bytes`);
}

async function logIn(browser: Browser, demo: Demo, username: string): Promise<Page> {
  const page = await open(browser, demo.desk, 1280, 760);
  await page.fill(at('login-username'), username);
  await page.fill(at('login-password'), demo.passwords[username] ?? '');
  await page.click(at('login-submit'));
  await page.waitForSelector('[data-online=true]');
  return page;
}

/** One customer after the other on the phone page; returns how to write as the last one. */
async function switchOn(phone: Page, unit: number, name: string, number: string) {
  const own = phone.locator('.unit').nth(unit);
  await own.getByLabel('Name').fill(name);
  await own.getByLabel('Number').fill(number);
  await own.getByRole('button', { name: 'Switch the phone on' }).click();
  return async (text: string) => {
    const field = own.getByRole('textbox', { name: 'Message' });
    await field.fill(text);
    await field.press('Enter');
  };
}

async function deskAndPhone(browser: Browser, demo: Demo): Promise<void> {
  const phone = await open(browser, demo.phone, 1280, 800);
  const marta = await switchOn(phone, 0, 'Marta Ferri', '+393475550142');
  const desk = await logIn(browser, demo, 'anna');
  await marta('Hello! My Tour 5 does not start since this morning.');
  await desk.locator(at('offer-accept')).first().click();
  const answer = async (text: string) => {
    await desk.fill(at('composer-input'), text);
    await desk.press(at('composer-input'), 'Enter');
    await desk
      .locator(at('message'))
      .filter({ hasText: text.replaceAll('*', '') })
      .locator(`${at('tick')}[data-status=read]`)
      .waitFor();
  };
  await answer('Good morning Marta, sorry to hear that. Does the display show a *code*?');
  await marta('Yes, it says E-07 and blinks twice.');
  await desk.locator(at('message')).filter({ hasText: 'E-07' }).waitFor();
  await answer('That is the *speed sensor*: a matter of ten minutes. Can you come by on Thursday at nine?');
  await marta('Thursday is perfect, thank you!');
  await desk.locator(at('message')).filter({ hasText: 'Thursday is perfect' }).waitFor();
  await save(desk, 'desk');
  await phone.getByRole('button', { name: 'Phone', exact: true }).click();
  const luis = await switchOn(phone, 1, 'Luis Ortega', '+34612555019');
  await luis('Hola, is the red Calder 3 still there in size M?');
  await desk.locator(at('offer')).waitFor();
  await save(desk, 'desk-ringing');
  await phone.locator('.msg').filter({ hasText: 'red Calder 3' }).waitFor();
  await save(phone, 'phone');
}

async function plan(browser: Browser, demo: Demo): Promise<void> {
  const page = await open(browser, demo.editor, 1920, 1000);
  await page.locator('.red-ui-flow-node-label').first().waitFor();
  // Only the canvas: the side bars say nothing about the plan.
  await page.evaluate(
    '(() => { for (const action of ["core:toggle-sidebar", "core:toggle-palette"]) RED.actions.invoke(action); })()',
  );
  const groups = page.locator('.red-ui-flow-group');
  await groups.first().waitFor();
  const boxes = await groups.evaluateAll((all) =>
    all.map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return { x, y, right: x + width, bottom: y + height };
    }),
  );
  const x = Math.min(...boxes.map((box) => box.x)) - 16;
  const y = Math.min(...boxes.map((box) => box.y)) - 16;
  const right = Math.max(...boxes.map((box) => box.right)) + 16;
  const bottom = Math.max(...boxes.map((box) => box.bottom)) + 16;
  await save(page, 'plan', { x, y, width: Math.min(right, 1920) - x, height: Math.min(bottom, 1000) - y });
}

const directory = await mkdtemp(join(tmpdir(), 'wa-screenshots-'));
await mkdir(images, { recursive: true });
const demo = await startDemo({ directory, port: await freePort(), simulatorPort: await freePort() });
const browser = await openBrowser();
try {
  await deskAndPhone(browser, demo);
  await plan(browser, demo);
} finally {
  await browser.close();
  await demo.stop();
  await rm(directory, { recursive: true, force: true });
}
