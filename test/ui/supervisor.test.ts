/** The supervisor's screens over the engine as it is shipped, in a real browser. */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { hashPassword } from '../../server/passwords.ts';
import { openCentre, type Person, type TestCentre } from '../server/centre.ts';
import { QUICK } from '../server/support.ts';
import { type Built, builtPackage, root } from '../support/package.ts';
import { violations } from './support/axe.ts';
import { launchBrowser } from './support/browser.ts';

const require = createRequire(import.meta.url);
const at = (name: string) => `[data-test=${name}]`;
/** A folder for pictures, for whoever wants to look at the screens. */
const PICTURES = process.env.WA_PICTURES;

describe('the supervisor’s screens', function () {
  this.timeout(60_000);
  let built: Built;
  let browser: Browser;
  let centre: TestCentre;
  let context: BrowserContext;
  let page: Page;
  let errors: string[];
  let ann: Person;

  before(async () => {
    built = await builtPackage();
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
  });
  beforeEach(async () => {
    centre = await openCentre({ pages: built.pages, queues: [{ name: 'Sales' }, { name: 'Workshop' }] });
    for (const [username, role] of [
      ['hanne', 'supervisor'],
      ['ada', 'admin'],
      ['tom', 'agent'],
    ] as const)
      await centre.engine.run('createAgent', {
        ...{ username, name: `${username[0]!.toUpperCase()}${username.slice(1)} Strand`, role, capacity: 5 },
        passwordHash: await hashPassword('secret', QUICK),
      });
    ann = await centre.person('ann');
    errors = [];
    context = await browser.newContext({
      ...{ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', acceptDownloads: true },
      ...{ timezoneId: 'Europe/Rome', locale: 'en-US' },
    });
    page = await context.newPage();
    page.setDefaultTimeout(8000);
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (line) => {
      if (/Content Security Policy|Vue warn/.test(line.text())) errors.push(line.text());
    });
  });
  afterEach(async () => {
    await context.close();
    await centre.close();
    expect(errors).to.deep.equal([]);
  });

  async function enter(username = 'hanne') {
    await page.goto(`${centre.url.replace(/\/api$/, '')}/supervisor`);
    await page.fill(at('login-username'), username);
    await page.fill(at('login-password'), 'secret');
    await page.click(at('login-submit'));
  }
  async function ready() {
    await enter();
    await page.waitForSelector('[data-online=true]');
  }
  /** Conversations with these contacts, oldest first; the even ones are Ann's. */
  async function conversations(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let i = 0; i < count; i++) {
      const id = await centre.write(`+1202555${String(1000 + i)}`, `Question ${i} about my bicycle`);
      if (i % 2 === 0 && i < 6) await ann.send('POST', `/interactions/${id}/take`);
      ids.push(id);
    }
    return ids;
  }
  const rows = () => page.locator(at('row')).count();
  async function total(text: string) {
    await page.locator(at('total'), { hasText: new RegExp(`^${text}`) }).waitFor();
  }
  async function accessible(what: string) {
    expect((await violations(page)).map((one) => `${what}: ${one}`)).to.deep.equal([]);
  }
  async function look(name: string) {
    if (PICTURES) await page.screenshot({ path: join(PICTURES, `${name}.png`) });
  }
  async function dark() {
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForSelector('[data-test=supervisor][data-theme=dark]');
  }

  it('lets supervisors in, shows administration to administrators only, and sends agents to their desk', async () => {
    await enter('tom');
    await page.waitForSelector(at('not-for-agents'));
    await accessible('refusal');
    await page.click(at('logout'));
    await enter('hanne');
    await page.waitForSelector(at('interactions'));
    expect(await page.locator(at('go-administration')).count()).to.equal(0);
    await page.click(at('me'));
    await page.click(at('logout'));
    await enter('ada');
    await page.waitForSelector(at('go-administration'));
    await page.click(at('me'));
    await page.selectOption(at('language'), 'de');
    await page.locator(at('go-interactions'), { hasText: 'Interaktionen' }).waitFor();
  });

  it('speaks each of its languages, with all of its texts', async () => {
    const texts = async (language: string, file: string) =>
      JSON.parse(await readFile(join(root, 'ui', 'supervisor', 'locales', language, file), 'utf8'));
    const keys = (of: object, within = ''): string[] =>
      Object.entries(of).flatMap(([key, value]) =>
        typeof value === 'object' ? keys(value, `${within}${key}.`) : `${within}${key}`,
      );
    const english = join(root, 'ui', 'supervisor', 'locales', 'en-US');
    for (const file of await readdir(english))
      for (const language of ['it', 'es', 'de'])
        expect(keys(await texts(language, file)), `${language}/${file}`).to.include.members(
          keys(await texts('en-US', file)),
        );
    await conversations(3);
    await ready();
    for (const language of ['it', 'es', 'de', 'en-US']) {
      await page.click(at('me'));
      await page.selectOption(at('language'), language);
      await page.waitForSelector(`[data-test=supervisor][lang=${language}]`);
      await page.keyboard.press('Escape');
      for (const section of ['realtime', 'reports', 'interactions']) {
        await page.click(at(`go-${section}`));
        await page.waitForSelector(at(section));
        if (section === 'realtime') await page.waitForSelector(at('agents'));
        if (section === 'reports') await page.waitForSelector(at('report-tiles'));
        const text = (await page.textContent(at('supervisor'))) ?? '';
        expect(
          text.match(/\b(?:shell|interactions|realtime|reports|spy|login|me|list)\.[a-z]\w*/gi),
          language,
        ).to.equal(null);
        await look(`${section}-${language}`);
      }
    }
  });

  it('lists interactions with filters, sorting and columns, and lets new ones wait', async () => {
    await conversations(12);
    await ready();
    await total('12 interactions match');
    expect(await page.locator(at('row')).first().textContent()).to.contain('Question 11');
    await page.selectOption(at('filter-agent'), 'ann');
    await total('3 interactions match');
    await page.click(at('clear'));
    await total('12 interactions match');
    await page.click(at('sort-started'));
    await page.locator(`${at('row')}:first-child`, { hasText: 'Question 0' }).waitFor();
    await page.click(at('sort-started'));
    await page.locator(`${at('row')}:first-child`, { hasText: 'Question 11' }).waitFor();
    await page.click(at('columns'));
    await page.getByLabel('Queue', { exact: true }).check();
    await page.click(at('columns'));
    await page.locator('th', { hasText: 'Queue' }).waitFor();
    await centre.write('+12025559999', 'Somebody new');
    await page.locator(at('new'), { hasText: '1 new' }).waitFor();
    expect(await rows()).to.equal(12);
    await page.click(at('new'));
    await total('13 interactions match');
    await page.reload();
    await page.locator('th', { hasText: 'Queue' }).waitFor();
  });

  it('searches with conditions as chips, edited, disabled, deleted, saved and copied', async () => {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await conversations(12);
    await ready();
    await total('12 interactions match');
    const add = async (field: string, operator: string, value: string) => {
      await page.click(at('add-condition'));
      await page.selectOption(at('cond-field'), field);
      await page.selectOption(at('cond-operator'), operator);
      await page.fill(at('cond-value'), value);
      await page.click(at('cond-apply'));
    };
    await add('messages', 'contains', 'ab');
    await page.locator(at('cond-problem'), { hasText: '3 characters' }).waitFor();
    await accessible('condition');
    await page.fill(at('cond-value'), 'question 1');
    await page.keyboard.press('Enter');
    await add('lastMessage', 'contains', 'question 3');
    await page.waitForSelector(`${at('search')}:focus`);
    await page.keyboard.press('Enter');
    await total('0 interactions match');
    await page.click(at('match-any'));
    await page.keyboard.press('Tab');
    await page.click(at('search'));
    await total('4 interactions match');
    await look('chips');
    await page.locator(at('chip')).nth(1).click();
    await accessible('chips');
    await look('chip-menu');
    await page.click(at('chip-toggle'));
    await page.click(at('search'));
    await total('3 interactions match');
    const copied = await (async () => {
      await page.click(at('copy-json'));
      return JSON.parse(await page.evaluate<string>('navigator.clipboard.readText()'));
    })();
    expect(copied).to.deep.include({
      match: 'any',
      conditions: [
        { field: 'messages', operator: 'contains', value: 'question 1', enabled: true },
        { field: 'lastMessage', operator: 'contains', value: 'question 3', enabled: false },
      ],
    });
    const asked = await centre.engine.run('search', { username: null, search: copied });
    expect(asked.interactions).to.have.length(3);
    await page.click(at('saved'));
    await page.fill(at('save-name'), 'Ones');
    await page.check(at('save-shared'));
    await page.click(at('save'));
    await page.locator(at('saved-one'), { hasText: 'Ones' }).waitFor();
    await page.fill(at('save-name'), 'ONES ');
    await page.click(at('save'));
    await page.locator(at('saved-row')).nth(1).waitFor({ state: 'detached' });
    await page.keyboard.press('Escape');
    await page.click(at('delete-conditions'));
    await page.click(at('search'));
    await total('12 interactions match');
    await page.click(at('saved'));
    await page.click(at('saved-one'));
    await total('3 interactions match');
    await page.locator(at('chip')).first().click();
    await page.click(at('chip-edit'));
    await page.fill(at('cond-value'), 'question 11');
    await page.click(at('cond-apply'));
    await page.locator(at('chip')).first().press('Tab');
    await page.click(at('search'));
    await total('1 interaction matches');
  });

  it('shares saved searches, which others load; owners rename, withdraw and delete them', async () => {
    await conversations(4);
    const search = { agent: null, conditions: [{ field: 'lastMessage', operator: 'contains', value: 'question' }] };
    for (const [username, name, shared] of [
      ['ada', 'Free ones of all who wait since this morning and were never answered', true],
      ['ada', 'Nobody else sees', false],
    ] as const)
      await centre.engine.run('createSearch', { username, name, shared, search });
    await ready();
    await page.click(at('saved'));
    await page.fill(at('save-name'), 'Mine');
    await page.click(at('save'));
    const mine = page.locator(at('saved-row'), { hasText: 'Mine' });
    await mine.locator(at('share')).click();
    await mine.locator('[aria-pressed=true]').waitFor();
    const kept = async () => (await centre.engine.run('listSearches', { username: 'hanne' })).searches;
    expect((await kept()).map(({ name, shared }) => [name, shared])).to.deep.include(['Mine', true]);
    await accessible('saved searches');
    await look('saved');
    await mine.locator(at('rename')).click();
    await page.fill(at('rename-name'), 'Ours');
    await page.keyboard.press('Enter');
    await page.locator(at('saved-one'), { hasText: 'Ours' }).waitFor();
    expect(await page.locator(at('saved-one')).count()).to.equal(2);
    const theirs = page.locator(at('saved-row'), { hasText: 'Ada Strand' });
    expect(await theirs.locator(at('forget')).count()).to.equal(0);
    await theirs.locator(at('saved-one')).click();
    await total('2 interactions match');
    expect(await page.inputValue(at('filter-agent'))).to.equal('-');
    await page.locator(at('chip'), { hasText: 'question' }).waitFor();
    // What is shared is asked about, since it goes for others too.
    await page.click(at('saved'));
    await page.locator(at('saved-row'), { hasText: 'Ours' }).locator(at('forget')).click();
    await page.click(at('confirm-yes'));
    await page.locator(at('saved-row')).nth(1).waitFor({ state: 'detached' });
    expect((await kept()).map(({ name }) => name)).to.have.length(1);
  });

  it('exports what is selected, and deletes all that match after asking', async () => {
    await conversations(60);
    await ready();
    await total('60 interactions match');
    await page
      .locator(`${at('row')} .tick`)
      .first()
      .check();
    await page.locator(at('selected'), { hasText: '1 selected' }).waitFor();
    await look('interactions');
    await accessible('interactions');
    await page.locator(at('row-menu')).nth(1).click();
    await look('row-menu');
    await accessible('row menu');
    await page.keyboard.press('Escape');
    await dark();
    await look('interactions-dark');
    await accessible('interactions, dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.click(at('csv'));
    await accessible('csv');
    await look('csv');
    await page.uncheck(at('csv-tags'));
    await page.selectOption(at('csv-zone'), 'Asia/Tokyo');
    const [download] = await Promise.all([page.waitForEvent('download'), page.click(at('csv-go'))]);
    const csv = await readFile((await download.path())!, 'utf8');
    expect(csv.startsWith('\uFEFF')).to.equal(true);
    expect(csv).to.contain('Question 59').and.not.contain('Question 58').and.not.contain('tags');
    await page.check(at('select-page'));
    await page.click(at('select-all'));
    await page.locator(at('selected'), { hasText: '60 selected' }).waitFor();
    await page.click(at('delete'));
    await page.locator(at('confirm'), { hasText: 'Delete 60 interactions?' }).waitFor();
    await accessible('question');
    await look('confirm');
    await page.click(at('confirm-yes'));
    await total('0 interactions match');
    expect((await centre.engine.run('search', { username: null, search: {} })).interactions).to.deep.equal([]);
  });

  it('watches a conversation live without a trace, writes a note, and takes it over', async () => {
    const [id] = await conversations(1);
    await ready();
    const before = (await ann.send('GET', `/interactions/${id}`)).json;
    await page.click(at('row-menu'));
    await page.click(at('row-spy'));
    await page.waitForSelector(`${at('spy')}[data-live=true]`);
    await page.locator(at('message'), { hasText: 'Question 0' }).waitFor();
    expect((await ann.send('GET', `/interactions/${id}`)).json).to.deep.equal(before);
    await ann.send('POST', `/interactions/${id}/messages`, { text: 'What colour is it?' });
    await page.locator(at('message'), { hasText: 'What colour is it?' }).waitFor();
    await page.fill(at('spy-note'), 'Offer the blue one.');
    await page.click(at('spy-note-save'));
    await page.locator(`${at('message')}[data-direction=note]`, { hasText: 'Offer the blue one.' }).waitFor();
    await look('spy');
    await accessible('spy');
    await dark();
    await look('spy-dark');
    await accessible('spy, dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 700, height: 900 });
    await look('spy-narrow');
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.click(at('spy-reassign'));
    await page.waitForSelector(at('reassign'));
    await accessible('reassign');
    await look('reassign');
    await page.keyboard.press('Escape');
    await page.waitForSelector(at('reassign'), { state: 'detached' });
    await page.click(at('spy-take'));
    await page.waitForSelector(at('spy-desk'));
    expect((await ann.send('GET', `/interactions/${id}`)).status).to.be.oneOf([200, 403]);
    const { audit } = await centre.engine.run('auditLog', { event: 'spied' });
    expect(audit.map(({ actor, interaction }) => [actor, interaction])).to.deep.equal([['hanne', id]]);
    await page.click(at('spy-back'));
    await page.waitForSelector(at('row'));
  });

  it('closes and deletes what is watched', async () => {
    const [id] = await conversations(1);
    await ready();
    await page.locator(at('row')).first().dblclick();
    await page.click(`${at('spy-close')}:not([disabled])`);
    await page.click(at('close-confirm'));
    await page.locator('.spybar', { hasText: 'closed' }).waitFor();
    expect((await centre.engine.run('interaction', { username: 'hanne', interaction: id! })).status).to.equal('closed');
    await page.click(at('spy-delete'));
    await page.click(at('confirm-yes'));
    await page.waitForSelector(at('spy'), { state: 'detached' });
    await total('0 interactions match');
  });

  it('shows queues and agents as they are now, and forces a pause and a log-out', async () => {
    await conversations(8);
    for (let i = 0; i < 14; i++) await centre.person(`agent${i}`, 'agent', { connected: i < 6 });
    await ready();
    await page.click(at('go-realtime'));
    const tile = page.locator(at('tile-open'));
    await tile.filter({ hasText: '8' }).waitFor();
    const row = (username: string) => page.locator(`${at('agent')}[data-username=${username}]`);
    await row('ann').filter({ hasText: '3 of 3' }).waitFor();
    expect(await row('ann').getAttribute('data-state')).to.equal('full');
    expect(await row('agent10').count()).to.equal(0);
    await page.click(at('agents-all'));
    await row('agent10').waitFor();
    await look('realtime');
    await accessible('realtime');
    await dark();
    await look('realtime-dark');
    await accessible('realtime, dark');
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 700, height: 900 });
    await look('realtime-narrow');
    await page.setViewportSize({ width: 1440, height: 900 });
    await row('agent1').locator(at('agent-menu')).click();
    await page.click(at('agent-pause'));
    await accessible('pause');
    await page.click(at('force-go'));
    await page.waitForSelector(`${at('agent')}[data-username=agent1][data-state=paused]`);
    await row('ann').locator(at('agent-menu')).click();
    await page.click(at('agent-logout'));
    await look('logout');
    await page.click(at('force-go'));
    await page.waitForSelector(`${at('agent')}[data-username=ann][data-state=offline]`);
    await tile.filter({ hasText: '8 unassigned' }).waitFor();
    await row('agent2').locator(at('agent-menu')).click();
  });

  it('reports with charts, tables, definitions and CSV, of any days', async () => {
    const [first = '', second = ''] = await conversations(5);
    await ann.send('POST', `/interactions/${first}/messages`, { text: 'It is ready.' });
    await ann.send('POST', `/interactions/${first}/close`, {});
    await centre.engine.run('closeInteraction', { interaction: second, username: 'hanne' });
    await ready();
    await page.click(at('go-reports'));
    const tile = (name: string) => page.locator(at(`total-${name}`));
    await tile('interactions').filter({ hasText: '5 messages in, 1 out' }).waitFor();
    await tile('answered').filter({ hasText: '75%' }).waitFor();
    const card = (name: string) => page.locator(at(`report-${name}`));
    for (const name of ['volumes', 'times', 'busyHours', 'agents'])
      await card(name).locator('[data-chart=ready]').waitFor();
    await card('dispositions').filter({ hasText: '2 closed' }).filter({ hasText: 'No outcome' }).waitFor();
    await card('transfers').locator(at('report-empty')).waitFor();
    await accessible('reports');
    await look('reports');

    // The table has what the chart shows.
    await card('volumes').locator(at('group-by')).selectOption('agent');
    await card('volumes').locator(at('as-table')).click();
    await card('volumes').getByRole('row', { name: 'ann 3 1 3 3 0' }).waitFor();
    await card('volumes').getByRole('row', { name: 'Nobody 2 0 2 0 1' }).waitFor();
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      card('volumes').locator(at('report-csv')).click(),
    ]);
    const csv = await readFile((await download.path())!, 'utf8');
    expect(csv.startsWith('\uFEFFagent,name,messagesIn')).to.equal(true);
    expect(csv).to.contain('\r\nann,ann,3,1,3,3,0,');
    await card('times').locator(at('explain')).click();
    await page.getByRole('note').filter({ hasText: 'From the start to the first agent' }).waitFor();
    await accessible('reports, a table and a definition');
    await page.keyboard.press('Escape');
    expect(await page.getByRole('note').count()).to.equal(0);

    // Other days, and other time zones.
    await page.selectOption(at('period'), 'yesterday');
    await page.waitForSelector(at('report-nothing'));
    await accessible('reports of nothing');
    await page.fill(at('day-from'), '2020-01-01');
    await page.locator(at('report-problem'), { hasText: '400 days' }).waitFor();
    await page.selectOption(at('period'), 'today');
    await tile('interactions').waitFor();
    await page.selectOption(at('report-zone'), 'Pacific/Kiritimati');
    const today = new Intl.DateTimeFormat('en-US', { dateStyle: 'medium', timeZone: 'Pacific/Kiritimati' });
    await page.locator(at('report-of'), { hasText: today.format(Date.now()) }).waitFor();
    await page.selectOption(at('report-queue'), { label: 'Workshop' });
    await page.waitForSelector(at('report-nothing'));
    await page.selectOption(at('report-queue'), '');
    await tile('interactions').waitFor();

    await page.route('**/api/reports?*', (route) => route.abort());
    await page.selectOption(at('period'), 'last30');
    await page.waitForSelector(at('report-problem'));
    await page.unroute('**/api/reports?*');
    await page.click(at('report-again'));
    await page.waitForSelector(at('report-problem'), { state: 'detached' });
    await dark();
    await accessible('reports, dark');
    await look('reports-dark');
    await page.setViewportSize({ width: 390, height: 900 });
    await accessible('reports, narrow');
    expect(await page.evaluate('document.documentElement.scrollWidth')).to.equal(390);
  });

  it('is a widget too: one script that uses the Vue of its page', async () => {
    const vue = await readFile(require.resolve('vue/dist/vue.global.prod.js'), 'utf8');
    const apiRoot = centre.url.replace(/\/api$/, '');
    const host = `${new URL(apiRoot).origin}/dashboard/page`;
    await page.route(host, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: '<!doctype html><html lang="en"><body><main id="host"></main></body></html>',
      }),
    );
    await page.goto(host);
    await page.evaluate(vue.replace('var Vue=', 'window.Vue='));
    // As Dashboard does it: what stands beside the widget is found by the widget's address.
    await page.route('**/resources/*.js', async (route) =>
      route.fulfill({
        contentType: 'text/javascript',
        body: await readFile(join(built.widgets, new URL(route.request().url()).pathname.split('/').at(-1)!), 'utf8'),
      }),
    );
    await page.evaluate("import('/resources/ui-wa-supervisor.umd.js')");
    await page.evaluate(
      `Vue.createApp(window['ui-wa-supervisor'].UIWaSupervisor, { props: ${JSON.stringify({ apiRoot })} }).mount('#host')`,
    );
    await page.fill(at('login-username'), 'hanne');
    await page.fill(at('login-password'), 'secret');
    await page.click(at('login-submit'));
    await page.waitForSelector('[data-online=true]');
    await page.click(at('go-realtime'));
    await page.waitForSelector(at('agents'));
    await conversations(1);
    await page.click(at('go-reports'));
    await page.waitForSelector(`${at('report-volumes')} [data-chart=ready] canvas`);
  });
});
