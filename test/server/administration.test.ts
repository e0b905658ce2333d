import { expect } from 'chai';
import { documented, openCentre, type Person, refused, type TestCentre } from './centre.ts';
import { call } from './support.ts';

/** What administrators keep, over HTTP and the engine as it is shipped. */
describe('administration', () => {
  let centre: TestCentre;
  let root: Person;
  beforeEach(async () => {
    centre = await openCentre({
      accounts: [{ agents: [], cannedAnswers: [{ shortcut: 'hi', text: 'Hello!' }] }],
      queues: [{ name: 'Sales', agents: [] }],
    });
    root = await centre.person('root', 'admin', { connected: false });
  });
  afterEach(() => centre.close());

  it('adds members, who are asked at once, and takes them away, whose offers end', async () => {
    const [ann, ben] = [await centre.person('ann'), await centre.person('ben')];
    const interaction = await centre.write();
    const { engine, accountId } = centre;
    const view = await engine.run('interaction', { interaction, username: 'root' });
    const message = view.lastMessage!.id;
    await engine.run('enterQueue', {
      node: 'q',
      interaction,
      plan: { id: message, seq: 0 },
      msg: '{}',
      wired: [true, true],
      queue: 'q-Sales',
      byName: false,
      timeout: 600,
      skipIfNobody: false,
    });
    const rings = async () => [(await ann.desk()).offers.length, (await ben.desk()).offers.length];
    expect(await rings()).to.deep.equal([0, 0]);

    const toQueue = await root.send('PUT', '/queues/Sales/agents', { agents: ['ann', 'ben'] });
    expect(toQueue.status).to.equal(200);
    documented('members', toQueue.json);
    expect(toQueue.json.agents).to.deep.equal([
      { username: 'ann', sources: ['admin'] },
      { username: 'ben', sources: ['admin'] },
    ]);
    expect(await rings()).to.deep.equal([0, 0]);
    await root.send('PUT', `/accounts/${accountId}/agents`, { agents: ['*'] });
    expect(await rings()).to.deep.equal([1, 1]);
    await root.send('PUT', '/queues/q-Sales/agents', { agents: ['ben'] });
    expect(await rings()).to.deep.equal([0, 1]);
    await root.send('PUT', '/accounts/acc/agents', { agents: ['ann'] });
    expect(await rings()).to.deep.equal([0, 0]);

    // A deploy leaves them; what the flow says is beside it.
    await centre.sync([{ agents: ['ann'] }]);
    const account = await root.send('GET', `/accounts/${accountId}`);
    documented('administeredAccount', account.json);
    expect(account.json.agents).to.deep.equal([{ username: 'ann', sources: ['flow', 'admin'] }]);
    const unknown = await root.send('PUT', '/queues/Sales/agents', { agents: ['ann', 'nina'] });
    expect(refused(unknown)).to.equal('422 unknown_agent');
    expect(unknown.json.error.details[0].message).to.contain('nina');
    expect(refused(await root.send('PUT', '/queues/None/agents', { agents: [] }))).to.equal('404 not_found');
  });

  it('tells accounts and queues with their members and their health', async () => {
    const { accountId } = centre;
    await centre.write();
    await centre.engine.run('accountError', { account: accountId, error: 'no route to host' });
    const { status, json } = await root.send('GET', '/accounts');
    expect(status).to.equal(200);
    documented('administeredAccounts', json);
    const [account] = json.accounts;
    expect(account).to.deep.include({ id: accountId, key: 'SALES', name: 'Sales', provider: 'twilio', deployed: true });
    expect(account.health).to.deep.include({ lastError: 'no route to host', pendingSends: 0 });
    expect(Date.parse(account.health.lastInboundAt)).to.be.closeTo(Date.now(), 60_000);
    const queues = await root.send('GET', '/queues');
    documented('administeredQueues', queues.json);
    expect(queues.json).to.deep.equal({
      queues: [
        { id: 'q-Sales', name: 'Sales', strategy: 'beepall', agentTimeout: 20, weight: 0, deployed: true, agents: [] },
      ],
      next: null,
    });
    expect(refused(await root.send('GET', '/accounts/none'))).to.equal('404 not_found');
  });

  it('gives the Receive URL and tries an account; without flows it says so', async () => {
    const path = `/accounts/${centre.accountId}`;
    const { json } = await root.send('GET', `${path}/receive-url`);
    documented('receiveUrl', json);
    expect(json.receiveUrl).to.match(new RegExp(`/whatsapp/webhooks/${centre.accountId}/[\\w-]{20,}$`));
    expect(refused(await root.send('GET', '/accounts/none/receive-url'))).to.equal('404 not_found');
    expect(refused(await root.send('POST', `${path}/test`))).to.equal('503 not_running');
    const sue = await centre.person('sue', 'supervisor', { connected: false });
    expect(refused(await sue.send('GET', `${path}/receive-url`))).to.equal('403 forbidden');
    expect(refused(await sue.send('POST', `${path}/test`))).to.equal('403 forbidden');
  });

  it('keeps pause reasons; a new end holds for who is in the pause already', async () => {
    const ann = await centre.person('ann');
    const made = await root.send('POST', '/pauses', { name: ' Coffee  break ' });
    expect(made.status).to.equal(201);
    documented('pause', made.json);
    expect(made.json).to.deep.equal({ id: 'Coffee break', name: 'Coffee break', releaseAfter: 0 });
    expect((await ann.desk()).pauses).to.deep.equal(['Coffee break']);
    expect(refused(await root.send('POST', '/pauses', { name: 'COFFEE BREAK' }))).to.equal('409 name_taken');
    await ann.send('PUT', '/presence', { state: 'paused', pause: 'Coffee break' });
    const changed = await root.send('PATCH', '/pauses/Coffee%20break', { name: 'Coffee', releaseAfter: 15 });
    expect(changed.json).to.deep.equal({ id: 'Coffee', name: 'Coffee', releaseAfter: 15 });
    expect((await ann.desk()).presence).to.include({ state: 'paused', pause: 'Coffee' });
    expect((await root.send('GET', '/pauses')).json).to.deep.equal({ pauses: [changed.json], next: null });
    expect(refused(await root.send('PATCH', '/pauses/Coffee', {}))).to.equal('400 invalid_body');
    expect((await root.send('DELETE', '/pauses/Coffee')).status).to.equal(204);
    expect(refused(await root.send('DELETE', '/pauses/Coffee'))).to.equal('404 not_found');
    expect((await ann.desk()).presence).to.include({ state: 'paused', pause: 'Coffee' });
  });

  it('keeps canned answers of all accounts and of one, which come before those of the flow', async () => {
    const ann = await centre.person('ann');
    const { accountId } = centre;
    await root.send('PUT', `/accounts/${accountId}/agents`, { agents: ['ann'] });
    const made = await root.send('POST', '/canned-answers', { shortcut: 'bye', text: 'Good bye' });
    expect(made.status).to.equal(201);
    documented('cannedAnswer', made.json);
    expect(refused(await root.send('POST', '/canned-answers', { shortcut: 'Bye', text: 'x' }))).to.equal(
      '409 shortcut_taken',
    );
    const own = { cannedAnswers: [{ shortcut: 'hours', text: '9 to 6' }] };
    const put = await root.send('PUT', `/accounts/${accountId}/canned-answers`, own);
    documented('accountAnswers', put.json);
    const shown = async () => (await ann.desk()).cannedAnswers.map((a) => `${a.account} ${a.shortcut}: ${a.text}`);
    expect(await shown()).to.deep.equal(['null bye: Good bye', 'SALES hi: Hello!', 'SALES hours: 9 to 6']);
    await root.send('PUT', `/accounts/${accountId}/canned-answers`, {
      cannedAnswers: [{ shortcut: 'HI', text: 'Welcome' }],
    });
    await root.send('PATCH', `/canned-answers/${made.json.id}`, { text: 'See you' });
    expect(await shown()).to.deep.equal(['null bye: See you', 'SALES HI: Welcome']);
    const twice = { cannedAnswers: [own.cannedAnswers[0], own.cannedAnswers[0]] };
    expect(refused(await root.send('PUT', `/accounts/${accountId}/canned-answers`, twice))).to.equal(
      '409 shortcut_taken',
    );
    expect((await root.send('DELETE', `/canned-answers/${made.json.id}`)).status).to.equal(204);
    expect(await shown()).to.deep.equal(['SALES HI: Welcome']);
    const listed = (await root.send('GET', '/canned-answers')).json;
    expect(listed).to.deep.equal({ cannedAnswers: [], next: null });
  });

  it('keeps calendars, and says what is wrong with one', async () => {
    const body = {
      name: 'Opening hours',
      timezone: 'Europe/Rome',
      rules: [{ from: '09:00', to: '17:59', weekDays: [1, 2, 3, 4, 5] }],
      holidays: [{ dates: ['2026-12-25'] }],
    };
    const made = await root.send('POST', '/calendars', body);
    expect(made.status).to.equal(201);
    documented('calendar', made.json);
    expect(await centre.engine.run('calendar', { name: 'Opening hours' })).to.deep.equal({ id: made.json.id, ...body });
    expect(await centre.engine.run('calendar', { name: 'Others' })).to.equal(null);
    const changed = await root.send('PATCH', `/calendars/${made.json.id}`, { holidays: [] });
    expect(changed.json).to.deep.equal({ ...made.json, holidays: [] });
    for (const [wrong, code] of [
      [{ ...body, name: 'opening HOURS' }, '409 name_taken'],
      [{ ...body, name: 'x', timezone: 'Middle/Earth' }, '422 unknown_timezone'],
      [{ ...body, name: 'x', rules: [{ from: '09:00' }] }, '422 invalid_rule'],
      [{ ...body, name: 'x', holidays: [{ dates: ['2026-02-30'] }] }, '422 invalid_rule'],
      [{ ...body, name: 'x', rules: [{ from: '9:00', to: '10:00' }] }, '400 invalid_body'],
      [{ ...body, name: 'x', rules: [{}] }, '400 invalid_body'],
      [{ ...body, name: 'x', rules: [{ weekdays: [1] }] }, '400 invalid_body'],
      [{ name: 'x' }, '400 invalid_body'],
    ] as const)
      expect(refused(await root.send('POST', '/calendars', wrong)), JSON.stringify(wrong)).to.equal(code);
    expect((await root.send('DELETE', `/calendars/${made.json.id}`)).status).to.equal(204);
    expect((await root.send('GET', '/calendars')).json).to.deep.equal({ calendars: [], next: null });
  });

  it('keeps tags and lists; a list that is in use stays', async () => {
    const tag = await root.send('POST', '/tags', { name: 'VIP' });
    expect(tag.status).to.equal(201);
    expect(refused(await root.send('POST', '/tags', { name: 'vip' }))).to.equal('409 name_taken');
    expect(refused(await root.send('POST', '/tags', { name: 'x'.repeat(65) }))).to.equal('400 invalid_tag');
    await root.send('PATCH', `/tags/${tag.json.id}`, { name: 'Gold' });
    expect((await root.send('GET', '/tags')).json).to.deep.equal({
      tags: [{ id: tag.json.id, name: 'Gold' }],
      next: null,
    });
    expect((await root.send('DELETE', `/tags/${tag.json.id}`)).status).to.equal(204);

    const list = await root.send('POST', '/lists', { name: 'Partners' });
    documented('named', list.json);
    await root.send('POST', '/contacts', { address: '+12025550177', list: 'Partners' });
    const names = async () => (await root.send('GET', '/lists')).json.lists.map((l: { name: string }) => l.name);
    expect(await names()).to.deep.equal(['Default', 'Partners']);
    expect(refused(await root.send('DELETE', `/lists/${list.json.id}`))).to.equal('409 list_in_use');
    const { lists } = (await root.send('GET', '/lists?limit=1')).json;
    expect(refused(await root.send('DELETE', `/lists/${lists[0].id}`))).to.equal('409 list_in_use');
    expect(refused(await root.send('PATCH', `/lists/${lists[0].id}`, { name: 'x' }))).to.equal('409 list_in_use');
    await root.send('PATCH', `/lists/${list.json.id}`, { name: 'Friends' });
    const free = await root.send('POST', '/lists', { name: 'Nobody' });
    expect((await root.send('DELETE', `/lists/${free.json.id}`)).status).to.equal(204);
    const page = (await root.send('GET', '/lists?limit=1')).json;
    expect(page.next).to.equal('Default');
    const rest = (await root.send('GET', `/lists?limit=1&cursor=${page.next}`)).json;
    expect(rest).to.deep.equal({ lists: [{ id: list.json.id, name: 'Friends' }], next: null });
  });

  it('makes agents who can log in, changes them and takes them away', async () => {
    const { accountId } = centre;
    const login = (username: string, password: string) =>
      call(`${centre.url}/session`, {
        method: 'POST',
        headers: { 'X-WA-Request': '1', 'Content-Type': 'application/json' },
        body: JSON.stringify({ username, password }),
      });
    const body = {
      username: 'nina',
      name: 'Nina',
      password: 'first-password',
      accounts: [accountId],
      queues: ['Sales'],
    };
    const made = await root.send('POST', '/agents', body);
    expect(made.status).to.equal(201);
    documented('administeredAgent', made.json);
    expect(made.json).to.deep.include({
      username: 'nina',
      role: 'agent',
      capacity: 5,
      accounts: [{ id: accountId, sources: ['admin'] }],
      queues: [{ id: 'q-Sales', sources: ['admin'] }],
    });
    expect(JSON.stringify(made.json)).to.not.match(/password|hash/i);
    expect(refused(await root.send('POST', '/agents', body))).to.equal('409 username_taken');
    expect((await login('nina', 'first-password')).status).to.equal(200);
    const changed = await root.send('PATCH', '/agents/nina', {
      password: 'second-password',
      role: 'supervisor',
      accounts: [],
    });
    expect(changed.json).to.deep.include({ role: 'supervisor', accounts: [] });
    expect((await login('nina', 'first-password')).status).to.equal(401);
    expect((await login('nina', 'second-password')).status).to.equal(200);
    await root.send('PATCH', '/agents/nina', { disabled: true });
    expect(refused(await login('nina', 'second-password'))).to.equal('403 agent_disabled');
    const all = await root.send('GET', '/agents');
    documented('administeredAgents', all.json);
    expect(all.json.agents.map((a: { username: string }) => a.username)).to.deep.equal(['nina', 'root']);
    expect((await root.send('DELETE', '/agents/nina')).status).to.equal(204);
    expect(refused(await root.send('GET', '/agents/nina'))).to.equal('404 not_found');
    // Who comes later with that name begins anew.
    await root.send('POST', '/agents', { username: 'nina', name: 'Other', password: 'other-password' });
    expect((await root.send('GET', '/agents/nina')).json.queues).to.deep.equal([]);
  });

  it('keeps the last administrator', async () => {
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PATCH', { role: 'agent' }],
      ['PATCH', { disabled: true }],
    ] as const)
      expect(refused(await root.send(method, '/agents/root', body))).to.equal('409 last_admin');
    await root.send('POST', '/agents', { username: 'second', name: 'S', password: 'second-password', role: 'admin' });
    expect((await root.send('PATCH', '/agents/root', { role: 'supervisor' })).status).to.equal(200);
  });

  it('imports agents from CSV: all lines or none', async () => {
    const csv =
      'username;name;password;role;capacity;accounts\r\nkim;"Kim; K.";kim-password;;7;sales\r\nroot;Root;;admin;;\r\n';
    const reply = await root.send('POST', '/agents/import', csv);
    expect(reply.json).to.deep.equal({ created: 1, updated: 1 });
    const kim = (await root.send('GET', '/agents/kim')).json;
    expect(kim).to.deep.include({ name: 'Kim; K.', role: 'agent', capacity: 7 });
    expect(kim.accounts).to.have.length(1);
    for (const [text, status, said] of [
      ['name\nx\n', 400, 'username is missing'],
      ['username,phone\nx,1\n', 400, 'unknown column phone'],
      ['username,password\nlee,lee-password\nmax,short\n', 422, 'Line 3'],
      ['username,password,accounts\nlee,lee-password,NONE\n', 422, 'no account NONE'],
      ['username,name\nlee,Lee\n', 422, 'Line 2: A new agent needs a password'],
      ['username,name\n"lee', 400, 'A quote that begins in line 2'],
      ['', 400, 'must name the columns'],
    ] as const) {
      const wrong = await root.send('POST', '/agents/import', text);
      expect(wrong.status, text).to.equal(status);
      expect(wrong.json.error.message).to.contain(said);
    }
    expect((await root.send('GET', '/agents')).json.agents).to.have.length(2);
    const every = [
      'username,name,password,role,capacity,accounts',
      'kim,,,,x,',
      'l ee,Lee,lee-password,,,SALES NONE',
      'max,Max,short,boss,,',
      'root,Root,,agent,,',
      'mia,Mia,mia-password,,,,too much',
      'zoe,Zoe,,,,',
      'kim,Kim,,,,',
      ',Nobody,,,,',
    ].join('\n');
    const wrong = await root.send('POST', '/agents/import', every);
    const said = wrong.json.error.details.map((p: Record<string, string>) => `${p.row} ${p.column} ${p.code}`);
    expect(said).to.deep.equal([
      '2 capacity invalid',
      '3 accounts unknown_account',
      '3 username invalid',
      '4 role invalid',
      '4 password invalid',
      '5 role last_admin',
      '6 null too_many_cells',
      '7 password password_missing',
      '9 username cell_missing',
    ]);
    expect(wrong.json.error.message).to.match(/^Line 2: .* \(and 8 more\)$/);
    const preview = await root.send('POST', '/agents/import/preview', every);
    expect(preview.status).to.equal(200);
    documented('importPreview', preview.json);
    expect(preview.json.problems).to.deep.equal(wrong.json.error.details);
    const good = 'username,name,password\nkim,Kim,\nlee,Lee,lee-password\nlee,Leo,\n';
    expect((await root.send('POST', '/agents/import/preview', good)).json).to.deep.equal({
      ...{ created: 1, updated: 2 },
      lines: [
        { row: 2, key: 'kim', name: 'Kim', made: false },
        { row: 3, key: 'lee', name: 'Lee', made: true },
        { row: 4, key: 'lee', name: 'Leo', made: false },
      ],
      problems: [{ row: 4, column: 'username', code: 'given_twice', message: 'lee stands in line 3 already' }],
    });
    expect((await root.send('GET', '/agents')).json.agents).to.have.length(2);
    // Whoever becomes an administrator in the same file may take over from the last one.
    const change = 'username,password,role\nroot,,supervisor\nnew,new-password,admin\n';
    expect((await root.send('POST', '/agents/import', change)).json).to.deep.equal({ created: 1, updated: 1 });
    await centre.engine.run('changeAgent', { username: 'root', role: 'admin' });
    expect(refused(await root.send('POST', '/agents/import', { username: 'x' }))).to.equal(
      '415 unsupported_media_type',
    );
  });

  it('keeps contacts: made, found, merged, exported and imported again', async () => {
    const interaction = await centre.write('+12025550142');
    const made = await root.send('POST', '/contacts', { address: 'US.123', name: '=1+1 "Ann"', list: 'VIP' });
    expect(made.status).to.equal(201);
    documented('administeredContact', made.json);
    expect(made.json).to.deep.include({ list: 'VIP', addresses: [{ address: 'US.123', kind: 'user_id' }] });
    expect(refused(await root.send('POST', '/contacts', { address: 'US.123' }))).to.equal('409 address_taken');
    const find = async (query: string) =>
      (await root.send('GET', `/contacts?${query}`)).json.contacts.map((c: { name: string }) => c.name);
    expect(await find('search=%22ann')).to.deep.equal(['=1+1 "Ann"']);
    expect(await find('search=555014')).to.deep.equal(['Z +12025550142']);
    expect(await find('list=vip')).to.deep.equal(['=1+1 "Ann"']);
    const first = (await root.send('GET', '/contacts?limit=1')).json;
    documented('contacts', first);
    expect(await find(`limit=1&cursor=${first.next}`)).to.deep.equal(['=1+1 "Ann"']);

    const csv = await root.send('GET', '/contacts/export.csv?bom=true');
    expect(csv.headers['content-type']).to.equal('text/csv; charset=utf-8');
    expect(csv.text.split('\r\n')[0]).to.equal('\uFEFFaddress,name,list,createdAt,id');
    expect(csv.text)
      .to.contain('US.123,"\'=1+1 ""Ann""",VIP,')
      .and.to.contain('\r\n+12025550142,Z +12025550142,Default,');
    const again = await root.send('POST', '/contacts/import', csv.text.replace('Z +1', 'Zoe +1'));
    expect(again.json).to.deep.equal({ created: 0, updated: 2 });
    expect(await find('search=zoe')).to.deep.equal(['Zoe +12025550142']);
    expect(await find('search=ann')).to.deep.equal(['=1+1 "Ann"']);
    expect((await root.send('POST', '/contacts/import', 'address,name\n+12025550199,New\n')).json.created).to.equal(1);

    const lines = 'address,name,list\n+12025550199,Again,\n,Nobody,\n+12025550198,New,x\n';
    const shown = await root.send('POST', '/contacts/import/preview', lines);
    documented('importPreview', shown.json);
    expect(shown.json).to.deep.include({ created: 1, updated: 1 });
    expect(shown.json.problems).to.deep.equal([
      { row: 3, column: 'address', code: 'cell_missing', message: '"address" is missing' },
    ]);
    const long = `address,name\n+12025550199,${'x'.repeat(201)}\n`;
    expect((await root.send('POST', '/contacts/import', long)).json.error.details[0]).to.include({
      row: 2,
      column: 'name',
    });

    const [old] = first.contacts;
    const merged = await root.send('POST', `/contacts/${made.json.id}/merge`, { with: [old.id], name: 'Ann' });
    expect(merged.json).to.deep.include({ id: old.id, name: 'Ann' });
    expect(merged.json.addresses.map((a: { address: string }) => a.address)).to.deep.equal(['+12025550142', 'US.123']);
    expect((await root.send('GET', `/interactions/${interaction}`)).json.contact.name).to.equal('Ann');
    expect(refused(await root.send('GET', `/contacts/${made.json.id}`))).to.equal('404 not_found');
    const self = await root.send('POST', `/contacts/${old.id}/merge`, { with: [old.id] });
    expect(refused(self)).to.equal('422 same_contact');
    const [newest] = (await root.send('GET', '/audit?event=exported')).json.audit;
    expect(newest).to.deep.include({ actor: 'root', data: { what: 'contacts' } });
  });

  it('is open to administrators only', async () => {
    const people = [await centre.person('sue', 'supervisor'), await centre.person('ann')];
    const { paths } = (await root.send('GET', '/openapi.json')).json as { paths: Record<string, object> };
    const kept = ['pauses', 'canned-answers', 'calendars', 'tags', 'lists'].flatMap((path) => [
      ['GET', `/${path}`],
      ['POST', `/${path}`],
      ['PATCH', `/${path}/x`],
      ['DELETE', `/${path}/x`],
    ]);
    const calls = [
      ...kept,
      ...[
        ['GET', '/agents'],
        ['POST', '/agents'],
        ['POST', '/agents/import'],
        ['POST', '/agents/import/preview'],
        ['GET', '/agents/x'],
      ],
      ...[
        ['PATCH', '/agents/x'],
        ['DELETE', '/agents/x'],
        ['GET', '/accounts'],
        ['GET', '/accounts/x'],
      ],
      ...[
        ['PUT', '/accounts/x/agents'],
        ['PUT', '/accounts/x/canned-answers'],
        ['GET', '/queues'],
      ],
      ...[
        ['PUT', '/queues/x/agents'],
        ['GET', '/contacts'],
        ['POST', '/contacts'],
        ['GET', '/contacts/x'],
      ],
      ...[
        ['POST', '/contacts/import'],
        ['POST', '/contacts/import/preview'],
        ['GET', '/contacts/export.csv'],
        ['POST', '/contacts/x/merge'],
      ],
    ] as [string, string][];
    for (const [method, path] of calls) {
      for (const person of people)
        expect(refused(await person.send(method, path)), `${person.username} ${method} ${path}`).to.equal(
          '403 forbidden',
        );
      expect(refused(await centre.nobody.send(method, path)), `${method} ${path}`).to.equal('401 not_signed_in');
      expect((await root.send(method, path)).status, `root ${method} ${path}`).to.be.oneOf([
        200, 400, 404, 415, 422, 204,
      ]);
      const document = `/api${path}`.replace(/\/x(?=\/|$)/, path.startsWith('/agents') ? '/{username}' : '/{id}');
      expect(paths[document], document).to.have.property(method.toLowerCase());
    }
  });
});
