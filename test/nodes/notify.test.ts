import { expect } from 'chai';
import type { NotificationView } from '../../core/views.ts';
import { type Bench, ends, FROM, load, unload, watchers } from './support.ts';

const flow = (properties: object = {}): object[] => [
  { id: 'inbound', type: 'wa-inbound', account: 'account', wires: [['in'], []] },
  { id: 'notify', type: 'wa-notify', wires: [['out']], ...properties },
  ...ends('in', 'out'),
  ...watchers('notify'),
];

/** What goes out to desks from now on, with whom it reaches. */
function heard(bench: Bench): { to: string[]; data: NotificationView }[] {
  const all: { to: string[]; data: NotificationView }[] = [];
  bench.shared.engine.onEffects((effects) => {
    for (const effect of effects)
      if (effect.kind === 'publish' && effect.event === 'notification')
        all.push({ to: effect.to, data: JSON.parse(effect.json) as NotificationView });
  });
  return all;
}

describe('wa-notify as a node', function () {
  this.timeout(10_000);
  afterEach(unload);

  it('tells the audience, as the account says, and passes the message on as it came, done once', async () => {
    const bench = await load(flow({ audience: 'account', template: '*{{contact.name}}*: {{message}} ({{key}})' }), {
      ...{ agents: ['anna', 'ben'], sound: false, shake: true },
    });
    for (const name of ['anna', 'ben', 'carl']) await bench.agent(name);
    const all = heard(bench);
    await bench.write('Where are you?');
    const msg = await bench.next('in');
    const status = bench.status('notify', /told/);
    bench.give('notify', structuredClone(msg));
    const { _msgid: _, ...out } = await bench.next('out');
    const { _msgid: __, ...came } = msg;
    expect(out).to.deep.equal(came);
    await bench.next('completed');
    expect(all).to.have.length(1);
    expect(all[0]!.to).to.deep.equal(['anna', 'ben']);
    expect(all[0]!.data).to.deep.include({
      ...{ level: 'info', text: '*Zoe*: Where are you? (MAIN)', sound: false, shake: true },
      interactionId: msg.whatsapp.interaction.id,
    });
    expect(await status).to.include({ fill: 'grey', shape: 'dot' });
    expect((await status).text).to.match(/^told 2, \d\d:\d\d$/);

    // The hand-over again, and then the next message.
    bench.give('notify', structuredClone(msg));
    await bench.next('out');
    expect(all).to.have.length(1);
    await bench.write('Hello?');
    bench.give('notify', await bench.next('in'));
    await bench.next('out');
    expect(all).to.have.length(2);
  });

  it('nobody there: said in the status, no error', async () => {
    const bench = await load(flow({ audience: 'supervisors', level: 'error' }));
    await bench.agent('anna');
    const all = heard(bench);
    await bench.write('Hello');
    const status = bench.status('notify', /nobody/);
    bench.give('notify', await bench.next('in'));
    await bench.next('out');
    expect(await status).to.deep.equal({ fill: 'yellow', shape: 'ring', text: 'nobody there' });
    expect(all).to.deep.equal([]);
  });

  it('sound and shake of its own; what is about no conversation is an error', async () => {
    const bench = await load(
      flow({ audience: 'usernames', usernames: ['anna'], sound: 'yes', shake: 'no', level: 'warning' }),
      { sound: false },
    );
    await bench.agent('anna');
    await bench.agent('ben');
    const all = heard(bench);
    await bench.write('Hello');
    bench.give('notify', await bench.next('in'));
    await bench.next('out');
    expect(all[0]!.to).to.deep.equal(['anna']);
    expect(all[0]!.data).to.include({ sound: true, shake: false, level: 'warning' });
    // Without a template the account's.
    expect(all[0]!.data.text).to.equal(`*Zoe* → \nHello`);
    bench.give('notify', { payload: FROM });
    expect((await bench.next('caught')).error.code).to.equal('no_interaction');
  });
});
