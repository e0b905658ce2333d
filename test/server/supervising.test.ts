import { expect } from 'chai';
import { mediaName } from '../../server/transcript.ts';
import { unzip } from '../support/zip.ts';
import { documented, openCentre, type Person, refused, type TestCentre } from './centre.ts';

/** What supervisors do with others and their conversations, over HTTP and the engine as it is shipped. */
describe('supervisors', () => {
  let centre: TestCentre;
  let sue: Person;
  let ann: Person;
  beforeEach(async () => {
    centre = await openCentre();
    sue = await centre.person('sue', 'supervisor', { connected: false });
    ann = await centre.person('ann', 'agent', { connected: false });
  });
  afterEach(() => centre.close());

  const audit = async (event: string) => {
    const { audit } = await centre.engine.run('auditLog', { event: event as 'spied' });
    return audit.map(({ actor, interaction, data }) => ({ actor, interaction, data }));
  };
  async function conversation(of: Person): Promise<string> {
    const id = await centre.write();
    expect((await of.send('POST', `/interactions/${id}/take`)).status).to.equal(200);
    return id;
  }

  it('watch a conversation without a trace for its agent; the log has it once for each beginning', async () => {
    const stream = await ann.connect();
    const id = await conversation(ann);
    const before = (await ann.send('GET', `/interactions/${id}`)).json;
    await centre.engine.run('health', {});
    const told = stream.events.length;

    const first = await sue.connect(`?watch=${id}`);
    const messages = await sue.send('GET', `/interactions/${id}/messages`);
    expect(messages.json.messages).to.have.length(1);
    await sue.send('POST', `/interactions/${id}/read`);
    first.hangUp();
    // The connection was lost: this goes on.
    const again = await sue.connect(`?watch=${id}`);
    expect(await audit('spied')).to.deep.equal([{ actor: 'sue', interaction: id, data: { agent: 'ann' } }]);
    expect((await ann.send('GET', `/interactions/${id}`)).json).to.deep.equal(before);
    expect(before.unread).to.equal(1);

    await ann.send('POST', `/interactions/${id}/messages`, { text: 'Can I help you?' });
    await centre.engine.run('health', {});
    const heard = () => again.events.filter(({ event }) => event === 'message');
    for (const end = Date.now() + 5000; heard().length === 0 && Date.now() < end; )
      await centre.engine.run('health', {});
    expect((heard()[0]!.data as { text: string }).text).to.equal('Can I help you?');
    // What the agent was told in between is their own answer.
    const since = stream.events.slice(told).filter(({ event }) => event !== 'queues');
    expect(since.filter((e) => JSON.stringify(e).includes('sue'))).to.deep.equal([]);
    expect(refused(await ann.send('GET', `/events?watch=${id}`))).to.equal('403 forbidden');
    expect(refused(await sue.send('GET', '/events?watch=none'))).to.equal('404 not_found');
  });

  it('do not spy on themselves', async () => {
    await sue.connect();
    const id = await conversation(sue);
    await sue.connect(`?watch=${id}`);
    expect(await audit('spied')).to.deep.equal([]);
  });

  it('take a conversation over', async () => {
    await ann.connect();
    const id = await conversation(ann);
    const taken = await sue.send('POST', `/interactions/${id}/take`);
    expect(taken.json.interaction).to.include({ agent: 'sue', tabOpen: true });
    const desk = await ann.desk();
    expect([desk.tabs, desk.assigned]).to.deep.equal([[], []]);
    const [assigned] = await audit('interaction-assigned');
    expect(assigned).to.deep.include({ actor: 'sue', data: { agent: 'sue', from: 'ann', queue: null } });
  });

  it('give a conversation to somebody else, whose desk shows it unread without ringing', async () => {
    const ben = await centre.person('ben');
    await ann.connect();
    const id = await conversation(ann);
    await ann.send('POST', `/interactions/${id}/read`);
    const given = await sue.send('POST', `/interactions/${id}/assign`, { agent: 'ben' });
    expect(given.status).to.equal(200);
    documented('oneInteraction', given.json);
    expect(given.json.interaction).to.include({ agent: 'ben', tabOpen: true, unread: 1 });
    const desk = await ben.desk();
    expect(desk.offers).to.deep.equal([]);
    expect(desk.tabs.map((ix) => ix.id)).to.deep.equal([id]);
    expect((await ann.desk()).tabs).to.deep.equal([]);
    // Given again it stays as it is.
    await ben.send('POST', `/interactions/${id}/read`);
    const again = await sue.send('POST', `/interactions/${id}/assign`, { agent: 'ben' });
    expect(again.json.interaction).to.include({ unread: 0 });
    await centre.person('off', 'agent', { connected: false });
    const away = await sue.send('POST', `/interactions/${id}/assign`, { agent: 'off' });
    expect(away.json.interaction).to.include({ agent: 'off', tabOpen: false, unread: 1 });
    expect((await audit('interaction-assigned'))[0]).to.deep.include({ actor: 'sue' });

    await centre.sync([{ agents: ['ann', 'ben'] }]);
    const path = `/interactions/${id}/assign`;
    expect(refused(await sue.send('POST', path, { agent: 'off' }))).to.equal('409 not_in_account');
    expect(refused(await sue.send('POST', path, { agent: 'nobody' }))).to.equal('404 unknown_agent');
    expect(refused(await sue.send('POST', '/interactions/none/assign', { agent: 'ben' }))).to.equal('404 not_found');
    await sue.send('POST', `/interactions/${id}/close`, {});
    expect(refused(await sue.send('POST', path, { agent: 'ben' }))).to.equal('409 interaction_closed');
  });

  it('give away what waits in a step of the flow, or in a transfer, which end', async () => {
    await ann.connect();
    await centre.person('ben', 'agent', { connected: false });
    const id = await conversation(ann);
    await ann.send('POST', `/interactions/${id}/transfer`, { queue: 'Sales' });
    const given = await sue.send('POST', `/interactions/${id}/assign`, { agent: 'ben' });
    expect(given.json.interaction).to.deep.include({ agent: 'ben', waiting: null });
  });

  it('put an agent into a pause, and log them out', async () => {
    const path = '/agents/ann/presence';
    expect(refused(await sue.send('PUT', path, { state: 'paused' }))).to.equal('409 not_connected');
    await ann.connect();
    const id = await conversation(ann);
    const paused = await sue.send('PUT', path, { state: 'paused', pause: 'Meeting' });
    documented('presence', paused.json);
    expect((await ann.desk()).presence).to.include({ state: 'paused', pause: 'Meeting' });
    expect((await audit('agent-paused'))[0]).to.deep.include({ actor: 'ann', data: { pause: 'Meeting', by: 'sue' } });
    const out = await sue.send('PUT', path, { state: 'offline', release: true });
    expect(out.json.presence.state).to.equal('offline');
    expect((await audit('agent-logout'))[0]).to.deep.include({ actor: 'ann', data: { by: 'sue' } });
    expect((await ann.send('GET', '/desk')).status).to.equal(401);
    expect((await sue.send('GET', `/interactions/${id}`)).json).to.include({ agent: null, tabOpen: false });
    await centre.person('root', 'admin');
    expect(refused(await sue.send('PUT', '/agents/root/presence', { state: 'offline' }))).to.equal('403 forbidden');
    expect(refused(await sue.send('PUT', path, { state: 'available' }))).to.equal('400 invalid_body');
    expect(refused(await sue.send('PUT', '/agents/none/presence', { state: 'offline' }))).to.equal('404 not_found');
  });

  it('get a transcript that is readable, and harmless', async () => {
    await ann.connect();
    const id = await centre.write('+12025550142', '<script>alert(1)</script> & "more"');
    const media = [
      { source: 'https://api.twilio.com/secret', contentType: 'image/jpeg', fileName: '../../etc/pass wd' },
    ];
    await centre.engine.run('ingest', {
      account: centre.accountId,
      events: [
        {
          kind: 'message',
          id: 'SMphoto',
          peer: { address: '+12025550142', phone: '+12025550142' },
          type: 'image',
          text: '',
          media: media as never,
        },
      ],
    });
    await ann.send('POST', `/interactions/${id}/take`);
    for (let i = 0; i < 250; i++)
      await centre.engine.run('addNote', { interaction: id, actor: { username: 'ann' }, text: `note ${i}` });
    const response = await fetch(`${centre.url}/interactions/${id}/transcript.zip?tz=Asia/Tokyo`, {
      headers: { Cookie: ann.cookie },
    });
    expect(response.status).to.equal(200);
    expect(response.headers.get('content-disposition')).to.equal(`attachment; filename="transcript-${id}.zip"`);
    const files = unzip(Buffer.from(await response.arrayBuffer()));
    expect([...files.keys()]).to.deep.equal(['transcript.html', 'transcript.txt', 'interaction.json', 'media/']);
    const page = String(files.get('transcript.html'));
    expect(page).to.contain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;more&quot;');
    expect(page).to.not.contain('<script>');
    expect(page).to.contain('class="note"').and.to.contain('[image/jpeg: 0002-0-pass wd]').and.to.contain('note 249');
    const text = String(files.get('transcript.txt'));
    const { startedAt } = (await ann.send('GET', `/interactions/${id}`)).json;
    const tokyo = new Date(Date.parse(startedAt) + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    expect(text).to.contain(`Started: ${tokyo} (Asia/Tokyo)`).and.to.contain('ann (internal note)');
    const data = JSON.parse(String(files.get('interaction.json')));
    expect(data.interaction).to.include({ id, agent: 'ann' });
    expect(data.messages).to.have.length(252);
    expect(data.messages[1].media[0]).to.include({ fileName: '../../etc/pass wd', file: 'media/0002-0-pass wd' });
    expect(JSON.stringify(data)).to.not.contain('secret');
    expect(await audit('exported')).to.deep.equal([{ actor: 'ann', interaction: id, data: { what: 'transcript' } }]);
    const ben = await centre.person('ben');
    expect(refused(await ben.send('GET', `/interactions/${id}/transcript.zip`))).to.equal('403 forbidden');
    const zone = await ann.send('GET', `/interactions/${id}/transcript.zip?tz=Middle/Earth`);
    expect(refused(zone)).to.equal('422 unknown_timezone');
    expect(refused(await sue.send('GET', '/interactions/none/transcript.zip'))).to.equal('404 not_found');
  });

  it('names media files so that no system stumbles', () => {
    const name = (fileName?: string, contentType?: string) =>
      mediaName(7, 1, { ...(fileName ? { fileName } : {}), ...(contentType ? { contentType } : {}) });
    expect(name()).to.equal('0007-1-file');
    expect(name(undefined, 'audio/ogg; codecs=opus')).to.equal('0007-1-file.ogg');
    expect(name('C:\\Users\\x\\CON?.pdf')).to.equal('0007-1-CON_.pdf');
    expect(name('..')).to.equal('0007-1-file');
    expect(name('שלום.pdf')).to.equal('0007-1-שלום.pdf');
    expect(name(`${'x'.repeat(300)}.pdf`))
      .to.have.length(107)
      .and.to.match(/\.pdf$/);
  });

  it('may what agents may not', async () => {
    const root = await centre.person('root', 'admin');
    await ann.connect();
    const id = await conversation(ann);
    for (const [method, path, body] of [
      ['POST', `/interactions/${id}/assign`, { agent: 'ann' }],
      ['PUT', '/agents/ann/presence', { state: 'paused' }],
    ] as const) {
      expect(refused(await ann.send(method, path, body))).to.equal('403 forbidden');
      expect(refused(await centre.nobody.send(method, path, body))).to.equal('401 not_signed_in');
      for (const person of [sue, root]) expect((await person.send(method, path, body)).status, path).to.equal(200);
    }
    const transcript = `/interactions/${id}/transcript.zip`;
    expect(refused(await centre.nobody.send('GET', transcript))).to.equal('401 not_signed_in');
    for (const person of [ann, sue, root]) expect((await person.send('GET', transcript)).status).to.equal(200);
  });
});
