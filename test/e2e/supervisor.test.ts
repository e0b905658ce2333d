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
      Office.open({ flows, agents: [{ username: 'anna' }, { username: 'sue', role: 'supervisor' }] }),
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
    expect(problems).to.deep.equal([]);
  });
});
