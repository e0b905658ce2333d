import { expect } from 'chai';
import fc from 'fast-check';
import * as desk from '../../../nodes/ui-wa-desk/config.ts';
import * as agent from '../../../nodes/wa-agent/config.ts';
import * as disposition from '../../../nodes/wa-disposition/config.ts';
import * as events from '../../../nodes/wa-events/config.ts';
import * as inbound from '../../../nodes/wa-inbound/config.ts';
import * as interaction from '../../../nodes/wa-interaction/config.ts';
import * as interval from '../../../nodes/wa-interval/config.ts';
import * as notify from '../../../nodes/wa-notify/config.ts';
import * as query from '../../../nodes/wa-query/config.ts';
import * as queueStep from '../../../nodes/wa-queue/config.ts';
import * as route from '../../../nodes/wa-route/config.ts';
import * as send from '../../../nodes/wa-send/config.ts';
import * as account from '../../../nodes/whatsapp-account/config.ts';
import * as queue from '../../../nodes/whatsapp-queue/config.ts';

const all = {
  account,
  queue,
  inbound,
  events,
  route,
  queueStep,
  agent,
  interval,
  send,
  disposition,
  notify,
  interaction,
  query,
  desk,
};

describe('node configurations', () => {
  for (const [name, { defaults, migrate }] of Object.entries(all)) {
    it(`${name}: nothing saved gives the defaults, and a migrated configuration stays as it is`, () => {
      expect(migrate(undefined)).to.deep.equal(defaults);
      expect(migrate({})).to.deep.equal(defaults);
      expect(migrate(migrate({ name: ' x ' }))).to.deep.equal({ ...defaults, name: 'x' });
      expect(defaults.configVersion).to.equal(1);
    });

    it(`${name}: whatever is saved, every property has its type and the defaults are not touched`, () => {
      const before = JSON.stringify(defaults);
      const keys = Object.keys(defaults) as (keyof typeof defaults)[];
      fc.assert(
        fc.property(fc.dictionary(fc.constantFrom(...(keys as string[])), fc.anything()), (raw) => {
          const migrated = migrate(raw);
          expect(Object.keys(migrated).sort()).to.deep.equal([...keys].sort());
          for (const key of keys) {
            expect(typeof migrated[key], key).to.equal(typeof defaults[key]);
            expect(Array.isArray(migrated[key]), key).to.equal(Array.isArray(defaults[key]));
          }
        }),
      );
      expect(JSON.stringify(defaults)).to.equal(before);
    });
  }

  it('account: text from fields and environment variables becomes numbers, flags and lists', () => {
    const migrated = account.migrate({
      waitForAgent: '15',
      waitForQueue: '0',
      // biome-ignore lint/suspicious/noTemplateCurlyInString: an environment variable as it stands in a flow
      transferToAgentTimeout: '${NOT_SET}',
      transferToQueueTimeout: 1e12,
      sound: 'false',
      shake: '1',
      reopenMinutes: '20000',
      agents: 'anna, ben,anna',
      phone: '+1 (202) 555-0100',
      domain: 'https://flows.example.com/',
      provider: 'other',
      template: '',
    });
    expect(migrated).to.include({
      waitForAgent: 15,
      waitForQueue: 1,
      transferToAgentTimeout: 30,
      transferToQueueTimeout: 2_147_483,
      sound: false,
      shake: true,
      reopenMinutes: 10_080,
      phone: '+12025550100',
      domain: 'https://flows.example.com',
      provider: 'twilio',
      template: account.defaults.template,
    });
    expect(migrated.agents).to.deep.equal(['anna', 'ben']);
  });

  it('account: dispositions have three levels, names, and no two of one name side by side', () => {
    const deep = { name: '1', children: [{ name: '2', children: [{ name: '3', children: [{ name: '4' }] }] }] };
    expect(
      account.migrate({ dispositions: [deep, { name: '1' }, { name: '' }, 'x', null] }).dispositions,
    ).to.deep.equal([{ name: '1', children: [{ name: '2', children: [{ name: '3' }] }] }]);
  });

  it('account: canned answers lose the slash, and go without a text', () => {
    const cannedAnswers = [
      { shortcut: '/hi', text: ' Hello ' },
      { shortcut: 'x', text: ' ' },
    ];
    expect(account.migrate({ cannedAnswers }).cannedAnswers).to.deep.equal([{ shortcut: 'hi', text: ' Hello ' }]);
  });

  it('interval: rules are read, a rule that cannot be right is dropped instead of widened', () => {
    const rules = [
      { always: 'true', from: '09:00' },
      { from: '9:00', to: '12:59', weekDays: ['2', '1', 1], months: [] },
      { from: '25:00', to: '26:00' },
      { from: '09:00' },
      { weekDays: [8] },
      { dates: ['2026-12-24', '24.12.2026'] },
      { dates: ['2026-12-24'], monthDays: '1,15' },
    ];
    expect(interval.migrate({ rules }).rules).to.deep.equal([
      { always: true },
      { from: '09:00', to: '12:59', weekDays: [1, 2] },
      { dates: ['2026-12-24'], monthDays: [1, 15] },
    ]);
    expect(interval.migrate({ rules: [] }).rules).to.deep.equal([]);
  });

  it('query: a search that was written as an object becomes JSON', () => {
    expect(query.migrate({ search: { status: 'open' } }).search).to.equal('{\n  "status": "open"\n}');
    const circular: Record<string, unknown> = {};
    circular.itself = circular;
    expect(query.migrate({ search: circular, searchType: 'flow' })).to.deep.equal(query.defaults);
  });

  it('send: variables, location and buttons are read', () => {
    const migrated = send.migrate({
      mode: 'buttons',
      variables: { 1: 'a', ' name ': '{{payload}}', '': 'x' },
      location: { latitude: 43.7, longitude: '11.2' },
      buttons: [{ id: 'yes', text: 'Yes' }, { id: 'no' }],
    });
    expect(migrated.variables).to.deep.equal({ 1: 'a', name: '{{payload}}' });
    expect(migrated.location).to.deep.equal({ latitude: '43.7', longitude: '11.2', name: '', address: '' });
    expect(migrated.buttons).to.deep.equal([{ id: 'yes', text: 'Yes' }]);
  });

  it('notify: flags are choices, names are a list', () => {
    const migrated = notify.migrate({
      sound: true,
      shake: false,
      usernames: 'anna, ben',
      level: 'loud',
      audience: 'all',
    });
    expect(migrated).to.deep.include({ sound: 'yes', shake: 'no', usernames: ['anna', 'ben'] });
    expect(migrated).to.include({ level: 'info', audience: 'agent' });
  });

  it('interaction: a number is a value, a note keeps its lines', () => {
    expect(interaction.migrate({ operation: 'priority', value: 5 })).to.include({ operation: 'priority', value: '5' });
    expect(interaction.migrate({ operation: 'note', value: ' one\n two ' }).value).to.equal(' one\n two ');
    expect(interaction.migrate({ valueType: 'msg', value: ' payload ' }).value).to.equal('payload');
  });

  it('events: all or some; a name that is not known narrows, it does not widen', () => {
    expect(events.migrate({ events: ['*'] }).events).to.deep.equal([]);
    expect(events.migrate({ events: 'disposed, disposed' }).events).to.deep.equal(['disposed']);
    expect(events.migrate({ events: ['no-such-event'] }).events).to.deep.equal(['no-such-event']);
  });
});
