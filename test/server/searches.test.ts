import { expect } from 'chai';
import { documented, openCentre, type Person, refused, type TestCentre } from './centre.ts';

/** Searches that supervisors keep under a name, over HTTP and the engine as it is shipped. */
describe('saved searches over HTTP', () => {
  let centre: TestCentre;
  let sue: Person;
  let tim: Person;
  let root: Person;
  before(async () => {
    centre = await openCentre();
    sue = await centre.person('sue', 'supervisor', { connected: false });
    tim = await centre.person('tim', 'supervisor', { connected: false });
    root = await centre.person('root', 'admin', { connected: false });
  });
  after(() => centre.close());

  const search = {
    startDate: { from: '2026-11-01' },
    status: 'open',
    agent: null,
    match: 'any',
    conditions: [
      { field: 'contact.name', operator: 'contains', value: 'ferri', enabled: true },
      { field: 'messages', operator: 'contains', value: 'refund', enabled: false },
    ],
    sort: { field: 'unansweredSince', direction: 'asc' },
  };
  const save = async (person: Person, name: string, more: object = {}) => {
    const { status, json } = await person.send('POST', '/searches', { name, search, ...more });
    expect(status, JSON.stringify(json)).to.equal(201);
    documented('savedSearch', json);
    return json.id as string;
  };
  const names = async (person: Person) => {
    const { json } = await person.send('GET', '/searches');
    documented('savedSearches', json);
    return json.searches.map((one: { name: string }) => one.name);
  };

  it('keeps what can be searched for again, for oneself or for all supervisors', async () => {
    const own = await save(sue, '  Waiting   long ');
    await save(sue, 'For all', { shared: true });
    expect(await names(sue)).to.deep.equal(['Waiting long', 'For all']);
    expect(await names(tim)).to.deep.equal(['For all']);
    expect(await names(root)).to.deep.equal(['For all']);
    const [kept] = (await sue.send('GET', '/searches')).json.searches;
    expect(kept).to.deep.include({ id: own, owner: 'sue', shared: false, search });
    expect((await sue.send('POST', '/interactions/search', kept.search)).status).to.equal(200);
    const page = (await sue.send('GET', '/searches?limit=1')).json;
    const rest = (await sue.send('GET', `/searches?limit=1&cursor=${page.next}`)).json;
    expect([page.searches[0].name, rest.searches[0].name, rest.next]).to.deep.equal(['Waiting long', 'For all', null]);
    // Whoever has one of the name may have another with it, others may too.
    expect(refused(await sue.send('POST', '/searches', { name: 'WAITING LONG', search }))).to.equal('409 name_taken');
    await save(tim, 'Waiting long');
  });

  it('is changed and deleted by the owner and by administrators', async () => {
    const id = await save(sue, 'Mine', { shared: false });
    const other = { name: 'Ours', shared: true, search: { status: 'closed' } };
    const path = `/searches/${id}`;
    // What others keep for themselves is not there for a supervisor.
    expect(refused(await tim.send('PUT', path, other))).to.equal('404 not_found');
    expect(refused(await tim.send('DELETE', path))).to.equal('404 not_found');
    const changed = await sue.send('PUT', path, other);
    documented('savedSearch', changed.json);
    expect(changed.json).to.deep.include({ id, owner: 'sue', ...other });
    expect(await names(tim)).to.include('Ours');
    expect(refused(await tim.send('PUT', path, other))).to.equal('403 not_owner');
    expect(refused(await tim.send('DELETE', path))).to.equal('403 not_owner');
    expect((await root.send('PUT', path, { ...other, name: 'Everybody’s' })).json).to.include({
      ...{ name: 'Everybody’s', owner: 'sue' },
    });
    expect(refused(await root.send('PUT', path, { ...other, name: 'for ALL' }))).to.equal('409 name_taken');
    expect((await root.send('DELETE', path)).status).to.equal(204);
    expect(refused(await sue.send('DELETE', path))).to.equal('404 not_found');
  });

  it('is for supervisors', async () => {
    const ann = await centre.person('ann', 'agent', { connected: false });
    const body = { name: 'x', search };
    for (const [method, path, sent] of [
      ['GET', '/searches'],
      ['POST', '/searches', body],
      ['PUT', '/searches/x', body],
      ['DELETE', '/searches/x'],
    ] as const) {
      expect(refused(await ann.send(method, path, sent)), method).to.equal('403 forbidden');
      expect(refused(await centre.nobody.send(method, path, sent)), method).to.equal('401 not_signed_in');
    }
    const { paths } = (await sue.send('GET', '/openapi.json')).json;
    expect(Object.keys(paths['/api/searches'])).to.include.members(['get', 'post']);
    expect(Object.keys(paths['/api/searches/{id}'])).to.include.members(['put', 'delete']);
  });

  it('says what is wrong with one', async () => {
    for (const [body, refusal] of [
      [{ name: '', search }, '400 invalid_body'],
      [{ name: '   ', search }, '400 invalid_name'],
      [{ name: 'x'.repeat(81), search }, '400 invalid_body'],
      [{ name: 'x' }, '400 invalid_body'],
      [{ name: 'x', search, owner: 'tim' }, '400 invalid_body'],
      [{ name: 'x', search: { cursor: 'abc' } }, '400 invalid_body'],
      [{ name: 'x', search: { conditions: [{ field: 'mood', operator: 'equals', value: 1 }] } }, '400 unknown_field'],
      [
        { name: 'x', search: { conditions: [{ field: 'status', operator: 'before', value: 1 }] } },
        '400 unknown_operator',
      ],
    ] as const)
      expect(refused(await sue.send('POST', '/searches', body)), JSON.stringify(body).slice(0, 80)).to.equal(refusal);
  });

  it('stays within bounds, and what one kept for oneself goes with one', async () => {
    const max = await centre.person('max', 'supervisor', { connected: false });
    await save(max, 'Shared', { shared: true });
    for (let i = 1; i < 200; i++)
      await centre.engine.run('createSearch', { username: 'max', name: `${i}`, shared: false, search: {} });
    expect(refused(await max.send('POST', '/searches', { name: 'x', search }))).to.equal('409 too_many_searches');
    await centre.engine.run('deleteAgent', { username: 'max' });
    expect(await names(tim))
      .to.include('Shared')
      .and.not.include('1');
    await centre.person('max', 'supervisor', { connected: false }).then(async (again) => {
      const { searches } = (await again.send('GET', '/searches')).json;
      expect(searches.filter((one: { owner: string }) => one.owner === 'max')).to.have.length(1);
    });
  });
});
