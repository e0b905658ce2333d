/** What the desk must do wherever it stands, in Dashboard and on its own page, over a real Node-RED and in a real browser. */
import { expect } from 'chai';
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import type { FlowNode } from '../support/node-red.ts';
import { account, node, queue, tab } from './support/flows.ts';
import { eventually, Office, passwordOf } from './support/office.ts';

const at = (name: string) => `[data-test=${name}]`;
/** Each place has an account, agents and customers of its own. */
const PLACES = {
  widget: { path: '/dashboard/p', phone: '+390612345601', agent: 'wanda', other: 'walter', customers: '+4915100001' },
  page: { path: '/whatsapp/desk', phone: '+390612345602', agent: 'paula', other: 'piet', customers: '+4915100002' },
} as const;

function flows(): FlowNode[] {
  const t = tab('plan');
  const agents = ({ agent, other }: { agent: string; other: string }) => [agent, other];
  const dispositions = [{ name: 'Repair', children: [{ name: 'Battery' }, { name: 'Brakes' }] }, { name: 'Order' }];
  return [
    t.node,
    { id: 'base', type: 'ui-base', name: 'B', path: '/dashboard' },
    { id: 'theme', type: 'ui-theme', name: 'T', colors: {}, sizes: {} },
    { id: 'screen', type: 'ui-page', name: 'P', ui: 'base', path: '/p', layout: 'grid', theme: 'theme', order: 1 },
    { id: 'group', type: 'ui-group', name: 'G', page: 'screen', width: '12', height: '1', order: 1 },
    ...Object.entries(PLACES).map(([name, place]) =>
      account({
        ...{ id: name, key: name.toUpperCase().slice(0, 5), phone: place.phone, agents: agents(place) },
        ...{ dispositions, mandatoryDisposition: true },
      }),
    ),
    queue('q', 'Everybody'),
    node('wa-inbound', 'in', t.place(), [['route'], []], { account: '' }),
    node('wa-route', 'route', t.place(), [[], ['step']]),
    node('wa-queue', 'step', t.place(), [[], []], { queue: 'q', queueType: 'queue', timeout: 0 }),
    node('ui-wa-desk', 'desk', t.place(), [], { group: 'group', order: 1, width: '12', height: '16' }),
  ];
}

