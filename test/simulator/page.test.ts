import { readFile } from 'node:fs/promises';
import chromium from '@sparticuz/chromium';
import { expect } from 'chai';
import { type Browser, type Page, chromium as playwright } from 'playwright-core';
import { type Simulator, startSimulator } from '../../simulator/server.ts';
import { startReceiver, TWILIO, twilioSend } from './receiver.ts';

describe('simulator: the phone page in a browser', function () {
  this.timeout(60_000);
  let browser: Browser;
  let page: Page;
  let simulator: Simulator;
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let problems: string[] = [];
  let answer = 200;

  before(async () => {
    browser = await playwright.launch({
      executablePath: await chromium.executablePath(),
      args: ['--no-sandbox', '--disable-gpu'],
      headless: true,
    });
  });
  after(() => browser?.close());

  beforeEach(async () => {
    answer = 200;
    problems = [];
    receiver = await startReceiver(() => answer);
    simulator = await startSimulator({ statusDelay: 5 });
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(String(error)));
    page.on('dialog', (dialog) => {
      problems.push(`dialog: ${dialog.message()}`);
      dialog.dismiss().catch(() => undefined);
    });
  });
  afterEach(async () => {
    await page.close();
    await simulator.close();
    await receiver.close();
  });

  const connect = () =>
    simulator.register({ ...TWILIO, name: 'Calder Cycles', key: 'SUP', webhookUrl: `${receiver.url}/hook` });
  const phone = (number = 0) => page.locator('.unit').nth(number);
  const switchOn = async (name: string, number: string, index = 0) => {
    await phone(index).getByLabel('Name').fill(name);
    await phone(index).getByLabel('Number').fill(number);
    await phone(index).getByRole('button', { name: 'Switch the phone on' }).click();
    await phone(index).getByRole('textbox', { name: 'Message' }).waitFor();
  };
  const say = async (text: string, index = 0) => {
    const box = phone(index).getByRole('textbox', { name: 'Message' });
    await box.fill(text);
    await box.press('Enter');
  };
  const overflows = () =>
    page.evaluate('document.documentElement.scrollWidth > innerWidth || document.body.scrollHeight > innerHeight');

  it('explains itself until an account connects, then lets a customer write and get answers', async () => {
    await page.goto(simulator.url);
    await page.getByText('No business number yet').waitFor();
    connect();
    await switchOn('Marta Ferri', '+39 347 555 0142');
    await say('Since this morning <b>my</b> Tour 5 *won’t* start.');
    const mine = phone().locator('.msg.out[data-status=delivered]');
    await mine.waitFor();
    expect(await mine.locator('.text').textContent()).to.equal('Since this morning <b>my</b> Tour 5 won’t start.');
    expect(await mine.locator('.text b').allTextContents()).to.deep.equal(['won’t']);
    expect(new URLSearchParams(receiver.received[0]!.body).get('ProfileName')).to.equal('Marta Ferri');

    const { sid } = (await (
      await twilioSend(simulator.url, {
        To: 'whatsapp:+393475550142',
        Body: 'Hello Marta <img src=x onerror=alert(1)>',
        StatusCallback: `${receiver.url}/status`,
      })
    ).json()) as { sid: string };
    const answered = phone().locator(`.msg[data-id="${sid}"][data-status=read]`);
    await answered.waitFor();
    expect(await answered.locator('.text').textContent()).to.equal('Hello Marta <img src=x onerror=alert(1)>');
    expect(await answered.locator('img').count()).to.equal(0);
    await simulator.settled();
    const statuses = receiver.received.map(({ body }) => new URLSearchParams(body).get('MessageStatus'));
    expect(statuses.filter(Boolean)).to.deep.equal(['sent', 'delivered', 'read']);
    simulator.simulation.businessRead(String(await mine.getAttribute('data-id')));
    await phone().locator('.msg.out[data-status=read]').waitFor();
    await phone().getByText('typing…').waitFor();
    expect(problems).to.deep.equal([]);
  });

  it('shows a place with its name and address, once', async () => {
    connect();
    await page.goto(simulator.url);
    await switchOn('Marta Ferri', '+393475550142');
    await say('Where are you?');
    await phone().locator('.msg.out[data-status=delivered]').waitFor();
    await twilioSend(simulator.url, {
      ...{ To: 'whatsapp:+393475550142', Body: 'Calder Cycles' },
      PersistentAction: 'geo:43.7696,11.2558|Via dei Telai 4',
    });
    const place = phone().locator('.msg .place');
    await place.waitFor();
    expect(await place.locator('.block').allTextContents()).to.deep.equal(['Calder Cycles', 'Via dei Telai 4']);
    expect(await place.locator('.num').textContent()).to.equal('43.7696, 11.2558');
    expect(await phone().locator('.msg:not(.out) .text').count()).to.equal(0);
  });

  it('shows several phones side by side and remembers them', async () => {
    connect();
    await page.goto(simulator.url);
    await switchOn('Marta Ferri', '+393475550142');
    await page.getByRole('button', { name: 'Phone', exact: true }).click();
    await switchOn('Luis Ortega', '+34612555019', 1);
    await say('from Marta', 0);
    await say('from Luis', 1);
    await phone(1).locator('.msg.out[data-status=delivered]').waitFor();
    expect(await phone(0).locator('.msg').allTextContents()).to.have.length(1);
    expect(await overflows()).to.equal(false);
    await page.reload();
    await phone(1).getByText('from Luis').waitFor();
    await phone(0).getByText('from Marta').waitFor();
    await phone(1).getByRole('button', { name: 'Remove this phone' }).click();
    expect(await page.locator('.unit').count()).to.equal(1);
    expect(problems).to.deep.equal([]);
  });

  it('says what failed, sends again, and makes things fail on request', async () => {
    connect();
    await page.goto(simulator.url);
    await switchOn('Luis Ortega', '+34612555019');
    answer = 403;
    await say('¿Hola?');
    await phone().getByText('The signature was refused (403)', { exact: false }).waitFor();
    await page.locator('#log tr.bad').waitFor();
    answer = 200;
    await phone().getByRole('button', { name: 'Again' }).click();
    await phone().locator('.msg.out[data-status=delivered]').waitFor();
    await page.getByRole('switch', { name: 'Each webhook twice' }).click();
    await page.getByText('1 on').waitFor();
    await say('twice');
    await phone().locator('.msg.out[data-status=delivered]').nth(1).waitFor();
    expect(receiver.received.filter(({ body }) => body.includes('Body=twice'))).to.have.length(2);
    await page.getByRole('button', { name: 'All off' }).click();
    await page.getByText('1 on').waitFor({ state: 'hidden' });
    expect(problems).to.deep.equal([]);
  });

  it('adds, decides on and deletes templates, for all windows', async () => {
    connect();
    await page.goto(simulator.url);
    const other = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await other.goto(simulator.url);
    const listed = (at: Page) => at.locator('#templates li');
    await listed(other).nth(4).waitFor();
    await page.getByRole('button', { name: 'Template', exact: true }).click();
    await page.locator('#template [name=name]').fill('delivery_today');
    await page.locator('#template [name=body]').fill('Hi {{1}}, we come today.');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await listed(other).filter({ hasText: 'delivery_today' }).waitFor();
    const state = page.getByRole('combobox', { name: 'State of delivery_today, en_US' });
    const known = () => simulator.simulation.world.templates.find(({ name }) => name === 'delivery_today');
    expect(known()).to.include({ state: 'approved', category: 'utility', body: 'Hi {{1}}, we come today.' });
    for (const decided of ['paused', 'rejected', 'disabled', 'pending', 'approved']) {
      await state.selectOption(decided);
      await other
        .locator(`#templates li:has-text("delivery_today") option[value=${decided}]:checked`)
        .waitFor({ state: 'attached' });
      expect(known()?.state).to.equal(decided);
    }
    await page.getByRole('button', { name: 'Template', exact: true }).click();
    await page.locator('#template [name=name]').fill('delivery_today');
    await page.locator('#template [name=body]').fill('Once more');
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('There is a template of this name in this language already.').waitFor();
    await page.locator('#template').getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Delete delivery_today, en_US' }).click();
    await listed(other).filter({ hasText: 'delivery_today' }).waitFor({ state: 'detached' });
    expect(known()).to.equal(undefined);
    await other.close();
    expect(problems).to.deep.equal([]);
  });

  it('sends as many customers at once, also to a number that came after the dialog was opened', async () => {
    await page.goto(simulator.url);
    await page.getByRole('button', { name: 'Send as 50 customers…' }).click();
    await page.getByText('There is no business number to write to yet.').waitFor();
    connect();
    await page.getByRole('spinbutton', { name: 'Customers' }).fill('20');
    await page.getByRole('button', { name: 'Send', exact: true }).click();
    await page.locator('#log tr').nth(19).waitFor();
    expect(receiver.received).to.have.length(20);
    expect(problems).to.deep.equal([]);
  });

  it('fits a narrow window, in the dark as well', async () => {
    connect();
    await page.setViewportSize({ width: 360, height: 640 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(simulator.url);
    expect(await page.evaluate('document.documentElement.dataset.theme')).to.equal('dark');
    await switchOn('Aiko Tanaka', '');
    await say('A rather long line that has to wrap in a window as narrow as this one');
    await phone().locator('.msg.out[data-status=delivered]').waitFor();
    expect(await overflows()).to.equal(false);
    const add = await page.locator('#add').boundingBox();
    expect(add!.x + add!.width).to.be.at.most(360);
    expect(problems).to.deep.equal([]);
  });

  it('speaks each of its languages, with all of its texts', async () => {
    const folder = new URL('../../simulator/page/locales/', import.meta.url);
    const texts = async (language: string) => JSON.parse(await readFile(new URL(`${language}.json`, folder), 'utf8'));
    const keys = (of: Record<string, object>) =>
      Object.entries(of).flatMap(([group, inner]) => Object.keys(inner).map((key) => `${group}.${key}`));
    const english = keys(await texts('en-US'));
    connect();
    for (const language of ['it', 'es', 'de', 'en-US']) {
      const own = await texts(language);
      expect(keys(own), language).to.deep.equal(english);
      await page.goto(`${simulator.url}?lang=${language}`);
      await phone().getByRole('button', { name: own.phone.on }).waitFor();
      expect(await page.title()).to.equal(own.app.title);
      const shown = (await page.textContent('body')) ?? '';
      expect(shown.match(new RegExp(english.map((key) => key.replace('.', '\\.')).join('|'), 'g'))).to.equal(null);
      expect(await overflows()).to.equal(false);
      if (process.env.WA_PICTURES) await page.screenshot({ path: `${process.env.WA_PICTURES}/phone-${language}.png` });
    }
    expect(problems).to.deep.equal([]);
  });
});
