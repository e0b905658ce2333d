import http from 'node:http';
import { expect } from 'chai';
import { openCentre, type Person, refused, type TestCentre } from './centre.ts';

/** Exporting and deleting many conversations, over HTTP and the engine as it is shipped. */
describe('many conversations', () => {
  let centre: TestCentre;
  let sue: Person;
  beforeEach(async () => {
    centre = await openCentre({ accounts: [{ dispositions: [{ name: 'Sold', children: [{ name: 'Online' }] }] }] });
    sue = await centre.person('sue', 'supervisor', { connected: false });
  });
  afterEach(() => centre.close());

  const numbers = (n: number) => Array.from({ length: n }, (_, i) => `+1202555${String(1000 + i)}`);
  const progress = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  const total = async () => (await sue.send('POST', '/interactions/search', {})).json.total as number;
  const audit = async (event: string) => {
    const { audit } = await centre.engine.run('auditLog', { event: event as 'deleted' });
    return audit.map(({ actor, data }) => ({ actor, data }));
  };

  it('exports what a search finds: columns, order, time zone, quotes and formulas', async () => {
    const ann = await centre.person('ann');
    const [first, second] = [
      await centre.write('+12025551001', '=HYPERLINK("http://example.com")'),
      await centre.write('+12025551002', 'two\nlines, "quoted"'),
    ];
    await ann.send('POST', `/interactions/${first}/take`);
    await ann.send('PUT', `/interactions/${first}/tags`, { tags: ['VIP', 'late'] });
    await ann.send('POST', `/interactions/${first}/messages`, { text: 'Hello' });
    await ann.send('POST', `/interactions/${first}/close`, { disposition: ['Sold', 'Online'] });
    const columns = ['id', 'contact.address', 'tags', 'disposition', 'agent', 'lastMessage', 'messages', 'closedBy'];
    const sort = { field: 'contact.address', direction: 'desc' };
    const reply = await sue.send('POST', '/interactions/export.csv', {
      search: { sort, limit: 1 },
      columns,
      bom: true,
    });
    expect(reply.status).to.equal(200);
    expect(reply.headers['content-type']).to.equal('text/csv; charset=utf-8');
    expect(reply.headers['content-disposition']).to.equal('attachment; filename="interactions.csv"');
    expect(reply.text).to.equal(
      [
        `\uFEFF${columns.join(',')}`,
        `${second},+12025551002,,,,"two\nlines, ""quoted""",1,`,
        `${first},+12025551001,"VIP, late",Sold › Online,ann,Hello,2,ann`,
        '',
      ].join('\r\n'),
    );
    const formula = await sue.send('POST', '/interactions/export.csv', {
      ids: [second, 'gone'],
      columns: ['startedAt', 'account', 'accountName'],
      timezone: 'Asia/Tokyo',
    });
    const { startedAt } = (await sue.send('GET', `/interactions/${second}`)).json;
    const tokyo = new Date(Date.parse(startedAt) + 9 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
    expect(formula.text).to.equal(`startedAt,account,accountName\r\n${tokyo},SALES,Sales\r\n`);
    const usual = await sue.send('POST', '/interactions/export.csv', { ids: [first] });
    expect(usual.text.split('\r\n')[0]).to.contain('waitSeconds,handleSeconds');
    expect(await audit('exported')).to.deep.include({
      actor: 'sue',
      data: { what: 'interactions', interactions: 2, columns },
    });
  });

  it('takes no cell for a formula', async () => {
    const id = await centre.write('+12025551001', '=HYPERLINK("http://example.com")');
    const reply = await sue.send('POST', '/interactions/export.csv', { ids: [id], columns: ['lastMessage'] });
    expect(reply.text).to.equal('lastMessage\r\n"\'=HYPERLINK(""http://example.com"")"\r\n');
  });

  it('deletes chosen ones, open ones closed first, and shows how far it is', async () => {
    const ann = await centre.person('ann');
    const ids: string[] = [];
    for (const from of numbers(5)) ids.push(await centre.write(from));
    await ann.send('POST', `/interactions/${ids[0]}/take`);
    const reply = await sue.send('DELETE', '/interactions', { ids: [...ids.slice(0, 3), 'gone'] });
    expect(reply.status).to.equal(200);
    expect(reply.headers['content-type']).to.equal('application/x-ndjson; charset=utf-8');
    expect(progress(reply.text)).to.deep.equal([
      { total: 4, done: 0 },
      { total: 4, done: 4 },
      { total: 4, done: 4, complete: true, interactions: 3, messages: 3 },
    ]);
    expect(refused(await sue.send('GET', `/interactions/${ids[0]}`))).to.equal('404 not_found');
    const desk = await ann.desk();
    expect(desk.tabs).to.deep.equal([]);
    expect(desk.unassigned.map((ix) => ix.id)).to.deep.equal(ids.slice(3));
    const [entry] = await audit('deleted');
    expect(entry).to.deep.include({ actor: 'sue' });
    expect(entry!.data).to.include({ reason: 'chosen', interactions: 3, messages: 3 });
  });

  it('deletes what a search finds, if it is as many as were shown', async () => {
    for (const from of numbers(3)) await centre.write(from);
    const search = { conditions: [{ field: 'contact.address', operator: 'endsWith', value: '1001' }] };
    const differs = await sue.send('DELETE', '/interactions', { search, expectedTotal: 2 });
    expect(refused(differs)).to.equal('409 total_differs');
    expect(differs.json.error.details).to.deep.equal({ total: 1 });
    expect(await total()).to.equal(3);
    await sue.send('DELETE', '/interactions', { search, expectedTotal: 1 });
    expect(await total()).to.equal(2);
    for (const body of [
      {},
      { search },
      { search, ids: ['x'], expectedTotal: 1 },
      { ids: ['x'], expectedTotal: 1 },
      { ids: [] },
    ])
      expect(refused(await sue.send('DELETE', '/interactions', body)), JSON.stringify(body)).to.equal(
        '400 invalid_body',
      );
    const field = await sue.send('DELETE', '/interactions', {
      search: { conditions: [{ field: 'colour', operator: 'equals', value: 'red' }] },
      expectedTotal: 0,
    });
    expect(field.status).to.equal(400);
    expect(field.json.error.message).to.contain('colour');
    expect(await total()).to.equal(2);
  });

  it('stops when the request is closed, and notes what is gone', async () => {
    const from = numbers(150);
    const ids: string[] = [];
    for (const number of from) ids.push(await centre.write(number));
    await new Promise<void>((resolve, reject) => {
      const body = JSON.stringify({ ids });
      const request = http.request(
        `${centre.url}/interactions`,
        {
          method: 'DELETE',
          agent: false,
          headers: {
            Cookie: sue.cookie,
            'X-WA-Request': '1',
            'Content-Type': 'application/json',
            'Content-Length': Buffer.byteLength(body),
          },
        },
        // The first line comes before the first step.
        (response) => response.once('data', () => request.destroy()).on('error', () => {}),
      );
      request.on('error', () => {}).on('close', resolve);
      setTimeout(() => reject(new Error('it did not begin')), 5000).unref();
      request.end(body);
    });
    let entries = await audit('deleted');
    for (const end = Date.now() + 10_000; entries.length === 0 && Date.now() < end; ) entries = await audit('deleted');
    expect(entries[0]!.data).to.include({ reason: 'chosen', cancelled: true });
    const left = await total();
    expect(left).to.be.greaterThan(0);
    expect(entries[0]!.data!.interactions).to.equal(150 - left);
  });

  it('is for supervisors', async () => {
    const ann = await centre.person('ann');
    const root = await centre.person('root', 'admin', { connected: false });
    const id = await centre.write();
    for (const [method, path, body] of [
      ['POST', '/interactions/export.csv', { ids: [id] }],
      ['DELETE', '/interactions', { ids: [id] }],
    ] as const) {
      expect(refused(await ann.send(method, path, body))).to.equal('403 forbidden');
      expect(refused(await centre.nobody.send(method, path, body))).to.equal('401 not_signed_in');
      for (const person of [sue, root]) expect((await person.send(method, path, body)).status).to.equal(200);
    }
    const { paths } = (await sue.send('GET', '/openapi.json')).json;
    expect(paths['/api/interactions/export.csv'].post.responses['200'].content).to.have.property('text/csv');
    expect(paths['/api/interactions'].delete.responses['200'].content).to.have.property('application/x-ndjson');
  });
});
