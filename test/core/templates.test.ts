import { expect } from 'chai';
import type { Said } from '../../core/api.ts';
import type { Template } from '../../providers/template.ts';
import { Centre } from './support.ts';

const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'allowed',
    (error: { code: string }) => error.code,
  );

const template = (name: string, more: Partial<Template> = {}): Template => ({
  id: `${name}:en`,
  name,
  language: 'en',
  category: 'utility',
  state: 'approved',
  reason: '',
  text: 'Hi {{1}}, your order {{2}} is on its way.',
  variables: ['1', '2'],
  unsupported: '',
  ...more,
});

describe('templates', () => {
  let c: Centre;
  let interaction: string;
  const send = (said: Said) => c.host.run('sendMessage', { interaction, username: 'anna', ...said });
  const use = (id: string, variables: Record<string, string> = { 1: 'Zoe', 2: '42' }) =>
    send({ template: { id, variables } });

  beforeEach(async () => {
    c = await Centre.open({});
    await c.agent('anna');
    await c.host.run('storeTemplates', {
      account: c.id,
      error: null,
      templates: [
        template('order'),
        template('order', { id: 'order:it', language: 'it', state: 'paused' }),
        template('sale', { state: 'paused' }),
        template('prize', { state: 'rejected', reason: 'ABUSIVE_CONTENT' }),
        template('new', { state: 'pending' }),
        template('menu', { state: 'session' }),
        template('map', { unsupported: 'a header of the kind location' }),
      ],
    });
    interaction = (await c.inbound('+12025550142', 'Hello')).context.interaction.id;
    await c.host.run('take', { interaction, username: 'anna' });
  });
  afterEach(() => c.host.close());

  it('go out when the window is closed, with their text as the text of the message', async () => {
    await c.advance(25 * 3600);
    expect(await refusal(send({ text: 'Hello' }))).to.equal('window_closed');
    const { message } = await use('order:en');
    expect(message).to.include({ type: 'text', text: 'Hi Zoe, your order 42 is on its way.', status: 'queued' });
    const [job] = await c.host.run('claimOutgoing', { accounts: [c.id], limit: 5 });
    expect(job!.content).to.deep.equal({
      template: { id: 'order:en', name: 'order', language: 'en', variables: { 1: 'Zoe', 2: '42' } },
    });
  });

  it('are found by a name of which one is approved', async () => {
    expect((await use('order')).message.text).to.contain('Zoe');
  });

  it('are refused with the reason', async () => {
    expect(await refusal(use('sale'))).to.equal('template_paused');
    expect(await refusal(use('prize'))).to.equal('template_rejected');
    expect(await refusal(use('new'))).to.equal('template_pending');
    expect(await refusal(use('map'))).to.equal('template_unsupported');
    expect(await refusal(use('nowhere'))).to.equal('template_unknown');
    expect(await refusal(use('order:en', { 1: 'Zoe' }))).to.equal('template_variables');
    expect(await refusal(use('order:en', { 1: 'Zoe', 2: ' ' }))).to.equal('template_variables');
    expect(await refusal(use('order:en', { 1: 'Zoe', 2: '42', 3: 'x' }))).to.equal('template_variables');
    expect(await c.host.run('claimOutgoing', { accounts: [c.id], limit: 5 })).to.deep.equal([]);
  });

  it('need approval outside the window only', async () => {
    expect(await refusal(use('menu'))).to.equal('allowed');
    await c.advance(25 * 3600);
    expect(await refusal(use('menu'))).to.equal('window_closed');
  });

  it('begin a conversation with somebody who never wrote', async () => {
    const start = (address: string, said: Said) =>
      c.host.run('startInteraction', { account: c.id, address, username: 'anna', ...said });
    const chosen = { id: 'order:en', variables: { 1: 'Max', 2: '7' } };
    expect(await refusal(start('+12025550177', { text: 'Hello' }))).to.equal('window_closed');
    expect(await refusal(start('0177', { template: chosen }))).to.equal('recipient_invalid');
    const begun = await start('+12025550177', { template: chosen });
    expect(begun.interaction).to.deep.include({ agent: 'anna', windowClosesAt: null });
    expect(begun.message.text).to.equal('Hi Max, your order 7 is on its way.');
  });

  it('stay as they were when the provider cannot be asked', async () => {
    const before = await c.host.run('templates', { account: c.id, username: null });
    await c.host.run('storeTemplates', { account: c.id, templates: null, error: 'It does not answer.' });
    const after = await c.host.run('templates', { account: c.id, username: 'anna' });
    expect(after).to.deep.equal({ ...before, error: 'It does not answer.' });
  });
});

describe('an account with a template instead', () => {
  it('sends it for a text that is too late, with the text in its variable', async () => {
    const c = await Centre.open({ account: { windowTemplate: 'news' } });
    try {
      await c.agent('anna');
      const templates = [template('news', { text: 'News: {{1}}', variables: ['1'] })];
      await c.host.run('storeTemplates', { account: c.id, error: null, templates });
      const interaction = (await c.inbound('+12025550142', 'Hello')).context.interaction.id;
      await c.host.run('take', { interaction, username: 'anna' });
      const send = (text: string) => c.host.run('sendMessage', { interaction, username: 'anna', text });
      expect((await send('In time')).message.text).to.equal('In time');
      await c.advance(25 * 3600);
      expect((await send('Too\n late')).message.text).to.equal('News: Too late');
    } finally {
      await c.host.close();
    }
  });
});

describe('opting out', () => {
  let c: Centre;
  const FROM = '+12025550142';
  beforeEach(async () => {
    c = await Centre.open({});
    await c.agent('anna');
  });
  afterEach(() => c.host.close());

  it('by STOP keeps everything from being sent until START', async () => {
    const interaction = (await c.inbound(FROM, ' Stop. ')).context.interaction.id;
    await c.host.run('take', { interaction, username: 'anna' });
    const send = () => refusal(c.host.run('sendMessage', { interaction, username: 'anna', text: 'Hello' }));
    expect(await send()).to.equal('opted_out');
    await c.inbound(FROM, 'Please do not stop talking');
    expect(await send()).to.equal('opted_out');
    await c.inbound(FROM, 'START');
    expect(await send()).to.equal('allowed');
  });

  it('is taken from a refusal of the provider, and from its notice', async () => {
    const interaction = (await c.inbound(FROM, 'Hello')).context.interaction.id;
    await c.host.run('take', { interaction, username: 'anna' });
    const send = () => c.host.run('sendMessage', { interaction, username: 'anna', text: 'Hello' });
    const { message } = await send();
    await c.host.run('claimOutgoing', { accounts: [c.id], limit: 1 });
    const result = { outcome: 'rejected', code: '21610', reason: 'opted_out', message: '', retry: false } as const;
    await c.host.run('finishOutgoing', { message: message.id, result });
    expect(await refusal(send())).to.equal('opted_out');
    const notice = { kind: 'consent' as const, id: 'r1', peer: { address: FROM, phone: FROM } };
    await c.host.run('ingest', { account: c.id, events: [{ ...notice, out: false }] });
    expect(await refusal(send())).to.equal('allowed');
    await c.host.run('ingest', { account: c.id, events: [{ ...notice, out: true }] });
    expect(await refusal(send())).to.equal('opted_out');
  });
});
