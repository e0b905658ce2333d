import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { builtPackage } from '../support/package.ts';
import { launchBrowser } from './support/browser.ts';
import { type DeskServer, startDeskServer } from './support/desk-server.ts';
import { ago, interaction, message, offerOf } from './support/fixtures.ts';
import { busyDay } from './support/scenario.ts';

const at = (name: string) => `[data-test=${name}]`;

describe('the desk in a browser', function () {
  this.timeout(60_000);
  let widgets: string;
  let browser: Browser;
  let server: DeskServer;
  let page: Page;
  let errors: string[];

  before(async () => {
    ({ widgets } = await builtPackage());
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    server = await startDeskServer({ script: join(widgets, 'ui-wa-desk.umd.js') });
    busyDay(server);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' });
    page = await context.newPage();
    page.setDefaultTimeout(8000);
    errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    await page.goto(server.url);
  });
  afterEach(async () => {
    await page.context().close();
    await server.close();
    expect(errors).to.deep.equal([]);
  });

  async function login(password = 'secret') {
    await page.fill(at('login-username'), 'nadia');
    await page.fill(at('login-password'), password);
    await page.click(at('login-submit'));
  }
  async function enter() {
    await login();
    await page.waitForSelector('[data-online=true]');
    await page.waitForSelector(at('composer-input'));
  }
  const luis = (id = 'luis') =>
    interaction({
      id,
      key: 'SALES',
      name: 'Luis Ortega',
      lastMessage: { id: `l-${id}`, text: 'Hola', type: 'text', direction: 'in', at: ago(5) },
    });
  const callsTo = (method: string, path: string) =>
    server.calls.filter((call) => call.method === method && call.path === path);
  const until = async (what: () => boolean) => {
    for (let i = 0; i < 100 && !what(); i++) await new Promise((done) => setTimeout(done, 50));
    expect(what()).to.equal(true);
  };

  it('logs in, says why not, and logs out handing conversations back', async () => {
    await login('wrong');
    await page.waitForSelector(at('login-error'));
    await enter();
    expect(await page.locator(at('tab')).count()).to.equal(4);
    await page.click(at('presence'));
    await page.click(at('logout'));
    await page.click(at('leave-hand-back'));
    await page.waitForSelector(at('login'));
    expect(callsTo('DELETE', '/session').map((call) => call.query)).to.deep.equal(['?release=true']);
  });

  it('logs out keeping what is assigned', async () => {
    await enter();
    await page.click(at('presence'));
    await page.click(at('logout'));
    await page.click(at('leave-keep'));
    await page.waitForSelector(at('login'));
    expect(callsTo('DELETE', '/session').map((call) => call.query)).to.deep.equal(['']);
  });

  it('never turns what people wrote into markup', async () => {
    await enter();
    const text = await page.locator(`${at('message')}[data-id=a4]`).textContent();
    expect(text).to.contain('<img src=x onerror=alert(1)>');
    expect(await page.locator(`${at('thread')} img`).count()).to.equal(0);
    expect(await page.locator(`${at('message')}[data-id=a3] strong`).textContent()).to.equal('E-07');
  });

  it('rings, accepts with Alt A, and shows the conversation', async () => {
    await enter();
    const item = luis();
    server.threads.set('luis', [message({ interactionId: 'luis', text: 'Hola' })]);
    server.ring(offerOf(item, { id: 'o1' }));
    await page.waitForSelector(at('offer'));
    expect(await page.title()).to.match(/^\(\d\) /);
    expect(await page.evaluate('document.activeElement.dataset.test')).to.equal('composer-input');
    await page.keyboard.press('Alt+a');
    await page.waitForSelector(`${at('tab')}[data-id=luis][aria-selected=true]`);
    expect(callsTo('POST', '/offers/o1/accept')).to.have.length(1);
    expect(await page.locator(at('offer')).count()).to.equal(0);
  });

  it('folds an offer while the agent types, rejects it in its row', async () => {
    await enter();
    server.ring(offerOf(luis(), { id: 'o1' }));
    await page.waitForSelector(at('offer'));
    await page.locator(at('composer-input')).pressSequentially('Yes');
    await page.waitForSelector(at('offer'), { state: 'detached' });
    await page.click(at('offer-reject'));
    await page.waitForSelector(at('offer-row'), { state: 'detached' });
    expect(callsTo('POST', '/offers/o1/reject')).to.have.length(1);
  });

  it('says that a colleague took an offer', async () => {
    await enter();
    server.ring(offerOf(luis(), { id: 'o1' }));
    await page.waitForSelector(at('offer'));
    server.endOffer('o1', 'rescinded');
    expect(await page.locator(at('offer-gone')).textContent()).to.contain('a colleague took it');
    await page.waitForSelector(at('offer-gone'), { state: 'detached' });
  });

  it('sends with Enter, once, and follows the ticks whatever their order', async () => {
    await enter();
    await page.fill(at('composer-input'), 'Thursday at nine?');
    await page.keyboard.press('Enter');
    const bubble = page.locator(at('message')).filter({ hasText: 'Thursday at nine?' });
    await bubble.waitFor();
    expect(await page.inputValue(at('composer-input'))).to.equal('');
    const id = (await bubble.getAttribute('data-id')) ?? '';
    const [call] = callsTo('POST', '/interactions/marta/messages');
    expect(call?.headers['idempotency-key']).to.be.a('string').with.length.above(20);
    server.setStatus(id, { status: 'read', version: 9 });
    server.setStatus(id, { status: 'delivered', version: 8 });
    await bubble.locator(`${at('tick')}[data-status=read]`).waitFor();
    await page.waitForTimeout(100);
    expect(await bubble.locator(at('tick')).getAttribute('data-status')).to.equal('read');
    expect(await page.locator(at('unsent')).count()).to.equal(0);
    expect(await bubble.count()).to.equal(1);
  });

  it('says in plain words why a message was refused, and tries again', async () => {
    await enter();
    server.refuseNextSend(429, 'rate_limited');
    await page.fill(at('composer-input'), 'Hello');
    await page.click(at('composer-send'));
    await page.waitForSelector(`${at('unsent')}[data-state=failed]`);
    expect(await page.locator(at('unsent')).textContent()).to.contain('too many messages at once');
    await page.click(at('unsent-retry'));
    await page.locator(at('message')).filter({ hasText: 'Hello' }).last().waitFor();
    await page.waitForSelector(at('unsent'), { state: 'detached' });
  });

  it('keeps what is written without a connection, and sends it once afterwards', async () => {
    await enter();
    server.setReachable(false);
    await page.waitForSelector(at('offline'));
    await page.fill(at('composer-input'), 'Kept for later');
    await page.click(at('composer-send'));
    await page.waitForSelector(`${at('unsent')}[data-state=waiting]`);
    expect(await page.locator(at('unassigned-take')).first().isDisabled()).to.equal(true);
    const missed = message({ interactionId: 'marta', text: 'Are you there?' });
    server.threads.get('marta')?.push(missed);
    server.setReachable(true);
    await page.click(at('offline-retry'));
    await page.waitForSelector('[data-online=true]');
    await page.locator(`${at('message')}[data-id=${missed.id}]`).waitFor();
    await page.waitForSelector(at('unsent'), { state: 'detached' });
    const keys = callsTo('POST', '/interactions/marta/messages').map((call) => call.headers['idempotency-key']);
    expect(new Set(keys).size).to.equal(1);
    expect(await page.locator(at('message')).filter({ hasText: 'Kept for later' }).count()).to.equal(1);
  });

  it('keeps a draft for each tab, over a reload too', async () => {
    await enter();
    await page.fill(at('composer-input'), 'half a sentence');
    await page.keyboard.press('Alt+2');
    await page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
    expect(await page.inputValue(at('composer-input'))).to.equal('');
    await until(() => callsTo('POST', '/interactions/tomasz/read').length > 0);
    await page.waitForTimeout(400);
    await page.reload();
    await page.waitForSelector(at('composer-input'));
    expect(await page.inputValue(at('composer-input'))).to.equal('half a sentence');
  });

  it('closes with an outcome; a message that came meanwhile is shown first', async () => {
    await enter();
    await page.keyboard.press('Alt+w');
    await page.waitForSelector(at('close-dialog'));
    expect(await page.getAttribute(at('close-confirm'), 'aria-disabled')).to.equal('true');
    await page.fill(at('close-search'), 'sensor speed');
    await page.locator(at('disposition')).first().click();
    // The event about it was lost: only the refusal tells.
    server.threads.get('marta')?.push(message({ interactionId: 'marta', id: 'late', text: 'One more thing' }));
    await page.click(at('close-confirm'));
    await page.waitForSelector(at('close-new-message'));
    await page.click(at('close-confirm'));
    await page.waitForSelector(at('close-dialog'), { state: 'detached' });
    const [, last] = callsTo('POST', '/interactions/marta/close');
    expect(last?.body).to.deep.equal({
      disposition: ['Repair', 'Display and sensors', 'Speed sensor'],
      lastMessageId: 'late',
    });
    await page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
  });

  it('cancels closing with Escape and tells the server', async () => {
    await enter();
    await page.locator(`${at('close-interaction')}:visible`).click();
    await until(() => callsTo('POST', '/interactions/marta/closing').length === 1);
    await page.waitForSelector(`${at('presence')}[data-state=paused]`);
    await page.keyboard.press('Escape');
    await page.waitForSelector(`${at('presence')}[data-state=available]`);
    expect(callsTo('DELETE', '/interactions/marta/closing')).to.have.length(1);
  });

  it('cancels after the start has been answered, however quick the agent is', async () => {
    await enter();
    const answerStart = server.holdClosing();
    await page.keyboard.press('Alt+w');
    await page.waitForSelector(at('close-dialog'));
    await page.click(at('close-cancel'));
    await page.waitForSelector(at('close-dialog'), { state: 'detached' });
    expect(callsTo('DELETE', '/interactions/marta/closing')).to.have.length(0);
    answerStart();
    await until(() => callsTo('DELETE', '/interactions/marta/closing').length === 1);
    await page.waitForSelector(`${at('presence')}[data-state=available]`);
    expect(server.desk.disposing).to.deep.equal([]);
  });

  it('shows the pause while closing, also in a page that is loaded again', async () => {
    await enter();
    await page.keyboard.press('Alt+w');
    await page.waitForSelector(`${at('close-dialog')} .pausetime`);
    await page.reload();
    await page.waitForSelector(`${at('close-dialog')} .pausetime`);
    await page.click(at('close-cancel'));
    await page.waitForSelector(`${at('presence')}[data-state=available]`);
    expect(callsTo('POST', '/interactions/marta/closing')).to.have.length(1);
    expect(callsTo('DELETE', '/interactions/marta/closing')).to.have.length(1);
  });

  it('begins the pause again if it ended while the connection was lost', async () => {
    await enter();
    await page.keyboard.press('Alt+w');
    await until(() => callsTo('POST', '/interactions/marta/closing').length === 1);
    server.setReachable(false);
    server.desk.disposing = [];
    server.setReachable(true);
    await until(() => callsTo('POST', '/interactions/marta/closing').length === 2);
    await page.click(at('close-cancel'));
  });

  it('gives closing up when the conversation goes to somebody else', async () => {
    await enter();
    await page.keyboard.press('Alt+w');
    await page.waitForSelector(at('close-dialog'));
    server.change('marta', { agent: 'jonas', tabOpen: false });
    await page.waitForSelector(at('close-dialog'), { state: 'detached' });
    expect(callsTo('DELETE', '/interactions/marta/closing')).to.have.length(0);
  });

  it('says what is so with a conversation that was transferred and not accepted yet', async () => {
    await enter();
    const waiting = { node: null, kind: 'transfer' as const, queue: 'Workshop', since: ago(3), until: ago(-27) };
    server.change('joren', { waiting });
    await page.click(`${at('list-assigned')} [data-id=joren]`);
    await page.locator(at('not-mine'), { hasText: 'offered to Workshop' }).waitFor();
  });

  it('takes what nobody has, closes a tab and opens it again', async () => {
    await enter();
    await page.locator(at('unassigned-take')).first().click();
    await page.waitForSelector(`${at('tab')}[data-id=free1][aria-selected=true]`);
    await page.locator('.tab.on').locator(at('tab-close')).click();
    await page.waitForSelector(`${at('list-assigned')} [data-id=free1]`);
    await page.click(`${at('list-assigned')} [data-id=free1]`);
    await page.click(at('tab-open'));
    await page.waitForSelector(`${at('tab')}[data-id=free1][aria-selected=true]`);
  });

  it('pauses with a reason, and goes to the log-in when the session is over', async () => {
    await enter();
    await page.click(at('presence'));
    await page.click(`${at('presence-pause')}[data-pause=Lunch]`);
    await page.waitForSelector(`${at('presence')}[data-state=paused]`);
    expect(callsTo('PUT', '/presence')[0]?.body).to.deep.equal({ state: 'paused', pause: 'Lunch' });
    server.forgetSession();
    await page.waitForSelector(at('login-note'));
  });

  it('fits a phone: one column, touch-sized controls, nothing cut off', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await login();
    await page.waitForSelector(at('composer-input'));
    server.ring(offerOf(luis(), { id: 'o1' }));
    await page.waitForSelector(at('offer'));
    for (const name of ['offer-accept', 'offer-reject', 'composer-send', 'back']) {
      const box = await page
        .locator(`${at(name)}:visible`)
        .first()
        .boundingBox();
      expect(box?.height, name).to.be.at.least(44);
      expect((box?.x ?? 0) + (box?.width ?? 0), name).to.be.at.most(390);
    }
    await page.click(at('back'));
    await page.click(`${at('row')}[data-id=tomasz]`);
    await page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(390);
  });
});
