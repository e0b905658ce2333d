import { expect } from 'chai';
import { REPORT_KEYS } from '../../core/reports/api.ts';
import { documented, openCentre, type Person, refused, type TestCentre } from './centre.ts';

/** What supervisors look at, over HTTP and the engine as it is shipped. The figures themselves: test/core/reports.test.ts. */
describe('figures over HTTP', () => {
  let centre: TestCentre;
  let sue: Person;
  let ann: Person;
  beforeEach(async () => {
    centre = await openCentre();
    sue = await centre.person('sue', 'supervisor', { connected: false });
    ann = await centre.person('ann');
  });
  afterEach(() => centre.close());

  const today = () => new Date().toISOString().slice(0, 10);

  it('shows how it stands, and how today goes', async () => {
    const id = await centre.write();
    await ann.send('POST', `/interactions/${id}/take`);
    const { status, json } = await sue.send('GET', '/realtime?within=30&tz=Europe/Rome');
    expect(status).to.equal(200);
    documented('realtime', json);
    expect(json).to.include({ answerWithin: 30, timezone: 'Europe/Rome' });
    expect(json.totals).to.deep.include({ open: 1, unassigned: 0, waiting: 0 });
    expect(json.totals.today).to.include({ started: 1, answered: 1, abandoned: 0, serviceLevel: 1 });
    expect(json.queues).to.have.length(1);
    expect(json.queues[0]).to.deep.include({ name: 'Sales', agents: { available: 1, paused: 0, offline: 1 } });
    expect(json.queues[0].today.started).to.equal(0);
    const found = json.agents.find((a: { username: string }) => a.username === 'ann');
    expect(found.handling.map((h: { id: string }) => h.id)).to.deep.equal([id]);

    // Today is counted once for all who look within five seconds; what is now is as it is now.
    await centre.write('+12025550143');
    const again = (await sue.send('GET', '/realtime?within=30&tz=Europe/Rome')).json;
    expect([again.totals.open, again.totals.today.started]).to.deep.equal([2, 1]);
    const other = (await sue.send('GET', '/realtime?tz=Europe/Rome')).json;
    expect([other.answerWithin, other.totals.today.started]).to.deep.equal([20, 2]);
  });

  it('reports as JSON and as CSV', async () => {
    const id = await centre.write();
    await ann.send('POST', `/interactions/${id}/take`);
    await ann.send('POST', `/interactions/${id}/messages`, { text: 'Hello' });
    const days = `from=${today()}&to=${today()}`;
    for (const by of REPORT_KEYS) {
      const reply = await sue.send('GET', `/reports?${days}&by=${by}&tz=UTC`);
      expect(reply.status, by).to.equal(200);
      documented('report', reply.json);
      expect(reply.json.total, by).to.include({ interactions: 1, messagesIn: 1, messagesOut: 1 });
    }
    const csv = await sue.send('GET', `/reports?${days}&by=agent&format=csv`);
    expect(csv.headers['content-type']).to.equal('text/csv; charset=utf-8');
    expect(csv.headers['content-disposition']).to.equal('attachment; filename="report-agent.csv"');
    const [head, row, total, end] = csv.text.split('\r\n');
    expect(head).to.match(/^agent,name,messagesIn,.*,handling\.p90$/);
    expect(row).to.match(/^ann,ann,1,1,1,1,0,0,1,/);
    expect(total).to.match(/^,total,1,1,1,1,0,0,1,/);
    expect([row!.split(',').length, end]).to.deep.equal([head!.split(',').length, '']);
    const both = await sue.send('GET', `/reports?${days}&by=day&also=agent,hourOfDay`);
    expect(Object.keys(both.json.groups)).to.have.members(['agent', 'hourOfDay']);
    expect(both.json.groups.agent[0]).to.include({ key: 'ann', interactions: 1 });
    const other = await sue.send('GET', `/reports?${days}&by=day&account=other`);
    expect(other.json.total).to.include({ interactions: 0, messagesIn: 0 });
    const none = await sue.send('GET', `/reports?${days}&by=day&queue=q-Sales`);
    expect(none.json.total).to.include({ interactions: 0, messagesOut: 0 });

    const table = async (name: string) =>
      (await sue.send('GET', `/reports?${days}&by=day&format=csv&table=${name}`)).text.split('\r\n');
    expect((await table('busyHours')).map((line) => line.split(',').length)).to.deep.equal([...Array(8).fill(25), 1]);
    expect((await table('agents'))[1]).to.match(/^ann,ann,\d+,0,\d+,1,0,0,0$/);
    expect((await table('dispositions')).slice(0, 2)).to.deep.equal(['level1,level2,level3,count', ',,,0']);
    expect((await table('timeouts'))[0]).to.equal('node,name,kind,queue,account,count');
    expect((await table('pauses'))[0]).to.equal('username,name,pause,count,seconds');
    const excel = await sue.send('GET', `/reports?${days}&by=day&format=csv&bom=true`);
    expect(excel.text.startsWith('\uFEFFday,name')).to.equal(true);
    for (const [query, code] of [
      [`${days}&by=day&also=week`, '400 invalid_query'],
      [`${days}&by=day&table=agents`, '400 invalid_query'],
      [`${days}&by=week`, '400 invalid_query'],
      [`to=${today()}&by=day`, '400 invalid_query'],
      ['from=x&to=y&by=day', '400 invalid_time'],
      [`${days}&by=day&tz=Middle/Earth`, '422 unknown_timezone'],
    ])
      expect(refused(await sue.send('GET', `/reports?${query}`)), query).to.equal(code);
  });

  it('are for supervisors', async () => {
    const root = await centre.person('root', 'admin');
    const { paths } = (await sue.send('GET', '/openapi.json')).json;
    for (const path of ['/realtime', `/reports?from=${today()}&to=${today()}&by=day`]) {
      expect(refused(await ann.send('GET', path))).to.equal('403 forbidden');
      expect(refused(await centre.nobody.send('GET', path))).to.equal('401 not_signed_in');
      for (const person of [sue, root]) expect((await person.send('GET', path)).status, path).to.equal(200);
      expect(paths[`/api${path.split('?')[0]}`]).to.have.property('get');
    }
    const { parameters } = paths['/api/reports'].get;
    const required = parameters.filter((p: { required: boolean }) => p.required).map((p: { name: string }) => p.name);
    expect(required).to.have.members(['from', 'to', 'by']);
  });
});
