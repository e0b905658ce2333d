/** The desk as a page of its own: what calls, what is shared by windows, and what happens when a session or a connection ends. */
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { builtPackage, root } from '../support/package.ts';
import { launchBrowser } from './support/browser.ts';
import { type DeskServer, startDeskServer } from './support/desk-server.ts';
import { ago, interaction, message, offerOf } from './support/fixtures.ts';
import { busyDay } from './support/scenario.ts';

const at = (name: string) => `[data-test=${name}]`;

describe('the desk’s page', function () {
  this.timeout(60_000);
  let pages: string;
  let browser: Browser;
  let server: DeskServer;
  let context: BrowserContext;
  let page: Page;
  let errors: string[];

  before(async () => {
    ({ pages } = await builtPackage());
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    server = await startDeskServer({ pages });
    busyDay(server);
    context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    // What the page plays, instead of hearing it.
    await context.addInitScript(`
      window.notes = 0;
      const start = OscillatorNode.prototype.start;
      OscillatorNode.prototype.start = function (...when) { window.notes += 1; return start.apply(this, when); };
    `);
    errors = [];
    page = await open();
  });
  afterEach(async () => {
    await context.close();
    await server.close();
    expect(errors).to.deep.equal([]);
  });

  async function open(): Promise<Page> {
    const fresh = await context.newPage();
    fresh.setDefaultTimeout(8000);
    fresh.on('pageerror', (error) => errors.push(String(error)));
    fresh.on('console', (line) => {
      if (/Content Security Policy|Vue warn/.test(line.text())) errors.push(line.text());
    });
    await fresh.goto(server.pageUrl);
    return fresh;
  }
  async function enter(on = page) {
    await on.fill(at('login-username'), 'nadia');
    await on.fill(at('login-password'), 'secret');
    await on.click(at('login-submit'));
    await ready(on);
  }
  async function ready(on = page) {
    await on.waitForSelector('[data-online=true]');
    await on.waitForSelector(at('composer-input'));
  }
  const luis = () =>
    offerOf(
      interaction({
        id: 'luis',
        key: 'SALES',
        name: 'Luis Ortega',
        lastMessage: { id: 'l1', text: 'Hola', type: 'text', direction: 'in', at: ago(5) },
      }),
      { id: 'o1', notification: { text: '*Luis* → Sales', sound: true, shake: true } },
    );
  const notes = (on = page) => on.evaluate<number>('window.notes');
  /** Until an expression is true in the page, whose policy forbids it to evaluate one by itself. */
  const holds = async (expression: string, on = page) => {
    for (let i = 0; i < 160 && !(await on.evaluate<boolean>(expression)); i++) {
      await new Promise((done) => setTimeout(done, 50));
    }
    expect(await on.evaluate<boolean>(expression), expression).to.equal(true);
  };
  const more = (than: number, on = page) => holds(`window.notes > ${than}`, on);
  const sends = () => server.calls.filter((call) => call.method === 'POST' && call.path.endsWith('/messages'));
  const select = async (name: string, on = page) => {
    await on.locator(`${at('tab')}[data-id=${name}]`).click();
    await on.waitForSelector(`${at('tab')}[data-id=${name}][aria-selected=true]`);
  };

  it('has a title and a picture, fills the window, and follows the machine or a choice', async () => {
    expect(await page.title()).to.equal('Desk');
    const icon = await page.getAttribute('link[rel=icon]', 'href');
    expect(await page.evaluate(`fetch(${JSON.stringify(icon)}).then((answer) => answer.status)`)).to.equal(200);
    await enter();
    const box = await page.locator('.wa-desk').boundingBox();
    expect(box).to.deep.equal({ x: 0, y: 0, width: 1440, height: 900 });
    const theme = () => page.getAttribute('.wa-desk', 'data-theme');
    expect(await theme()).to.equal('light');
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForSelector('.wa-desk[data-theme=dark]');
    await page.click(at('theme'));
    await page.click(at('theme-light'));
    await page.waitForSelector('.wa-desk[data-theme=light]');
    await page.reload();
    await ready();
    expect(await theme()).to.equal('light');
  });

  it('rings until the offer ends; a message in a tab is one note, the one in front none', async () => {
    await enter();
    server.ring(luis());
    await page.waitForSelector(at('offer'));
    expect(await page.title()).to.equal('(2) Luis Ortega rings · Desk');
    await more(9);
    const first = await notes();
    await more(first);
    server.endOffer('o1', 'rescinded', { username: 'jonas', name: 'Jonas Keller' });
    await page.locator(at('offer-gone'), { hasText: 'Jonas Keller took it' }).waitFor();
    expect(await page.textContent('[aria-live=polite]')).to.equal('Offer of Luis Ortega: Jonas Keller took it');
    expect(await page.title()).to.equal('(1) Desk');
    const rung = await notes();
    server.receive(message({ interactionId: 'marta', text: 'in front' }));
    await page.locator(at('message'), { hasText: 'in front' }).waitFor();
    expect(await notes()).to.equal(rung);
    server.receive(message({ interactionId: 'tomasz', text: 'elsewhere' }));
    await more(rung);
    expect(await notes()).to.equal(rung + 3);
  });

  it('keeps volume and silence per agent, for all windows', async () => {
    await enter();
    await page.click(at('sound'));
    await page.locator(at('sound-volume')).fill('40');
    await more(0);
    await page.click(at('sound-on'));
    const other = await open();
    await ready(other);
    await other.click(at('sound'));
    expect(await other.inputValue(at('sound-volume'))).to.equal('40');
    expect(await other.isChecked(at('sound-on'))).to.equal(false);
    const before = await notes();
    server.ring(luis());
    await Promise.all([page, other].map((one) => one.waitForSelector(at('offer'))));
    await other.click(at('sound-on'));
    await more(before);
    expect((await notes()) === before || (await notes(other)) === 0, 'only one window rings').to.equal(true);
  });

  it('says that the browser lets it make no sound, until one click', async () => {
    await enter();
    expect(await page.locator(at('sound-blocked')).count()).to.equal(0);
    await page.reload();
    await page.waitForSelector(at('sound-blocked'));
    server.ring(luis());
    await page.waitForSelector(at('offer'));
    expect(await notes()).to.equal(0);
    await page.click(at('sound-unlock'));
    await page.waitForSelector(at('sound-blocked'), { state: 'detached' });
    await more(9);
  });

  it('makes sounds that are neither clipped nor endless', async () => {
    const source = await readFile(join(root, 'ui', 'desk', 'sounds.ts'), 'utf8');
    const script = Buffer.from(stripTypeScriptTypes(source)).toString('base64');
    const blank = await (await browser.newContext()).newPage();
    const heard = await blank.evaluate<Record<string, { peak: number; end: number }>>(`(async () => {
      const sounds = await import('data:text/javascript;base64,${script}');
      const heard = {};
      for (const name of ['ring', 'message', 'notification']) {
        const context = new OfflineAudioContext(1, 44100 * sounds.RING_EVERY, 44100);
        sounds[name](context, context.destination, 0);
        const data = (await context.startRendering()).getChannelData(0);
        const loudest = (from, to) => data.slice(from, to).reduce((most, one) => Math.max(most, Math.abs(one)), 0);
        heard[name] = { peak: loudest(0), end: loudest(-4410) };
      }
      return heard;
    })()`);
    await blank.context().close();
    for (const [name, { peak, end }] of Object.entries(heard)) {
      expect(peak, name).to.be.within(0.05, 0.95);
      expect(end, name).to.be.below(0.001);
    }
    expect(heard.message?.peak).to.be.below((heard.ring?.peak ?? 0) / 2);
  });

  it('tells of offers by the browser when it is not seen, after a click has allowed it', async () => {
    await page.evaluate(`
      window.told = [];
      let granted = 'default';
      window.Notification = class {
        static get permission() { return granted; }
        static requestPermission() { window.asked = true; granted = 'granted'; return Promise.resolve(granted); }
        constructor(title, options) { window.told.push({ title, body: options.body, open: true }); this.one = window.told.at(-1); }
        close() { this.one.open = false; }
      };
      document.hasFocus = () => false;
    `);
    await enter();
    server.ring(luis());
    await page.waitForSelector(at('offer'));
    expect(await page.evaluate('[window.asked ?? null, window.told]')).to.deep.equal([null, []]);
    server.endOffer('o1', 'expired');
    await page.click(at('sound'));
    await page.click(at('notify'));
    await holds('window.asked === true');
    server.ring({ ...luis(), id: 'o2' });
    await holds('window.told.length === 1');
    expect(await page.evaluate('window.told')).to.deep.equal([
      { title: 'Luis Ortega · Sales Italy', body: 'Luis → Sales', open: true },
    ]);
    server.endOffer('o2', 'expired');
    await holds('!window.told[0].open');
  });

  it('two windows have the same drafts', async () => {
    await enter();
    const other = await open();
    await ready(other);
    await page.fill(at('composer-input'), 'half a sentence');
    await holds(`document.querySelector('${at('composer-input')}').value === 'half a sentence'`, other);
    await select('tomasz', other);
    await other.fill(at('composer-input'), 'for Tomasz');
    await select('tomasz');
    await holds(`document.querySelector('${at('composer-input')}').value === 'for Tomasz'`, page);
    await select('marta');
    expect(await page.inputValue(at('composer-input'))).to.equal('half a sentence');
  });

  it('two windows send what was kept once', async () => {
    await enter();
    const other = await open();
    await ready(other);
    server.setReachable(false);
    await Promise.all([page, other].map((one) => one.waitForSelector(at('offline'))));
    await page.fill(at('composer-input'), 'kept in the first');
    await page.press(at('composer-input'), 'Enter');
    await other.locator(at('unsent'), { hasText: 'kept in the first' }).waitFor();
    await other.fill(at('composer-input'), 'kept in the second');
    await other.press(at('composer-input'), 'Enter');
    await page.locator(at('unsent')).nth(1).waitFor();
    server.setReachable(true);
    await Promise.all([page, other].map((one) => one.click(at('offline-retry')).catch(() => undefined)));
    for (const one of [page, other]) {
      await one.locator(at('message'), { hasText: 'kept in the second' }).waitFor();
      await one.waitForSelector(at('unsent'), { state: 'detached' });
      expect(await one.locator(at('message'), { hasText: 'kept in the first' }).count()).to.equal(1);
    }
    expect(new Set(sends().map((call) => call.headers['idempotency-key'])).size).to.equal(2);
    expect(server.threads.get('marta')?.filter((one) => one.text.startsWith('kept'))).to.have.length(2);
  });

  it('two windows are logged in and out together, and as the same agent', async () => {
    const other = await open();
    await enter();
    await ready(other);
    server.desk = { ...server.desk, agent: { username: 'ben', name: 'Ben Arnold', role: 'agent' } };
    await other.evaluate(
      `localStorage.setItem('wa-desk:/whatsapp:signed-in', JSON.stringify({ username: 'ben', at: 1 }))`,
    );
    await page.locator(at('notice'), { hasText: 'goes on as Ben Arnold' }).waitFor();
    await page.locator('.me', { hasText: 'Ben Arnold' }).waitFor();
    await page.click(at('presence'));
    await page.click(at('logout'));
    await page.click(at('leave-keep'));
    await page.waitForSelector(at('login'));
    await other.locator(at('login-note'), { hasText: 'another window' }).waitFor();
  });

  it('asks to log in where it was when the session ends, and goes on there', async () => {
    await enter();
    await select('tomasz');
    await page.fill(at('composer-input'), 'not finished');
    server.forgetSession();
    await page.waitForSelector(at('login-note'));
    expect(await page.inputValue(at('login-username'))).to.equal('nadia');
    expect(await page.evaluate('document.activeElement.dataset.test')).to.equal('login-password');
    await page.keyboard.type('secret');
    await page.keyboard.press('Enter');
    await page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
    expect(await page.inputValue(at('composer-input'))).to.equal('not finished');
  });

  it('opens by itself once the server is ready', async () => {
    await enter();
    server.setReady(false);
    await page.reload();
    await page.waitForSelector(at('not-ready'));
    server.setReady(true);
    await ready();
  });

  it('notices a stream that died without an end, and reads what it missed', async () => {
    await page.clock.install();
    await enter();
    server.cutSilently();
    const missed = message({ interactionId: 'marta', text: 'written meanwhile' });
    server.receive(missed);
    await page.clock.runFor(50_000);
    await page.clock.resume();
    await page.locator(`${at('message')}[data-id=${missed.id}]`).waitFor();
    await page.waitForSelector('[data-online=true]');
    expect(await page.locator(at('message'), { hasText: 'written meanwhile' }).count()).to.equal(1);
  });

  it('changes the own password, and says what is wrong with it', async () => {
    await enter();
    await page.click(at('presence'));
    await page.click(at('change-password'));
    const answer = async (current: string, fresh: string, again: string) => {
      await page.fill(at('password-current'), current);
      await page.fill(at('password-new'), fresh);
      await page.fill(at('password-again'), again);
      await page.click(at('password-submit'));
    };
    const problem = (text: string) => page.locator(at('password-problem'), { hasText: text }).waitFor();
    await answer('secret', 'short', 'short');
    await problem('at least 8');
    await answer('secret', 'long enough', 'long, enough');
    await problem('differ');
    await answer('wrong', 'long enough', 'long enough');
    await problem('current password');
    await answer('secret', 'long enough', 'long enough');
    await page.locator(at('notice'), { hasText: 'changed' }).waitFor();
    const asked = server.calls.filter((call) => call.path === '/session/password').map((call) => call.body);
    expect(asked).to.deep.equal([
      { current: 'wrong', password: 'long enough' },
      { current: 'secret', password: 'long enough' },
    ]);
  });

  it('shows all shortcuts, and goes to who waits with Alt and an arrow', async () => {
    await enter();
    await page.locator(at('sound')).focus();
    await page.keyboard.press('?');
    await page.locator(at('shortcut-sheet'), { hasText: 'next who waits' }).waitFor();
    await page.keyboard.press('Escape');
    await page.waitForSelector(at('shortcut-sheet'), { state: 'detached' });
    server.change('priya', { unansweredSince: ago(60), unread: 1 });
    await page.waitForSelector(`${at('tab')}[data-id=priya][title*=Waits]`);
    await page.keyboard.press('Alt+ArrowUp');
    await page.waitForSelector(`${at('tab')}[data-id=priya][aria-selected=true]`);
    await page.keyboard.press('Alt+ArrowDown');
    await page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
  });
});
