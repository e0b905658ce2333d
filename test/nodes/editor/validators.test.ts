import { expect } from 'chai';
import { sendProblems } from '../../../nodes/wa-send/checks.ts';
import { type BuiltType, buildAll, type Definition, type Json, register } from './support.ts';

describe('editor side: validators say why', () => {
  let built: Map<string, BuiltType>;
  let definitions: Map<string, Definition>;

  const other = {
    id: 'a1',
    type: 'whatsapp-account',
    name: 'Sales',
    key: 'SALES',
    provider: 'twilio',
    phone: '+12025550100',
  };
  const queue = { id: 'q1', type: 'whatsapp-queue', name: 'Support' };
  const group = { id: 'g1', type: 'ui-group', name: 'Desk', width: '6' };

  before(async function () {
    this.timeout(60_000);
    built = await buildAll();
    definitions = await register(built, [other, queue, group]);
  });

  /** What the editor asks: the saved defaults with some properties, and the validator of one. */
  function validate(type: string, name: string, properties: Json): boolean | string {
    const definition = definitions.get(type)!;
    const saved = Object.fromEntries(Object.entries(definition.defaults).map(([key, { value }]) => [key, value]));
    const node = { id: 'me', type, ...saved, ...properties };
    const check = definition.defaults[name]!.validate!;
    expect(check, 'two parameters, or the reason is lost').to.have.length(2);
    return check.call(node, node[name as keyof typeof node], {});
  }

  it('account: name, key, phone', () => {
    expect(validate('whatsapp-account', 'name', {})).to.match(/name/);
    expect(validate('whatsapp-account', 'key', { key: 'TOOLONG' })).to.match(/five/);
    expect(validate('whatsapp-account', 'key', { key: 'sales' })).to.match(/Sales/);
    expect(validate('whatsapp-account', 'key', { key: 'SUP' })).to.equal(true);
    expect(validate('whatsapp-account', 'phone', { phone: '0123' })).to.match(/\+/);
    expect(validate('whatsapp-account', 'phone', { phone: '+1 (202) 555-0100' })).to.match(/Sales/);
    expect(validate('whatsapp-account', 'phone', { phone: '+12025550100', provider: 'sinch' })).to.equal(true);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an environment variable as it stands in a flow
    expect(validate('whatsapp-account', 'phone', { phone: '${PHONE}' })).to.equal(true);
  });

  it('account: the base URL follows the provider', () => {
    const url = (baseUrl: string, provider: string) => validate('whatsapp-account', 'baseUrl', { baseUrl, provider });
    expect(url('', 'twilio')).to.equal(true);
    expect(url('', 'sinch')).to.match(/region/);
    expect(url('https://eu.whatsapp.api.sinch.com', 'sinch')).to.match(/retired/);
    expect(url('https://asia.conversation.api.sinch.com', 'sinch')).to.match(/us, eu and br/);
    expect(url('https://br.conversation.api.sinch.com', 'sinch')).to.equal(true);
    expect(url('http://127.0.0.1:4010', 'sinch')).to.equal(true);
    expect(url('localhost', 'twilio')).to.match(/complete address/);
    expect(url('https://example.com/?a=1', 'twilio')).to.match(/without/);
  });

  it('account: a private domain is allowed, a broken one is not', () => {
    expect(validate('whatsapp-account', 'domain', { domain: 'http://127.0.0.1:1880' })).to.equal(true);
    expect(validate('whatsapp-account', 'domain', { domain: 'flows' })).to.be.a('string');
  });

  it('account: seconds and ranges', () => {
    for (const name of ['waitForAgent', 'waitForQueue', 'transferToAgentTimeout', 'transferToQueueTimeout']) {
      expect(validate('whatsapp-account', name, { [name]: '0' })).to.match(/at least 1/);
      expect(validate('whatsapp-account', name, { [name]: '2147484' })).to.be.a('string');
      expect(validate('whatsapp-account', name, { [name]: '1.5' })).to.be.a('string');
      expect(validate('whatsapp-account', name, { [name]: '2147483' })).to.equal(true);
    }
    expect(validate('whatsapp-account', 'reopenMinutes', { reopenMinutes: 10_081 })).to.match(/week/);
    expect(validate('whatsapp-account', 'autoCloseHours', { autoCloseHours: 8_761 })).to.match(/year/);
    expect(validate('whatsapp-account', 'appId', { provider: 'sinch' })).to.match(/app id/);
    expect(validate('whatsapp-account', 'appId', { provider: 'twilio' })).to.equal(true);
    const numberId = (appId: string) =>
      validate('whatsapp-account', 'appId', { provider: 'meta', appId, phone: '+1 202 555 0100' });
    expect(numberId('')).to.match(/phone number id/);
    for (const wrong of ['12025550100', '+12025550100', 'calder']) expect(numberId(wrong)).to.match(/not the phone/);
    expect(numberId('106540352242922')).to.equal(true);
  });

  it('queue (config): unique name, seconds, weight', () => {
    expect(validate('whatsapp-queue', 'name', { name: 'Support' })).to.match(/Support/);
    expect(validate('whatsapp-queue', 'name', { name: 'Sales' })).to.equal(true);
    expect(validate('whatsapp-queue', 'agentTimeout', { agentTimeout: 0 })).to.be.a('string');
    expect(validate('whatsapp-queue', 'weight', { weight: 11 })).to.match(/0 to 10/);
  });

  it('queue: chosen or named', () => {
    expect(validate('wa-queue', 'queue', {})).to.match(/Choose a queue/);
    expect(validate('wa-queue', 'queue', { queue: 'gone' })).to.match(/deleted/);
    expect(validate('wa-queue', 'queue', { queue: 'q1' })).to.equal(true);
    expect(validate('wa-queue', 'queue', { queue: '', queueType: 'msg' })).to.be.a('string');
    expect(validate('wa-queue', 'queue', { queue: 'payload', queueType: 'msg' })).to.equal(true);
    expect(validate('wa-queue', 'timeout', { timeout: '0' })).to.equal(true);
    expect(validate('wa-queue', 'timeout', { timeout: '-1' })).to.be.a('string');
  });

  it('agent', () => {
    expect(validate('wa-agent', 'agent', {})).to.match(/username/);
    expect(validate('wa-agent', 'agent', { agent: 'anna' })).to.equal(true);
    expect(validate('wa-agent', 'timeout', { timeout: 'soon' })).to.be.a('string');
  });

  it('interval: time zone, rules', () => {
    expect(validate('wa-interval', 'timezone', { timezone: 'Europe/Rom' })).to.match(/Europe\/Rome/);
    expect(validate('wa-interval', 'timezone', { timezone: 'Europe/Rome' })).to.equal(true);
    expect(validate('wa-interval', 'rules', { rules: [{ always: true }, { from: '9' }] })).to.match(/Rule 2/);
    expect(validate('wa-interval', 'rules', { rules: [{ from: '22:00', to: '05:59' }] })).to.equal(true);
    expect(validate('wa-interval', 'rules', { rules: [{ from: 'x' }], calendar: 'holidays' })).to.equal(true);
  });

  it('send: what the mode needs', () => {
    const send = (name: string, properties: Json) => validate('wa-send', name, properties);
    expect(send('text', {})).to.match(/Write/);
    expect(send('text', { mode: 'media' })).to.equal(true);
    expect(send('template', { mode: 'template' })).to.be.a('string');
    expect(send('mediaUrl', { mode: 'media', mediaUrl: 'picture.png' })).to.match(/https/);
    expect(send('mediaUrl', { mode: 'media', mediaUrl: '{{picture}}' })).to.equal(true);
    expect(send('location', { mode: 'location', location: { latitude: '91', longitude: '0' } })).to.match(/90/);
    expect(send('location', { mode: 'location', location: { latitude: '{{lat}}', longitude: '11.25' } })).to.equal(
      true,
    );
    expect(send('buttons', { mode: 'buttons', buttons: [] })).to.be.a('string');
    expect(send('buttons', { mode: 'buttons', buttons: ['a', 'b', 'c', 'd'].map((text) => ({ text })) })).to.match(
      /three/,
    );
    expect(send('buttons', { mode: 'buttons', buttons: [{ text: 'x'.repeat(21) }] })).to.match(/20/);
    expect(send('buttons', { mode: 'buttons', buttons: [{ text: 'Yes' }, { text: 'No' }] })).to.equal(true);
    expect(send('to', { text: 'x', to: '12' })).to.be.a('string');
    expect(send('to', { text: 'x', to: 'US.13491208655302741918' })).to.equal(true);
  });

  it('send: what this provider or this version cannot do is a warning, not an error', () => {
    expect(
      validate('wa-send', 'buttons', { mode: 'buttons', text: 'x', account: 'a1', buttons: [{ text: 'Yes' }] }),
    ).to.equal(true);
    const problems = (values: Json, providers?: string[]) =>
      sendProblems(values, providers).flatMap(({ key, warning }) => (warning ? [key] : []));
    const buttons = { mode: 'buttons', text: 'x', buttons: [{ text: 'Yes' }] };
    expect(problems(buttons, ['twilio'])).to.deep.equal(['buttonsUnsupported']);
    expect(problems(buttons, ['sinch', 'twilio'])).to.deep.equal([]);
    expect(problems({ mode: 'template', template: 'x' })).to.deep.equal([]);
    expect(problems({ text: 'x', to: '+12025550142' })).to.deep.equal(['accountForTo']);
    expect(problems({ text: 'x', to: '+12025550142', account: 'a1' })).to.deep.equal([]);
  });

  it('notify: at least one agent by name', () => {
    expect(validate('wa-notify', 'usernames', {})).to.equal(true);
    expect(validate('wa-notify', 'usernames', { audience: 'usernames' })).to.match(/agent/);
    expect(validate('wa-notify', 'usernames', { audience: 'usernames', usernames: ['anna'] })).to.equal(true);
  });

  it('interaction: what the operation needs', () => {
    const value = (operation: string, value: unknown, valueType = 'str') =>
      validate('wa-interaction', 'value', { operation, value, valueType });
    for (const operation of ['tag', 'untag', 'note', 'assign', 'list', 'priority']) {
      expect(value(operation, ''), operation).to.be.a('string');
      expect(value(operation, '', 'msg'), operation).to.match(/found/);
      expect(value(operation, 'payload', 'msg'), operation).to.equal(true);
    }
    expect(value('unassign', '')).to.equal(true);
    expect(value('close', '')).to.equal(true);
    expect(value('close', 'Sold/Online')).to.equal(true);
    expect(value('close', 'a/b/c/d')).to.match(/three/);
    expect(value('close', 'a//b')).to.be.a('string');
    expect(value('close', '', 'jsonata')).to.match(/found/);
    expect(value('priority', '-3')).to.equal(true);
    expect(value('priority', '1.5')).to.match(/whole/);
    expect(value('tag', ' , ')).to.be.a('string');
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an environment variable as it stands in a flow
    expect(value('priority', '${PRIORITY}')).to.equal(true);
  });

  it('query: where the search is wrong, and why', () => {
    const query = (search: string, searchType = 'json') => validate('wa-query', 'search', { search, searchType });
    expect(query('')).to.equal(true);
    expect(query('payload.search', 'msg')).to.equal(true);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: an environment variable as it stands in a flow
    expect(query('${SEARCH}')).to.equal(true);
    expect(query('{"status": "open", "conditions": [{"field": "tags", "operator": "isEmpty"}]}')).to.equal(true);
    expect(query('{\n  "status": "open",\n}')).to.equal('Line 3, column 1: this is not JSON.');
    expect(query('[]')).to.equal('The search must be an object.');
    const second =
      '{\n  "conditions": [\n    {"enabled": false},\n    {"field": "agent",\n     "operator": "before"}]}';
    expect(query(second)).to.match(
      /^Line 5, conditions\.1\.operator: "agent" has no operator "before"\. It has equals, /,
    );
    expect(query('{"conditions": [{"field": "colour"}]}')).to.match(/conditions\.0\.field: "colour" is not a field/);
    expect(query('{"sort": {"direction": "up"}}')).to.match(/Line 1, sort.direction: must be one of asc, desc/);
  });

  it('events: names that exist, an account that exists', () => {
    expect(validate('wa-events', 'events', {})).to.equal(true);
    expect(validate('wa-events', 'events', { events: ['disposed', '*'] })).to.equal(true);
    expect(validate('wa-events', 'events', { events: ['disposed', 'call-missed'] })).to.match(/call-missed/);
    expect(validate('wa-events', 'account', { account: 'a1' })).to.equal(true);
    expect(validate('wa-events', 'account', { account: 'gone' })).to.match(/deleted/);
  });

  it('desk and supervisor: a group, not wider than it', () => {
    for (const type of ['ui-wa-desk', 'ui-wa-supervisor']) {
      expect(validate(type, 'group', {})).to.match(/group/);
      expect(validate(type, 'group', { group: 'g1' })).to.equal(true);
      expect(validate(type, 'width', { group: 'g1', width: '12' })).to.match(/6 columns/);
    }
  });

  it('labels say what a node does', () => {
    const label = (type: string, properties: Json) => definitions.get(type)!.label.call({ type, ...properties });
    expect(label('wa-queue', { queue: 'q1', queueType: 'queue', timeout: 60 })).to.equal('Support, 60 s');
    expect(label('wa-queue', { queue: 'q1', queueType: 'queue', timeout: 0 })).to.equal('Support, no limit');
    expect(label('wa-agent', { agent: 'anna', timeout: '30' })).to.equal('anna, 30 s');
    expect(label('wa-inbound', { account: 'a1' })).to.equal('Sales');
    expect(label('wa-events', { events: [] })).to.equal('wa events');
    expect(label('wa-events', { events: ['interaction-closed', 'interaction-transferred'] })).to.equal(
      'closed, transferred',
    );
    expect(label('wa-events', { events: ['message-in', 'message-out', 'offer-expired', 'deleted'] })).to.equal(
      'received, sent, not answered +1',
    );
    expect(label('wa-send', { text: 'We are closed now and answer tomorrow' })).to.equal(
      'We are closed now and answe…',
    );
    expect(label('wa-interaction', { operation: 'tag', value: 'order', valueType: 'str' })).to.equal('tag: order');
    expect(label('wa-interaction', { operation: 'assign', value: 'agent', valueType: 'msg' })).to.equal(
      'assign: msg.agent',
    );
    expect(label('wa-interaction', { operation: 'close' })).to.equal('close');
    expect(label('wa-interaction', {})).to.equal('wa interaction');
    expect(label('wa-notify', { audience: 'supervisors' })).to.equal('tell supervisors');
    expect(label('wa-notify', { audience: 'usernames', usernames: ['anna'] })).to.equal('tell anna');
    expect(label('wa-notify', { audience: 'usernames', usernames: ['anna', 'ben'] })).to.equal('tell 2 agents');
  });

  it('the outputs of a wa-disposition carry the names of its outcomes', () => {
    const { outputLabels } = definitions.get('wa-disposition')!;
    const of = (dispositions: Json[], index: number) => outputLabels!.call({ dispositions } as never, index);
    const tree = [{ name: 'Sold', children: [{ name: 'Online' }] }, { name: 'Lost' }];
    expect([0, 1, 2].map((index) => of(tree, index))).to.deep.equal(['Sold', 'Lost', 'other or none']);
    expect(of([], 0)).to.equal('closed');
  });
});