describe('the desk for everybody, in Dashboard and on its page', function () {
  this.timeout(90_000);
  let office: Office;
  let browser: Browser;

  before(async () => {
    const people = Object.values(PLACES).flatMap(({ agent, other }) => [{ username: agent }, { username: other }]);
    [office, browser] = await Promise.all([
      Office.open({ flows: flows(), agents: people, dashboard: true }),
      openBrowser(),
    ]);
  });
  after(async () => {
    await browser?.close();
    await office?.close();
  });

  for (const [name, { path, phone, agent, other, customers }] of Object.entries(PLACES))
    describe(name, () => {
      const problems: string[] = [];
      let context: BrowserContext;
      let page: Page;
      let last = 10;

      async function fresh(options: BrowserContextOptions = {}): Promise<BrowserContext> {
        const viewport = { width: 1280, height: 800 };
        return browser.newContext({ viewport, reducedMotion: 'reduce', ...options });
      }
      async function open(within: BrowserContext): Promise<Page> {
        const opened = await within.newPage();
        opened.setDefaultTimeout(15_000);
        opened.on('pageerror', (error) => problems.push(String(error)));
        await opened.goto(office.red.url + path);
        return opened;
      }
      async function logIn(on: Page, username: string) {
        await on.fill(at('login-username'), username);
        await on.fill(at('login-password'), passwordOf(username));
        await on.click(at('login-submit'));
        await on.waitForSelector('[data-online=true]');
      }
      const write = (from: string, text: string, as = 'Marta Ferri') =>
        office.deliver({ account: phone, from, name: as, text });
      /** Somebody writes for the first time, and their offer is accepted. */
      async function accepted(text: string, as?: string, on = page): Promise<string> {
        const from = `${customers}${last++}`;
        expect(await write(from, text, as)).to.equal(200);
        await on.locator(at('offer'), { hasText: text }).waitFor();
        await on.keyboard.press('Alt+a');
        await on.locator(at('message'), { hasText: text }).waitFor();
        return from;
      }
      const message = (text: string, on = page) => on.locator(at('message'), { hasText: text });
      async function send(text: string, on = page) {
        await on.fill(at('composer-input'), text);
        await on.press(at('composer-input'), 'Enter');
      }
      const sentWith = (text: string) =>
        office.rows("select id from message where direction = 'out' and text = ?", text).length;
      /** Closes all that the agent has, so that no test fills the capacity of the next. */
      async function closeAll() {
        const desk = await office.desk(agent);
        const { tabs, assigned } = await desk.show();
        for (const { id } of [...tabs, ...assigned])
          await desk.ok('POST', `/interactions/${id}/close`, { disposition: ['Order'] });
      }

      before(async () => {
        context = await fresh();
        page = await open(context);
      });
      after(async () => {
        await context?.close();
      });
      afterEach(async () => {
        expect(problems.splice(0)).to.deep.equal([]);
      });

      it('works with the keyboard alone: log in, accept, answer, move between tabs, close with an outcome', async () => {
        await page.focus(at('login-username'));
        await page.keyboard.type(agent);
        await page.keyboard.press('Tab');
        await page.keyboard.type(passwordOf(agent));
        await page.keyboard.press('Enter');
        await page.waitForSelector('[data-online=true]');
        await accepted('My lamp blinks');
        await accepted('The brake squeaks', 'Tomasz Wilk');
        await page.keyboard.type('Which one?');
        await page.keyboard.press('Enter');
        await message('Which one?').waitFor();
        await page.keyboard.press('Alt+1');
        await message('My lamp blinks').waitFor();
        await page.focus(`${at('tab')}[aria-selected=true]`);
        await page.keyboard.press('ArrowRight');
        await message('The brake squeaks').waitFor();
        await page.keyboard.press('Alt+w');
        await page.waitForSelector(`${at('close-search')}:focus`);
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('ArrowRight');
        await page.keyboard.press('ArrowDown');
        await page.keyboard.press('Enter');
        await page.locator('.chosen', { hasText: 'Brakes' }).waitFor();
        await page.keyboard.press('Control+Enter');
        await page.waitForSelector(at('close-dialog'), { state: 'detached' });
        await message('My lamp blinks').waitFor();
        const [closed] = office.rows(
          "select disposition from interaction where status = 'closed' order by closed_at desc limit 1",
        );
        expect(JSON.parse(closed.disposition)).to.deep.equal(['Repair', 'Brakes']);
      });

      it('names a colleague who has the same conversation open, until they leave it', async () => {
        const from = `${customers}${last++}`;
        const elsewhere = await fresh();
        const second = await open(elsewhere);
        await logIn(second, other);
        expect(await write(from, 'Anybody there?', 'Luis Ortega')).to.equal(200);
        for (const one of [page, second]) {
          await one.locator(at('offer-fold')).click();
          await one.locator(at('offer-row'), { hasText: 'Luis' }).waitFor();
        }
        // What rings may be looked at by all it rings for: it is found by searching.
        for (const one of [page, second]) {
          await one.keyboard.press('Control+k');
          await one.fill(at('search-input'), 'Luis');
          await one.locator(at('hit'), { hasText: 'Luis' }).click();
          await one.waitForSelector(at('not-mine'));
        }
        await page.locator(at('lookers'), { hasText: other }).waitFor();
        await second.locator(at('lookers'), { hasText: agent }).waitFor();
        await elsewhere.close();
        await page.waitForSelector(at('lookers'), { state: 'detached' });
        await page.keyboard.press('Alt+a');
        await page.waitForSelector(at('composer-input'));
      });

      it('shows the same in two windows, and in a second log-in elsewhere', async () => {
        const elsewhere = await fresh();
        const [second, third] = [await open(context), await open(elsewhere)];
        await second.waitForSelector('[data-online=true]');
        await logIn(third, agent);
        await accepted('Is it ready?', 'Priya Nair');
        await page.fill(at('composer-input'), 'half a sentence');
        for (const one of [second, third]) {
          await one.locator(at('offer')).waitFor({ state: 'detached' });
          await one.locator(at('tab'), { hasText: 'Priya Nair' }).click();
          await message('Is it ready?', one).waitFor();
        }
        await eventually(async () =>
          expect(await second.inputValue(at('composer-input')), 'drafts are of the browser').to.equal(
            'half a sentence',
          ),
        );
        expect(await third.inputValue(at('composer-input'))).to.equal('');
        await send('Since noon.', third);
        await Promise.all([page, second].map((one) => message('Since noon.', one).waitFor()));
        await second.click(at('presence'));
        await second.locator(at('presence-pause')).first().click();
        await Promise.all([page, third].map((one) => one.waitForSelector(`${at('presence')}[data-state=paused]`)));
        await page.click(at('presence'));
        await page.click(at('presence-available'));
        await second.waitForSelector(`${at('presence')}[data-state=available]`);
        await second.close();
        await elsewhere.close();
      });

      it('asks to log in again when the session ends, and keeps what was being written', async () => {
        await page.fill(at('composer-input'), 'not finished');
        // As if it had been ended elsewhere: the page hears of it, it did not ask for it.
        const cookies = await context.cookies();
        const { name: key, value } = cookies.find((one) => one.name === 'wa_session')!;
        const headers = { cookie: `${key}=${value}`, 'x-wa-request': '1' };
        await fetch(`${office.red.url}/whatsapp/api/session`, { method: 'DELETE', headers });
        await page.waitForSelector(at('login-note'));
        expect(await page.inputValue(at('login-username'))).to.equal(agent);
        await page.keyboard.type(passwordOf(agent));
        await page.keyboard.press('Enter');
        await page.waitForSelector('[data-online=true]');
        // Logging out has closed the tabs, not the conversations.
        await page.locator(`${at('list-assigned')} ${at('row')}`, { hasText: 'Priya Nair' }).click();
        await page.click(at('tab-open'));
        await page.waitForSelector(at('composer-input'));
        expect(await page.inputValue(at('composer-input'))).to.equal('not finished');
        await page.fill(at('composer-input'), '');
      });

      it('says that it is offline, keeps what is written and says that it is not sent, and sends it once', async () => {
        const text = `Written offline in the ${name}`;
        await context.setOffline(true);
        await page.waitForSelector(at('offline'));
        await send(text);
        const unsent = page.locator(`${at('unsent')}[data-state=waiting]`, { hasText: text });
        await unsent.waitFor();
        expect(await unsent.textContent()).to.contain('Not sent');
        expect(await page.textContent(at('offline'))).to.contain('has not been sent');
        expect(sentWith(text)).to.equal(0);
        await context.setOffline(false);
        await page.waitForSelector('[data-online=true]');
        await message(text).waitFor();
        await page.waitForSelector(at('unsent'), { state: 'detached' });
        await page.waitForSelector(at('offline'), { state: 'detached' });
        expect(sentWith(text)).to.equal(1);
        await closeAll();
      });

      it('writes from right to left what is written so, and nothing else', async () => {
        await accepted('مرحبا، هل الدراجة جاهزة؟ Tour 5', 'ليلى حداد');
        const direction = (selector: string) =>
          page.evaluate<string>(`getComputedStyle(document.querySelector('${selector}')).direction`);
        expect(await direction(`${at('message')} .body`)).to.equal('rtl');
        expect(await direction('.head h1')).to.equal('rtl');
        expect(await direction(at('thread'))).to.equal('ltr');
        await page.fill(at('composer-input'), 'نعم');
        expect(await direction(at('composer-input'))).to.equal('rtl');
        await page.fill(at('composer-input'), 'Yes');
        expect(await direction(at('composer-input'))).to.equal('ltr');
        await page.fill(at('composer-input'), '');
        await closeAll();
      });

      it('moves nothing for those who want that, while it rings too', async () => {
        const moving = () =>
          page.evaluate<string[]>(`document.getAnimations()
            .filter((one) => one.effect.target?.closest('.wa-desk') && one.effect.getComputedTiming().activeDuration > 0)
            .map((one) => one.animationName ?? one.transitionProperty)`);
        const ring = async () => {
          expect(await write(`${customers}${last++}`, 'It rings')).to.equal(200);
          await page.waitForSelector(at('offer'));
        };
        await ring();
        expect(await moving()).to.deep.equal([]);
        await page.keyboard.press('Alt+a');
        await page.waitForSelector(at('composer-input'));
        // A shake is over in a moment: whether there was one is noted as it begins.
        await page.evaluate(
          `window.begun = []; addEventListener('animationstart', ({ animationName }) => begun.push(animationName))`,
        );
        await page.emulateMedia({ reducedMotion: 'no-preference' });
        await ring();
        await eventually(async () => expect(await page.evaluate('begun')).to.include('wa-shake'));
        await page.emulateMedia({ reducedMotion: 'reduce' });
        await page.keyboard.press('Alt+a');
        await page.waitForSelector(at('offer'), { state: 'detached' });
        await closeAll();
      });

      it('fits a phone: rings, is answered by touch, and nothing is cut off', async () => {
        const hand = await fresh({ viewport: { width: 390, height: 760 }, hasTouch: true, isMobile: true });
        const small = await open(hand);
        await logIn(small, agent);
        const from = `${customers}${last++}`;
        expect(await write(from, 'Are you open?', 'Joren de Wit')).to.equal(200);
        const accept = small.locator(`${at('offer-accept')}:visible`);
        await accept.waitFor();
        expect((await accept.boundingBox())?.height).to.be.at.least(44);
        await accept.tap();
        await message('Are you open?', small).waitFor();
        await small.fill(at('composer-input'), 'Until six.');
        await small.locator(at('composer-send')).tap();
        await message('Until six.', small).waitFor();
        expect(await small.evaluate('document.documentElement.scrollWidth')).to.be.at.most(390);
        const [box, button] = await Promise.all(
          ['.composer .box', at('composer-send')].map((part) => small.locator(part).boundingBox()),
        );
        expect(button!.x + button!.width, 'the button to send is within its box').to.be.below(box!.x + box!.width);
        await small.locator(at('back')).tap();
        await small.locator(`${at('list-tabs')} ${at('row')}`, { hasText: 'Joren' }).waitFor();
        await hand.close();
        await closeAll();
      });
    });
});
