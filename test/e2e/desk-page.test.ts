/** The desk's own page over a Node-RED without Dashboard and without editor, below a root of its own, in a real browser. */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { account, node, queue, tab } from './support/flows.ts';
import { Office, passwordOf } from './support/office.ts';

const at = (name: string) => `[data-test=${name}]`;

describe('the desk’s page without Dashboard and editor', function () {
  this.timeout(120_000);
  const customer = '+393475550142';
  const phone = '+390612345678';
  const t = tab('plan');
  const flows = [
    t.node,
    account({ id: 'sales', key: 'SALES', phone }),
    queue('q', 'Sales', { agents: ['anna', 'ben'] }),
    node('wa-inbound', 'in', t.place(), [['route'], []], { account: 'sales' }),
    node('wa-route', 'route', t.place(), [[], ['queue']]),
    node('wa-queue', 'queue', t.place(), [[], []], { queue: 'q', queueType: 'queue', timeout: 0 }),
  ];
  let office: Office;
  let browser: Browser;
  let anna: Page;
  let ben: Page;
  const problems: string[] = [];

  before(async () => {
    [office, browser] = await Promise.all([
      Office.open({
        flows,
        agents: [{ username: 'anna' }, { username: 'ben' }],
        red: { settings: { httpAdminRoot: false, httpNodeRoot: '/contact/centre' } },
      }),
      openBrowser(),
    ]);
  });
  after(async () => {
    await browser?.close();
    await office?.close();
  });

  async function logIn(username: string): Promise<Page> {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('console', (line) => {
      if (line.text().includes('Content Security Policy')) problems.push(line.text());
    });
    await page.goto(`${office.red.url}/whatsapp/desk`);
    await page.fill(at('login-username'), username);
    await page.fill(at('login-password'), passwordOf(username));
    await page.click(at('login-submit'));
    await page.waitForSelector('[data-online=true]');
    await page.waitForSelector(`${at('presence')}[data-state=available]`);
    return page;
  }
  const write = (text: string) => office.deliver({ account: phone, from: customer, name: 'Marta Ferri', text });
  const message = (page: Page, text: string) => page.locator(at('message')).filter({ hasText: text });

  it('logs in, rings on both desks, and tells the other one who took it', async () => {
    [anna, ben] = [await logIn('anna'), await logIn('ben')];
    expect(anna.url()).to.contain('/contact/centre/whatsapp/desk');
    expect(await write('My Tour 5 does not start.')).to.equal(200);
    await Promise.all([anna, ben].map((page) => page.waitForSelector(at('offer'))));
    const gone = ben.locator(at('offer-gone'), { hasText: 'anna took it' });
    await Promise.all([anna.keyboard.press('Alt+a'), gone.waitFor()]);
    await message(anna, 'My Tour 5 does not start.').waitFor();
  });

  it('loads its files once: a reload takes them from the browser', async () => {
    await anna.reload();
    await anna.waitForSelector('[data-online=true]');
    const sizes = await anna.evaluate<number[]>(
      `performance.getEntriesByType('resource').filter((one) => /assets.*(js|css)$/.test(one.name)).map((one) => one.transferSize)`,
    );
    expect(sizes).to.have.length.greaterThan(1);
    expect(sizes.filter((size) => size > 0)).to.deep.equal([]);
  });

  it('goes on after a restart of Node-RED, with the tab, the draft and what was written offline, each once', async () => {
    await anna.waitForSelector(at('composer-input'));
    await office.red.stop();
    await anna.waitForSelector(at('offline'));
    await anna.fill(at('composer-input'), 'Written offline');
    await anna.press(at('composer-input'), 'Enter');
    await anna.waitForSelector(`${at('unsent')}[data-state=waiting]`);
    await anna.fill(at('composer-input'), 'half a sentence');
    await office.start();
    await anna.click(at('offline-retry'), { timeout: 2_000 }).catch(() => undefined);
    await anna.waitForSelector('[data-online=true]');
    await message(anna, 'Written offline').waitFor();
    await anna.waitForSelector(at('unsent'), { state: 'detached' });
    expect(await message(anna, 'Written offline').count()).to.equal(1);
    expect(await anna.inputValue(at('composer-input'))).to.equal('half a sentence');
    expect(await write('Are you there?')).to.equal(200);
    await message(anna, 'Are you there?').waitFor();
    expect(await message(anna, 'Are you there?').count()).to.equal(1);
    const kept = office.rows("select text from message where direction = 'out'").map((row) => row.text);
    expect(kept).to.deep.equal(['Written offline']);
    expect(problems).to.deep.equal([]);
  });

  it('shows the same in two windows of an agent', async () => {
    const second = await anna.context().newPage();
    second.setDefaultTimeout(15_000);
    await second.goto(anna.url());
    await message(second, 'Are you there?').waitFor();
    expect(await second.inputValue(at('composer-input'))).to.equal('half a sentence');
    await second.click(at('presence'));
    await second.locator(at('presence-pause')).first().click();
    await anna.waitForSelector(`${at('presence')}[data-state=paused]`);
    await anna.locator('.tab.on').locator(at('tab-close')).click();
    await second.locator(at('tab')).waitFor({ state: 'detached' });
    await second.locator(`${at('list-assigned')} ${at('row')}`).click();
    await second.click(at('tab-open'));
    await anna.locator(`${at('list-tabs')} ${at('row')}`).waitFor();
    await second.close();
  });

  it('changes the password, which the next log-in needs', async () => {
    await ben.click(at('presence'));
    await ben.click(at('change-password'));
    await ben.fill(at('password-current'), passwordOf('ben'));
    await ben.fill(at('password-new'), 'another password');
    await ben.fill(at('password-again'), 'another password');
    await ben.click(at('password-submit'));
    await ben.locator(at('notice'), { hasText: 'changed' }).waitFor();
    await ben.click(at('presence'));
    await ben.click(at('logout'));
    await ben.waitForSelector(at('login'));
    await ben.fill(at('login-username'), 'ben');
    await ben.fill(at('login-password'), passwordOf('ben'));
    await ben.click(at('login-submit'));
    await ben.waitForSelector(at('login-error'));
    await ben.fill(at('login-password'), 'another password');
    await ben.click(at('login-submit'));
    await ben.waitForSelector('[data-online=true]');
  });
});
