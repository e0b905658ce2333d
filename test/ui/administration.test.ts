/** The administration's screens over the engine as it is shipped, in a real browser. One contact centre for all: each test adds to it. */
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { hashPassword } from '../../server/passwords.ts';
import { openCentre, type TestCentre } from '../server/centre.ts';
import { QUICK } from '../server/support.ts';
import { builtPackage } from '../support/package.ts';
import { launchBrowser } from './support/browser.ts';

const at = (name: string) => `[data-test=${name}]`;
const require = createRequire(import.meta.url);
/** A folder for pictures, for whoever wants to look at the screens. */
const PICTURES = process.env.WA_PICTURES;

describe('the administration’s screens', function () {
  this.timeout(60_000);
  let pages: string;
  let browser: Browser;
  let centre: TestCentre;
  let context: BrowserContext;
  let page: Page;
  const errors: string[] = [];

  before(async () => {
    ({ pages } = await builtPackage());
    [browser, centre] = await Promise.all([
      launchBrowser(),
      openCentre({
        pages,
        accounts: [{ agents: ['tom'], cannedAnswers: [{ shortcut: 'hi', text: 'Hello, how can we help?' }] }],
        queues: [
          { name: 'Sales', agents: ['tom'] },
          { name: 'Workshop', agents: [], strategy: 'rrmemory' },
        ],
      }),
    ]);
    for (const [username, role] of [
      ['ada', 'admin'],
      ['tom', 'agent'],
      ['nina', 'agent'],
    ] as const)
      await centre.engine.run('createAgent', {
        ...{ username, name: `${username[0]!.toUpperCase()}${username.slice(1)} Strand`, role, capacity: 5 },
        passwordHash: await hashPassword('secret', QUICK),
      });
    await centre.engine.run('updateAgent', {
      username: 'nina',
      name: 'Nina Maximiliane Freifrau von Strand-Hohenlohe-Langenburg zu Wertheim und Rochefort',
    });
    context = await browser.newContext({
      ...{ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', acceptDownloads: true },
      ...{ timezoneId: 'Europe/Rome', locale: 'en-US' },
    });
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    page = await context.newPage();
    page.setDefaultTimeout(8000);
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (line) => {
      if (/Content Security Policy|Vue warn/.test(line.text())) errors.push(line.text());
    });
    await page.goto(`${centre.url.replace(/\/api$/, '')}/supervisor`);
    await page.fill(at('login-username'), 'ada');
    await page.fill(at('login-password'), 'secret');
    await page.click(at('login-submit'));
    await page.waitForSelector('[data-online=true]');
    await page.click(at('go-administration'));
  });
  after(async () => {
    await browser?.close();
    await centre?.close();
  });
  afterEach(() => expect(errors).to.deep.equal([]));

  const row = (key: string) => page.locator(`${at('admin-row')}[data-key="${key}"]`);
  const field = (name: string) => page.locator(at(`field-${name}`));
  async function choose(key: string, item: string) {
    await row(key).locator(at('row-menu')).click();
    await page.click(at(item));
  }
  async function save() {
    await page.click(at('panel-save'));
    await page.waitForSelector(at('panel'), { state: 'detached' });
  }
  async function wrong(name: string, text: string) {
    await page.locator(at(`wrong-${name}`), { hasText: text }).waitFor();
    expect(await field(name).getAttribute('aria-invalid')).to.equal('true');
    await page.waitForSelector(`${at(`field-${name}`)}:focus`);
  }
  async function accessible(what: string) {
    if (!(await page.evaluate<boolean>('"axe" in window')))
      await page.evaluate(await readFile(require.resolve('axe-core/axe.min.js'), 'utf8'));
    const found = await page.evaluate<{ id: string; nodes: { html: string }[] }[]>(
      'axe.run().then((result) => result.violations)',
    );
    expect(
      found.map(({ id, nodes }) => `${what}: ${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`),
    ).to.deep.equal([]);
  }
  async function look(name: string) {
    if (PICTURES) await page.screenshot({ path: join(PICTURES, `admin-${name}.png`) });
  }
  /** The screen as it is now, judged and (for whoever wants) pictured; dark where colours mean something, narrow only pictured. */
  async function inspect(name: string, alsoDark = false) {
    await look(name);
    await accessible(name);
    if (!alsoDark && !PICTURES) return;
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.waitForSelector('[data-test=supervisor][data-theme=dark]');
    await look(`${name}-dark`);
    await accessible(`${name}, dark`);
    await page.emulateMedia({ colorScheme: 'light' });
    await page.waitForSelector('[data-test=supervisor][data-theme=light]');
    if (!PICTURES) return;
    await page.setViewportSize({ width: 420, height: 860 });
    await look(`${name}-narrow`);
    await page.setViewportSize({ width: 1440, height: 900 });
  }

  it('shows accounts with their health, copies the Receive URL, and adds agents and answers', async () => {
    const id = centre.accountId;
    await row(id).waitFor();
    await centre.write();
    await centre.engine.run('accountError', {
      account: id,
      error: `20003: Authenticate ${'over and over again '.repeat(12)}`,
    });
    await row(id).locator(at('row-menu')).click();
    await inspect('accounts', true);
    await page.keyboard.press('Escape');
    await page.waitForSelector('[role=menu]', { state: 'detached' });
    await choose(id, 'account-copy');
    await page.locator(at('said'), { hasText: 'copied' }).waitFor();
    const url = await page.evaluate<string>('navigator.clipboard.readText()');
    expect(url).to.match(new RegExp(`/whatsapp/webhooks/${id}/[\\w-]{20,}#rc=3&rp=all$`));

    await row(id).locator(at('open-account')).click();
    await page.waitForSelector(at('account-facts'));
    await page.click(at('page-add'));
    await page.fill(at('find-addable'), 'nin');
    await page.check(at('add-nina'));
    await inspect('account-add');
    await save();
    await row('nina').filter({ hasText: 'added here' }).waitFor();
    await row('tom').filter({ hasText: 'from the flow' }).waitFor();
    const { agents } = await centre.engine.run('accountOverview', { id });
    expect(agents).to.deep.include({ username: 'nina', sources: ['admin'] });

    await page.click(at('add-answer'));
    await page.click(at('panel-save'));
    await wrong('shortcut', 'needed');
    await inspect('account-answer');
    await field('shortcut').fill('bye');
    await field('text').fill('Good bye\nand have a nice day');
    await save();
    await choose('hi', 'answer-edit');
    await field('text').fill('Welcome');
    await save();
    await row('hi').filter({ hasText: 'added here' }).waitFor();
    const { cannedAnswers } = await centre.engine.run('accountOverview', { id });
    expect(cannedAnswers.map(({ shortcut, text }) => [shortcut, text])).to.have.deep.members([
      ['bye', 'Good bye\nand have a nice day'],
      ['hi', 'Welcome'],
    ]);
    await choose('bye', 'answer-delete');
    await page.click(at('confirm-yes'));
    await row('bye').waitFor({ state: 'detached' });
    await choose('nina', 'remove-member');
    await page.click(at('confirm-yes'));
    await row('nina').waitFor({ state: 'detached' });
    await inspect('account', true);
    await page.click(at('admin-back'));
    await row(id).filter({ hasText: 'Error' }).waitFor();
  });

  it('adds, edits, disables agents; what is wrong stands beside its field', async () => {
    await page.click(at('admin-agents'));
    await page.click(at('add'));
    await page.waitForSelector(`${at('field-username')}:focus`);
    await page.keyboard.press('Enter');
    await wrong('username', '1 to 64');
    await field('username').fill('tom');
    await field('name').fill('Kim Rüdiger-Wallenstein');
    await page.click(at('make-password'));
    await page.click(at('panel-save'));
    await wrong('username', 'already');
    await inspect('agent-add', true);
    await field('username').fill('kim');
    await field('capacity').fill('3');
    await page
      .locator(`${at('pick-queues')} input`)
      .first()
      .check();
    await save();
    await row('kim').filter({ hasText: 'Sales' }).waitFor();
    await choose('kim', 'agent-edit');
    await field('role').selectOption('supervisor');
    await save();
    await row('kim').filter({ hasText: 'Supervisor' }).waitFor();
    await choose('kim', 'agent-password');
    await field('password').fill('short');
    await page.click(at('panel-save'));
    await wrong('password', '8 to 200');
    await field('password').fill('long enough');
    await save();
    await choose('kim', 'agent-disable');
    await page.click(at('confirm-yes'));
    await row('kim').filter({ hasText: 'Disabled' }).waitFor();
    expect(await centre.engine.run('agentOverview', { username: 'kim' })).to.deep.include({
      ...{ role: 'supervisor', capacity: 3, disabled: true },
    });
    await choose('ada', 'agent-edit');
    await field('role').selectOption('agent');
    await page.click(at('panel-save'));
    await wrong('role', 'last administrator');
    await page.keyboard.press('Escape');
    await page.waitForSelector(at('panel'), { state: 'detached' });
    await inspect('agents');
    await page.fill(at('find'), 'wallen');
    await row('tom').waitFor({ state: 'detached' });
    await page.fill(at('find'), 'nobody is called so');
    await page.waitForSelector(at('admin-none'));
    await page.fill(at('find'), '');
    await choose('kim', 'agent-delete');
    await page.click(at('confirm-yes'));
    await row('kim').waitFor({ state: 'detached' });
  });

  it('imports agents from CSV, after showing every problem with its line', async () => {
    const choice = (text: string) => ({ name: 'agents.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
    await page.click(at('import'));
    await inspect('import');
    await page.setInputFiles(at('import-file'), choice('username,phone\nlee,1\n'));
    await page.locator(at('import-problem'), { hasText: 'unknown column phone' }).waitFor();
    const good = Array.from({ length: 30 }, (_, i) => `agent${i},Agent Number ${i},password-${i},,4,SALES`);
    const lines = ['username,name,password,role,capacity,accounts', ...good];
    await page.setInputFiles(
      at('import-file'),
      choice([...lines, 'l ee,Lee,short,,,NONE', 'max,Max,,boss,x,'].join('\n')),
    );
    await page.locator(at('import-sum'), { hasText: '2 lines' }).waitFor();
    const problems = [];
    for (const one of await page.locator(at('row-problem')).all()) {
      const [line, column] = [await one.getAttribute('data-row'), await one.getAttribute('data-column')];
      problems.push(`${line} ${column}: ${(await one.textContent())!.trim()}`);
    }
    expect(problems).to.have.members([
      '32 accounts: There is no account with this key: NONE.',
      '32 username: The username has 1 to 64 letters, digits or . _ @ -',
      '32 password: The password has 8 to 200 characters.',
      '33 role: The role is agent, supervisor or admin.',
      '33 capacity: The capacity is a whole number from 1 to 100.',
    ]);
    expect(await page.locator(at('import-go')).isDisabled()).to.equal(true);
    await inspect('import-problems', true);
    await page.setInputFiles(at('import-file'), choice(`${lines.slice(0, 3).join('\n')}\ntom,Tom Imported,,,,\n`));
    await page.locator(at('import-sum'), { hasText: '2 new, 1 changed' }).waitFor();
    await page.click(at('import-go'));
    await row('agent1').waitFor();
    await row('tom').filter({ hasText: 'Tom Imported' }).waitFor();
  });

  it('adds members to a queue', async () => {
    await page.click(at('admin-queues'));
    await row('q-Workshop').filter({ hasText: 'In turn' }).waitFor();
    await inspect('queues');
    await choose('q-Workshop', 'queue-add');
    await page.check(at('add-everybody'));
    await save();
    await row('*').filter({ hasText: 'Everybody' }).waitFor();
    await inspect('queue');
    const { queues } = await centre.engine.run('listQueues', {});
    expect(queues.find((one) => one.name === 'Workshop')!.agents).to.deep.equal([
      { username: '*', sources: ['admin'] },
    ]);
    await page.click(at('admin-back'));
  });

  it('finds, edits, merges, imports, exports and erases contacts', async () => {
    for (let i = 0; i < 60; i++)
      await centre.engine.run('createContact', {
        address: `+4477009000${String(i).padStart(2, '0')}`,
        name: `Person ${i}`,
      });
    await page.click(at('admin-contacts'));
    await page.click(at('admin-more'));
    await row('x').waitFor({ state: 'detached' });
    const named = (name: string) => page.locator(at('admin-row'), { has: page.getByText(name, { exact: true }) });
    await named('Person 59').waitFor();
    await page.fill(at('find'), '90000');
    await named('Person 59').waitFor({ state: 'detached' });
    await named('Person 7').locator(at('open-contact')).click();
    await field('name').fill('فاطمة الزهراء');
    await field('list').fill('Dealers');
    await inspect('contact');
    await save();
    await named('فاطمة الزهراء').filter({ hasText: 'Dealers' }).waitFor();
    await page.click(at('add'));
    await field('address').fill('+44 7700 900001');
    await page.click(at('panel-save'));
    await wrong('address', 'already');
    await page.keyboard.press('Escape');
    await named('Person 1').locator(at('pick')).check();
    await named('Person 2').locator(at('pick')).check();
    await page.click(at('merge'));
    await field('name').fill('One and Two');
    await inspect('merge');
    await page.click(at('panel-save'));
    await page.click(at('confirm-yes'));
    await named('One and Two').filter({ hasText: '+447700900002' }).waitFor();
    await named('Person 2').waitFor({ state: 'detached' });
    await inspect('contacts');
    const [csv] = await Promise.all([page.waitForEvent('download'), page.click(at('export'))]);
    expect(await readFile((await csv.path())!, 'utf8')).to.contain('+447700900002,One and Two,');
    await page.click(at('import'));
    await page.setInputFiles(at('import-file'), {
      ...{ name: 'contacts.csv', mimeType: 'text/csv' },
      buffer: Buffer.from('address,name,list\n+447700900003,Third,Dealers\n'),
    });
    await page.click(at('import-go'));
    await named('Third').waitFor();
    await named('Third').locator(at('row-menu')).click();
    await page.click(at('contact-erase'));
    await look('erase');
    await page.click(at('confirm-yes'));
    await named('Third').waitFor({ state: 'detached' });
    const left = await centre.engine.run('listContacts', { search: '+447700900003' });
    expect(left.contacts).to.deep.equal([]);
  });

  it('keeps lists, canned answers, tags and pause reasons', async () => {
    for (const [subject, values] of [
      ['lists', { name: 'Partners' }],
      ['answers', { shortcut: 'hours', text: 'We are here from 9 to 18.' }],
      ['tags', { name: 'Warranty' }],
      ['pauses', { name: 'Lunch', releaseAfter: '45' }],
    ] as const) {
      await page.click(at(`admin-${subject}`));
      const [title] = Object.values(values);
      const kept = page.locator(`.administration ${at('admin-row')}`, { hasText: title });
      await page.click(at('add'));
      for (const [name, value] of Object.entries(values)) await field(name).fill(value);
      await save();
      await kept.waitFor();
      await page.click(at('add'));
      for (const [name, value] of Object.entries(values)) await field(name).fill(value);
      await page.click(at('panel-save'));
      await wrong(Object.keys(values)[0]!, 'already');
      await inspect(subject);
      await page.click(at('panel-cancel'));
      await kept.locator(at('open-kept')).click();
      await field(Object.keys(values)[0]!).fill(`${title} 2`);
      await save();
      await page
        .locator(at('admin-row'), { hasText: `${title} 2` })
        .locator(at('row-menu'))
        .click();
      await page.click(at('kept-delete'));
      await page.click(at('confirm-yes'));
      await kept.waitFor({ state: 'detached' });
    }
  });

  it('keeps calendars with hours and holidays', async () => {
    await page.click(at('admin-calendars'));
    await page.waitForSelector(at('admin-none'));
    await look('empty');
    await page.click(at('add'));
    await field('name').fill('Opening hours');
    await field('timezone').selectOption('Europe/Rome');
    await page.fill(at('rule-to'), '12:59');
    await page.click(at('add-rule'));
    await page.locator(at('rule')).nth(1).locator(at('rule-more')).click();
    await page.locator(at('rule')).nth(1).locator(at('rule-dates')).fill('2026-02-30');
    await page.click(at('add-holiday'));
    await page.fill(at('holiday-date'), '2026-12-25');
    await page.check(at('holiday-yearly'));
    await page.click(at('panel-save'));
    await page.locator(at('rule-wrong'), { hasText: '2026-12-24' }).waitFor();
    await inspect('calendar', true);
    await page.locator(at('rule')).nth(1).locator(at('rule-dates')).fill('2026-12-31');
    await save();
    const one = page.locator(at('admin-row'), { hasText: 'Opening hours' });
    await one.filter({ hasText: 'Mon–Fri 09:00–12:59' }).filter({ hasText: 'December 25, every year' }).waitFor();
    await look('calendars');
    const weekDays = [1, 2, 3, 4, 5];
    expect(await centre.engine.run('calendar', { name: 'Opening hours' })).to.deep.include({
      timezone: 'Europe/Rome',
      rules: [
        { from: '09:00', to: '12:59', weekDays },
        { from: '09:00', to: '17:59', weekDays, dates: ['2026-12-31'] },
      ],
      holidays: [{ months: [12], monthDays: [25] }],
    });
    await one.locator(at('open-calendar')).click();
    await page.locator(at('rule')).nth(1).locator(at('rule-remove')).click();
    await page.locator(at('rule')).first().locator(at('day-6')).click();
    await save();
    await one.filter({ hasText: 'Mon–Sat 09:00–12:59' }).waitFor();
    await one.locator(at('row-menu')).click();
    await page.click(at('calendar-delete'));
    await page.click(at('confirm-yes'));
    await page.waitForSelector(at('admin-none'));
  });

  it('shows the audit log, filtered and page by page', async () => {
    await page.click(at('admin-audit'));
    const entries = page.locator(at('admin-row'));
    await entries.first().waitFor();
    await inspect('audit');
    await page.selectOption(at('audit-event'), 'deleted');
    await entries.filter({ hasText: 'Data deleted' }).waitFor();
    await page.locator(at('admin-row'), { hasText: 'Message received' }).waitFor({ state: 'detached' });
    expect(await entries.first().textContent()).to.contain('Ada Strand');
    await page.selectOption(at('audit-actor'), 'contact');
    await page.waitForSelector(at('admin-none'));
    await page.click(at('audit-clear'));
    await entries.filter({ hasText: 'Message received' }).first().locator(at('row-menu')).click();
    await page.click(at('audit-same'));
    await page.waitForFunction(
      `document.querySelector('${at('audit-interaction')}').value && document.querySelectorAll('${at('admin-row')}').length < 20`,
    );
    await page.fill(at('audit-to'), '2020-01-01');
    await page.waitForSelector(at('admin-none'));
    await page.click(at('audit-clear'));
    await entries.first().waitFor();
  });

  it('says what failed and tries again, and speaks each language', async () => {
    await page.click(at('admin-accounts'));
    await row(centre.accountId).waitFor();
    await page.route('**/api/queues?*', (route) => route.abort());
    await page.click(at('admin-queues'));
    await page.waitForSelector(at('admin-failed'));
    await inspect('failed');
    await page.unroute('**/api/queues?*');
    await page.locator(`${at('admin-failed')} button`).click();
    await page.waitForSelector(at('admin-failed'), { state: 'detached' });
    const subjects = [];
    for (const one of await page.locator('.rail button').all()) subjects.push((await one.getAttribute('data-test'))!);
    for (const language of ['de', 'it', 'es', 'en-US']) {
      await page.click(at('me'));
      await page.selectOption(at('language'), language);
      await page.waitForSelector(`[data-test=supervisor][lang=${language}]`);
      await page.keyboard.press('Escape');
      for (const subject of subjects) {
        await page.click(at(subject));
        await page.waitForSelector(`${at(subject)}[aria-current]`);
        const text = (await page.textContent(at('administration'))) ?? '';
        expect(text.match(/\badministration\.[a-z]\w*/gi), `${language} ${subject}`).to.equal(null);
        if (language === 'de') await look(`${subject.slice(6)}-de`);
      }
    }
  });
});
