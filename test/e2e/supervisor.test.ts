/** A supervisor beside agents, over a Node-RED with the package: what customers write shows at once, is watched and exported. */
import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { openBrowser } from '../support/browser.ts';
import { account, node, queue, tab } from './support/flows.ts';
import { Office, passwordOf } from './support/office.ts';

const at = (name: string) => `[data-test=${name}]`;

describe('the supervisor’s page', function () {
  this.timeout(120_000);
  const phone = '+390612345678';
  const t = tab('plan');
  const flows = [
    t.node,
    account({ id: 'sales', key: 'SALES', phone }),
    queue('q', 'Sales', { agents: ['anna'] }),
    node('wa-inbound', 'in', t.place(), [['route'], []], { account: 'sales' }),
    node('wa-route', 'route', t.place(), [[], ['queue']]),
    node('wa-queue', 'queue', t.place(), [[], []], { queue: 'q', queueType: 'queue', timeout: 0 }),
  ];
  let office: Office;
  let browser: Browser;
  let sue: Page;
  const problems: string[] = [];

  before(async () => {
    [office, browser] = await Promise.all([
      Office.open({
        flows,
        agents: [
          { username: 'anna' },
          { username: 'sue', role: 'supervisor' },
          { username: 'tom', role: 'supervisor' },
        ],
      }),
      openBrowser(),
    ]);
  });
  after(async () => {
    await browser?.close();
    await office?.close();
  });
  const write = (text: string) => office.deliver({ account: phone, from: '+393475550142', name: 'Marta Ferri', text });

  it('sees what waits in a queue, without being rung', async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, acceptDownloads: true });
    sue = await context.newPage();
    sue.setDefaultTimeout(15_000);
    sue.on('pageerror', (error) => problems.push(String(error)));
    await sue.goto(`${office.red.url}/whatsapp/supervisor`);
    await sue.fill(at('login-username'), 'sue');
    await sue.fill(at('login-password'), passwordOf('sue'));
    await sue.click(at('login-submit'));
    await sue.waitForSelector('[data-online=true]');
    await sue.click(at('go-realtime'));
    expect(await write('My Tour 5 does not start.')).to.equal(200);
    await sue.locator(`${at('queue')}[data-name=Sales] ${at('queue-waiting')}`, { hasText: '1' }).waitFor();
    await sue.waitForSelector(`${at('queue')}[data-name=Sales] ${at('nobody')}`);
    expect(await sue.locator(at('offer')).count()).to.equal(0);
  });

  it('finds the conversation, watches it live and takes its transcript', async () => {
    await sue.click(at('go-interactions'));
    await sue.locator(at('row'), { hasText: 'Marta Ferri' }).dblclick();
    await sue.locator(at('message'), { hasText: 'My Tour 5 does not start.' }).waitFor();
    await sue.waitForSelector(`${at('spy')}[data-live=true]`);
    expect(await write('The display says E-07.')).to.equal(200);
    await sue.locator(at('message'), { hasText: 'The display says E-07.' }).waitFor();
    const [download] = await Promise.all([sue.waitForEvent('download'), sue.click(at('spy-transcript'))]);
    const zip = await readFile((await download.path())!);
    expect(zip.subarray(0, 2).toString()).to.equal('PK');
    await sue.click(at('spy-back'));
  });

  it('saves a search and shares it with other supervisors', async () => {
    await sue.selectOption(at('filter-status'), 'open');
    await sue.click(at('saved'));
    await sue.fill(at('save-name'), 'Open ones');
    await sue.check(at('save-shared'));
    await sue.click(at('save'));
    await sue.locator(at('saved-one'), { hasText: 'Open ones' }).waitFor();
    await sue.keyboard.press('Escape');
    const tom = await office.desk('tom');
    const { searches } = await tom.ok('GET', '/searches');
    expect(searches.map((one: { name: string; search: unknown }) => [one.name, one.search])).to.deep.equal([
      ['Open ones', { status: 'open', sort: { field: 'startedAt', direction: 'desc' } }],
    ]);
  });

  it('reports what came in, with a chart, as a table and as CSV', async () => {
    await sue.click(at('go-reports'));
    await sue.locator(at('total-interactions'), { hasText: '2 messages in, 0 out' }).waitFor();
    const volumes = sue.locator(at('report-volumes'));
    await volumes.locator('[data-chart=ready]').waitFor();
    await volumes.locator(at('group-by')).selectOption('queue');
    await volumes.locator(at('as-table')).click();
    await volumes.getByRole('row', { name: 'Sales 2 0 1 0 0' }).waitFor();
    const [download] = await Promise.all([sue.waitForEvent('download'), volumes.locator(at('report-csv')).click()]);
    expect(await readFile((await download.path())!, 'utf8')).to.match(/\r\nq,Sales,2,0,1,0,0,/);
    expect(problems).to.deep.equal([]);
  });
});
