/** An administrator in the browser over a Node-RED with the package: what is changed there holds at once, without a deploy. */
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { account, node, queue, SECRETS, tab } from './support/flows.ts';
import { Office, passwordOf } from './support/office.ts';

const at = (name: string) => `[data-test=${name}]`;

describe('the administration’s page', function () {
  this.timeout(120_000);
  const phone = '+390612345678';
  const customer = '+393475550142';
  const t = tab('plan');
  const flows = [
    t.node,
    // Nobody is a member by the flow.
    account({ id: 'sales', key: 'SALES', phone, agents: [] }),
    queue('q', 'Sales', { agents: [] }),
    node('wa-inbound', 'in', t.place(), [['route'], []], { account: 'sales' }),
    node('wa-route', 'route', t.place(), [[], ['queue']]),
    node('wa-queue', 'queue', t.place(), [[], []], { queue: 'q', queueType: 'queue', timeout: 0 }),
  ];
  let office: Office;
  let browser: Browser;
  let ada: Page;
  const problems: string[] = [];

  before(async () => {
    [office, browser] = await Promise.all([
      Office.open({ flows, agents: [{ username: 'ada', role: 'admin' }] }),
      openBrowser(),
    ]);
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, locale: 'en-US' });
    await context.grantPermissions(['clipboard-write']);
    ada = await context.newPage();
    ada.setDefaultTimeout(15_000);
    ada.on('pageerror', (error) => problems.push(String(error)));
    await ada.goto(`${office.red.url}/whatsapp/supervisor`);
    await ada.fill(at('login-username'), 'ada');
    await ada.fill(at('login-password'), passwordOf('ada'));
    await ada.click(at('login-submit'));
    await ada.waitForSelector('[data-online=true]');
    await ada.click(at('go-administration'));
  });
  after(async () => {
    await browser?.close();
    await office?.close();
  });
  afterEach(() => expect(problems).to.deep.equal([]));

  const row = (key: string) => ada.locator(`${at('admin-row')}[data-key="${key}"]`);
  async function save() {
    await ada.click(at('panel-save'));
    await ada.waitForSelector(at('panel'), { state: 'detached' });
  }
  const csv = (lines: string[]) => ({
    name: 'agents.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(['username,name,password,accounts', ...lines].join('\n')),
  });

  it('copies the Receive URL that webhooks come to, and tests the account', async () => {
    const id: string = office.rows('select id from account')[0].id;
    await row(id).locator(at('row-menu')).click();
    await ada.click(at('account-copy'));
    await ada.locator(at('said'), { hasText: 'copied' }).waitFor();
    // Pasted, as an administrator does at the provider's.
    await ada.click(at('admin-agents'));
    await ada.focus(at('find'));
    await ada.keyboard.press('Control+V');
    expect(await ada.inputValue(at('find'))).to.equal(`${await office.receiveUrl('sales')}#rc=3&rp=all`);
    await ada.fill(at('find'), '');
    await ada.click(at('admin-accounts'));
    await row(id).locator(at('row-menu')).click();
    await ada.click(at('account-test'));
    await ada.waitForSelector(at('test-ok'));
    const broken = account({
      id: 'sales',
      key: 'SALES',
      phone,
      agents: [],
      credentials: { ...SECRETS.twilio, authToken: '' },
    });
    await office.red.deploy(office.connected(flows.map((one) => (one.id === 'sales' ? broken : one))));
    await row(id).locator(at('row-menu')).click();
    await ada.click(at('account-test'));
    await ada.locator(at('test-problem'), { hasText: 'Authorization Token' }).waitFor();
    await office.deploy(flows);
    await ada.click(at('panel-close'));
  });

  it('adds an agent, and imports others once what was wrong with the file is right', async () => {
    await ada.click(at('admin-agents'));
    await ada.click(at('add'));
    await ada.fill(at('field-username'), 'nina');
    await ada.fill(at('field-name'), 'Nina Berg');
    await ada.fill(at('field-password'), passwordOf('nina'));
    await save();
    await row('nina').waitFor();
    await ada.click(at('import'));
    await ada.setInputFiles(at('import-file'), csv(['kim,Kim,,', `lee,Lee,${passwordOf('lee')},NONE`]));
    await ada.locator(`${at('row-problem')}[data-row="2"]`, { hasText: 'password' }).waitFor();
    await ada.locator(`${at('row-problem')}[data-row="3"]`, { hasText: 'NONE' }).waitFor();
    await ada.setInputFiles(at('import-file'), csv([`lee,Lee,${passwordOf('lee')},SALES`]));
    await ada.click(at('import-go'));
    await row('lee').filter({ hasText: 'SALES' }).waitFor();
    expect(office.rows('select username from agent order by username').map((one) => one.username)).to.deep.equal([
      ...['ada', 'lee', 'nina'],
    ]);
  });

  it('sets the members of a queue, and what waits in it rings at once', async () => {
    const lee = await (await office.desk('lee')).connect();
    await lee.ok('PUT', '/presence', { state: 'available' });
    expect(await office.deliver({ account: phone, from: customer, name: 'Marta Ferri', text: 'Hello' })).to.equal(200);
    await ada.click(at('admin-queues'));
    await row('q').locator(at('open-queue')).click();
    await ada.click(at('add-agents'));
    await ada.check(at('add-lee'));
    expect((await lee.show()).offers).to.deep.equal([]);
    await save();
    const { id } = await lee.offerOf(customer);
    await row('lee').locator(at('row-menu')).click();
    await ada.click(at('remove-member'));
    await ada.click(at('confirm-yes'));
    await lee.until('offer-ended', (offer) => offer.id === id);
    await row('lee').waitFor({ state: 'detached' });
  });

  it('erases a contact, with everything that was written', async () => {
    await ada.click(at('admin-contacts'));
    const marta = ada.locator(at('admin-row'), { hasText: 'Marta Ferri' });
    await marta.locator(at('row-menu')).click();
    await ada.click(at('contact-erase'));
    await ada.click(at('confirm-yes'));
    await marta.waitFor({ state: 'detached' });
    for (const table of ['contact', 'interaction', 'message'])
      expect(office.rows(`select id from ${table}`), table).to.deep.equal([]);
    await ada.click(at('admin-audit'));
    await ada.selectOption(at('audit-event'), 'deleted');
    await ada.locator(at('admin-row'), { hasText: 'erased' }).filter({ hasText: 'ada' }).waitFor();
  });
});
