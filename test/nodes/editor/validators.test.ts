import { expect } from 'chai';
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

  it('events: names that exist, an account that exists', () => {
    expect(validate('wa-events', 'events', {})).to.equal(true);
    expect(validate('wa-events', 'events', { events: ['disposed', '*'] })).to.equal(true);
    expect(validate('wa-events', 'events', { events: ['disposed', 'call-missed'] })).to.match(/call-missed/);
    expect(validate('wa-events', 'account', { account: 'a1' })).to.equal(true);
    expect(validate('wa-events', 'account', { account: 'gone' })).to.match(/deleted/);
  });

  it('desk: a group, not wider than it', () => {
    expect(validate('ui-wa-desk', 'group', {})).to.match(/group/);
    expect(validate('ui-wa-desk', 'group', { group: 'g1' })).to.equal(true);
    expect(validate('ui-wa-desk', 'width', { group: 'g1', width: '12' })).to.match(/6 columns/);
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
  });
});
