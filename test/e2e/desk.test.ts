/** A customer's phone, the desks of two agents and the demo behind them, in a real browser. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Locator, Page } from 'playwright-core';
import { type Demo, startDemo } from '../../scripts/demo/demo-process.ts';
import { openBrowser } from '../support/browser.ts';
import { type FlowNode, freePort, removeUserDir } from '../support/node-red.ts';
import { packPackage, root } from '../support/package.ts';

const at = (name: string) => `[data-test=${name}]`;

describe('the desk and a phone in a browser', function () {
  this.timeout(120_000);
  let directory: string;
  let ports: { port: number; simulatorPort: number };
  let demo: Demo;
  let browser: Browser;
  let anna: Page;
  let ben: Page;
  let phone: Page;
  const problems: string[] = [];

  before(async () => {
    // Builds what is not fresh.
    await packPackage();
    directory = await mkdtemp(join(tmpdir(), 'wa-desk-'));
    await writeFlows();
    ports = { port: await freePort(), simulatorPort: await freePort() };
    [demo, browser] = await Promise.all([startDemo({ directory, ...ports }), openBrowser()]);
  });

  after(async () => {
    await browser?.close();
    await demo?.stop();
    if (directory) await removeUserDir(directory);
  });

  /** The demo's flow, whose first queue rings everybody at once. */
  async function writeFlows(): Promise<void> {
    const flows = JSON.parse(await readFile(join(root, 'examples', 'flows-with-desk.json'), 'utf8')) as FlowNode[];
    const changed = flows.map((node) =>
      node.type === 'whatsapp-queue' && node.name === 'Sales' ? { ...node, strategy: 'beepall' } : node,
    );
    await writeFile(join(directory, 'flows.json'), JSON.stringify(changed));
  }

  async function open(url: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => problems.push(String(error)));
    await page.goto(url);
    return page;
  }

  async function logIn(username: string): Promise<Page> {
    const page = await open(demo.desk);
    await page.fill(at('login-username'), username);
    await page.fill(at('login-password'), demo.passwords[username] ?? '');
    await page.click(at('login-submit'));
    await page.waitForSelector('[data-online=true]');
    await page.waitForSelector(`${at('presence')}[data-state=available]`);
    return page;
  }

  async function write(text: string): Promise<void> {
    const field = phone.getByRole('textbox', { name: 'Message' });
    await field.fill(text);
    await field.press('Enter');
  }

  const message = (page: Page, text: string): Locator => page.locator(at('message')).filter({ hasText: text });
  const offerFrom = (page: Page, name: string): Locator => page.locator(at('offer')).filter({ hasText: name });

  it('says why a log-in failed, then lets two agents in', async () => {
    const page = await open(demo.desk);
    await page.fill(at('login-username'), 'anna');
    await page.fill(at('login-password'), 'wrong');
    await page.click(at('login-submit'));
    await page.waitForSelector(at('login-error'));
    await page.context().close();
    [anna, ben] = [await logIn('anna'), await logIn('ben')];
    await anna.waitForSelector(at('idle'));
    expect(await anna.locator(at('queue')).count()).to.equal(2);
  });

  it('rings on both desks; one accepts, the other sees that a colleague took it', async () => {
    phone = await open(demo.phone);
    const onPhone = phone.locator('.unit').first();
    await onPhone.getByLabel('Name').fill('Marta Ferri');
    await onPhone.getByLabel('Number').fill('+393475550142');
    await phone.getByRole('button', { name: 'Switch the phone on' }).click();
    await write('My Tour 5 does not start.');
    await Promise.all([offerFrom(anna, 'Marta Ferri').waitFor(), offerFrom(ben, 'Marta Ferri').waitFor()]);
    expect(await offerFrom(ben, 'Marta Ferri').textContent()).to.contain('My Tour 5 does not start.');
    expect(await anna.locator(at('unassigned-take')).count(), 'what rings is not listed twice').to.equal(0);
    const gone = ben.locator(at('offer-gone'));
    await Promise.all([
      offerFrom(anna, 'Marta Ferri').locator(at('offer-accept')).click(),
      gone.filter({ hasText: /Anna.* took it/ }).waitFor(),
    ]);
    await message(anna, 'My Tour 5 does not start.').waitFor();
    await gone.waitFor({ state: 'detached' });
    expect(await ben.locator(`${at('offer')}, ${at('unassigned-take')}`).count()).to.equal(0);
  });

  it('sends an answer to the phone and shows its ticks up to read', async () => {
    await anna.fill(at('composer-input'), 'Does the display show a *code*?');
    await anna.keyboard.press('Enter');
    await phone.locator('.msg').filter({ hasText: 'Does the display show a code?' }).waitFor();
    await message(anna, 'Does the display show a code?')
      .locator(`${at('tick')}[data-status=read]`)
      .waitFor();
    await write('Yes: _E-07_');
    await message(anna, 'Yes: E-07').waitFor();
    expect(await anna.locator(at('offer')).count()).to.equal(0);
  });

  it('rings with the same agent again after the tab was closed', async () => {
    await anna.locator('.tab.on').locator(at('tab-close')).click();
    await anna.locator(`${at('list-assigned')} ${at('row')}`).waitFor();
    await write('Are you still there?');
    await offerFrom(anna, 'Are you still there?').locator(at('offer-accept')).click();
    await message(anna, 'Are you still there?').waitFor();
    expect(await ben.locator(at('offer')).count()).to.equal(0);
  });

  it('keeps both desks and what is half written over a restart of Node-RED', async () => {
    await anna.fill(at('composer-input'), 'half a sentence');
    await demo.stop();
    await Promise.all([anna, ben].map((page) => page.waitForSelector(at('offline'))));
    demo = await startDemo({ directory, ...ports });
    await Promise.all(
      [anna, ben].map(async (page) => {
        // Whoever does not want to wait for the next attempt; it may have come back by itself meanwhile.
        await page.click(at('offline-retry'), { timeout: 2_000 }).catch(() => undefined);
        await page.waitForSelector('[data-online=true]');
      }),
    );
    expect(await anna.inputValue(at('composer-input'))).to.equal('half a sentence');
    // The restarted simulator has forgotten that the customer wrote, without which it refuses free text.
    await phone.reload();
    await write('You are back');
    await message(anna, 'You are back').waitFor();
    await anna.press(at('composer-input'), 'Enter');
    const sent = message(anna, 'half a sentence');
    await sent.locator(`${at('tick')}:is([data-status=delivered], [data-status=read])`).waitFor();
    expect(await sent.count()).to.equal(1);
  });

  it('takes a note, names the contact, tags, and goes to a colleague and back', async () => {
    await anna.click(at('mode-note'));
    await anna.fill(at('composer-input'), 'Warranty is valid.');
    await anna.click(at('composer-send'));
    await anna.locator(`${at('message')}[data-direction=note]`, { hasText: 'Warranty is valid.' }).waitFor();
    await anna.click(at('contact-edit'));
    await anna.fill(at('contact-name'), 'Marta Ferri-Rossi');
    await anna.fill(at('contact-list'), 'Customers');
    await anna.click(at('contact-save'));
    await anna.locator(at('tab'), { hasText: 'Marta Ferri-Rossi' }).waitFor();
    await anna.click(at('tag-add'));
    await anna.fill(at('tag-input'), 'warranty');
    await anna.keyboard.press('Enter');
    await anna.locator(at('tag'), { hasText: 'warranty' }).waitFor();
    // Whoever gets it sees who wrote the note.
    for (const [from, to, name, author] of [
      [anna, ben, 'Ben', 'Anna'],
      [ben, anna, 'Anna', 'You'],
    ] as const) {
      await from.keyboard.press('Alt+t');
      await from.locator(at('target'), { hasText: name }).click();
      await from.click(at('transfer-confirm'));
      await offerFrom(to, 'Marta Ferri-Rossi').locator(at('offer-accept')).click();
      await to.locator(`${at('message')}[data-direction=note]`, { hasText: author }).waitFor();
      await from.waitForSelector(at('idle'));
    }
    // The customer got the messages only.
    expect(await phone.locator('.msg').filter({ hasText: 'Warranty' }).count()).to.equal(0);
  });

  it('closes with an outcome', async () => {
    await anna
      .locator(`${at('close-interaction')}:visible`)
      .first()
      .click();
    await anna.locator(at('disposition')).filter({ hasText: 'Complaint' }).click();
    await anna.click(at('close-confirm'));
    await anna.waitForSelector(at('idle'));
    expect(await anna.locator(`${at('list-assigned')} ${at('row')}, ${at('tab')}`).count()).to.equal(0);
  });

  it('lets an agent take what nobody accepted, and hand it back when leaving', async () => {
    await Promise.all(
      [anna, ben].map(async (page) => {
        await page.click(at('presence'));
        await page.locator(at('presence-pause')).first().click();
        await page.waitForSelector(`${at('presence')}[data-state=paused]`);
      }),
    );
    await write('Hello again');
    await ben.locator(at('unassigned-take')).first().click();
    await message(ben, 'Hello again').waitFor();
    await anna.locator(at('unassigned-take')).waitFor({ state: 'detached' });
    await ben.locator(at('past-item'), { hasText: 'Complaint' }).waitFor();
    await ben.click(at('past-open'));
    await message(ben, 'My Tour 5 does not start.').waitFor();
    await ben.keyboard.press('Control+k');
    await ben.fill(at('search-input'), 'half a sentence');
    await ben.locator(at('hit'), { hasText: 'Complaint' }).waitFor();
    await ben.keyboard.press('Escape');
    await ben.click(at('presence'));
    await ben.click(at('logout'));
    await ben.click(at('leave-hand-back'));
    await ben.waitForSelector(at('login'));
    await anna.locator(at('unassigned-take')).waitFor();
    expect(problems).to.deep.equal([]);
  });
});
