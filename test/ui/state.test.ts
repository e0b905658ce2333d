import { expect } from 'chai';
import { findOutcomes, isComplete, readDispositions } from '../../ui/desk/dispositions.ts';
import { applyEvent, createJoin } from '../../ui/desk/events.ts';
import * as outbox from '../../ui/desk/outbox.ts';
import { readKey } from '../../ui/desk/shortcuts.ts';
import * as model from '../../ui/desk/state.ts';
import { threadLines } from '../../ui/desk/thread.ts';
import type { DeskSnapshot } from '../../ui/shared/types.ts';
import { ACCOUNTS, ago, interaction, message, offerOf, snapshot } from './support/fixtures.ts';

const mine = { agent: 'nadia', tabOpen: true };
const read = (over: Parameters<typeof snapshot>[0]) => model.applyDesk(model.EMPTY, snapshot(over));

describe('the desk’s state', () => {
  it('takes the desk as read, and keeps a newer version that an event brought meanwhile', () => {
    const old = interaction({ id: 'a', version: 3, ...mine });
    const state = model.applyInteraction(read({ tabs: [old] }), { ...old, version: 5, unread: 2 });
    const again = model.applyDesk(state, snapshot({ tabs: [{ ...old, version: 4 }] }));
    expect(again.interactions.a).to.include({ version: 5, unread: 2 });
  });
  it('ignores older versions of an interaction', () => {
    const state = read({ tabs: [interaction({ id: 'a', version: 3, ...mine })] });
    expect(model.applyInteraction(state, interaction({ id: 'a', version: 2, status: 'closed' }))).to.equal(state);
  });
  it('moves an interaction to where it belongs', () => {
    const item = interaction({ id: 'a', version: 1 });
    let state = read({ unassigned: [item] });
    state = model.applyInteraction(state, { ...item, ...mine, version: 2 });
    expect(model.placeOf(state, 'a')).to.equal('tabs');
    state = model.applyInteraction(state, { ...item, agent: 'nadia', version: 3 });
    expect(model.placeOf(state, 'a')).to.equal('assigned');
    state = model.applyInteraction(state, { ...item, agent: 'jonas', version: 4 });
    expect(model.placeOf(state, 'a')).to.equal('elsewhere');
  });
  it('keeps the name of what went to a colleague, whose contact is not sent any more', () => {
    const item = interaction({ id: 'a', name: 'Marta Ferri' });
    const contact = { ...item.contact, name: '', address: '', phone: null };
    const state = model.applyInteraction(read({ unassigned: [item] }), {
      ...item,
      version: 2,
      agent: 'jonas',
      contact,
    });
    expect(state.interactions.a?.contact.name).to.equal('Marta Ferri');
    expect(model.placeOf(state, 'a')).to.equal('elsewhere');
  });
  it('does not guess that a free interaction may be taken: the desk is read again', () => {
    const item = interaction({ id: 'a' });
    const state = model.applyInteraction(read({}), item);
    expect(state.unassigned).to.deep.equal([]);
    expect(model.needsReading(state, item)).to.equal(true);
    expect(model.needsReading(state, { ...item, agent: 'jonas' })).to.equal(false);
  });
  it('keeps the order of tabs and sorts the rest by who waits longest', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((id) => interaction({ id, ...mine }));
    const state = read({ tabs: [b!, a!] });
    expect(model.applyDesk(state, snapshot({ tabs: [a!, b!, c!] })).tabs).to.deep.equal(['b', 'a', 'c']);
    const waits = read({
      unassigned: [
        interaction({ id: 'x', unansweredSince: ago(5) }),
        interaction({ id: 'y', unansweredSince: ago(50) }),
        interaction({ id: 'z' }),
      ],
    });
    expect(waits.unassigned).to.deep.equal(['y', 'x', 'z']);
  });

  it('rings once, and never again after the end', () => {
    const offer = offerOf(interaction({ id: 'a' }), { id: 'o' });
    let state = model.applyOffer(model.applyOffer(read({}), offer), offer);
    expect(state.offers).to.have.length(1);
    state = model.endOffer(state, 'o', 'rescinded', 1000);
    expect(state.offers).to.have.length(0);
    expect(state.ended.map((row) => row.reason)).to.deep.equal(['rescinded']);
    expect(model.applyOffer(state, offer).offers).to.have.length(0);
    expect(model.applyDesk(state, snapshot({ offers: [offer] })).offers).to.have.length(0);
    expect(model.tick(state, 4999).ended).to.have.length(1);
    expect(model.tick(state, 5000).ended).to.have.length(0);
  });
  it('ends an offer whose time is over although no event said so; one without end goes on', () => {
    const timed = offerOf(interaction({ id: 'a' }), { id: 'o', expiresAt: ago(3) });
    const endless = offerOf(interaction({ id: 'b' }), { id: 'p', expiresAt: null });
    const state = model.applyOffer(model.applyOffer(read({}), timed), endless);
    expect(model.tick(state, Date.now()).offers.map((offer) => offer.id)).to.deep.equal(['p']);
  });
  it('shows no row for what the agent did', () => {
    const state = model.applyOffer(read({}), offerOf(interaction(), { id: 'o' }));
    expect(model.endOffer(state, 'o', 'accepted', 0).ended).to.have.length(0);
  });

  it('puts messages in order, once each, and ignores older versions', () => {
    const item = interaction({ id: 'a', ...mine });
    const one = message({ interactionId: 'a', id: '1', at: ago(30) });
    const two = message({ interactionId: 'a', id: '2', at: ago(20), version: 2, text: 'new' });
    let state = model.applyNewest(read({ tabs: [item] }), 'a', { messages: [two], more: false });
    state = model.applyMessage(state, one);
    state = model.applyMessage(state, { ...two, version: 1, text: 'old' });
    expect(state.threads.a?.items.map((m) => m.id)).to.deep.equal(['1', '2']);
    expect(state.threads.a?.items[1]?.text).to.equal('new');
    expect(model.applyMessage(state, message({ interactionId: 'unread-one' })).threads).to.not.have.property(
      'unread-one',
    );
  });
  it('shows the newest message in the row before the interaction’s own event', () => {
    const state = read({ tabs: [interaction({ id: 'a', ...mine })] });
    const next = model.applyMessage(state, message({ interactionId: 'a', text: 'Hi' }));
    expect(next.interactions.a?.lastMessage?.text).to.equal('Hi');
    const same = model.applyMessage(
      next,
      message({ interactionId: 'a', direction: 'note', text: 'psst', at: ago(-5) }),
    );
    expect(same.interactions.a?.lastMessage?.text).to.equal('Hi');
  });
  it('takes delivery statuses in any order', () => {
    const out = message({ interactionId: 'a', id: 'm', direction: 'out', status: 'queued' });
    let state = model.applyNewest(read({}), 'a', { messages: [out], more: false });
    state = model.applyStatus(state, { id: 'm', version: 4, status: 'read' });
    state = model.applyStatus(state, { id: 'm', version: 3, status: 'delivered' });
    expect(state.threads.a?.items[0]?.status).to.equal('read');
    expect(model.applyStatus(state, { id: 'unknown', status: 'sent' })).to.equal(state);
  });
  it('joins pages that overlap, and drops what would hide a gap', () => {
    const list = [1, 2, 3, 4, 5].map((n) => message({ interactionId: 'a', id: String(n), at: ago(100 - n) }));
    const start = model.applyNewest(read({}), 'a', { messages: list.slice(0, 3), more: true });
    const joined = model.applyNewest(start, 'a', { messages: list.slice(2), more: true });
    expect(joined.threads.a?.items).to.have.length(5);
    const cut = model.applyNewest(start, 'a', { messages: list.slice(3), more: true });
    expect(cut.threads.a).to.deep.equal({ items: list.slice(3), more: true });
    const earlier = model.applyEarlier(cut, 'a', { messages: list.slice(1, 3), more: false });
    expect(earlier.threads.a?.items.map((m) => m.id)).to.deep.equal(['2', '3', '4', '5']);
    expect(earlier.threads.a?.more).to.equal(false);
  });
});

describe('reading and being told', () => {
  it('keeps what an event said before an older answer came, and ends what ended meanwhile', async () => {
    const item = interaction({ id: 'a', ...mine });
    const ringing = offerOf(interaction({ id: 'b' }), { id: 'rings' });
    const over = offerOf(interaction({ id: 'c' }), { id: 'over' });
    let state = model.EMPTY;
    const join = createJoin((event) => {
      state = applyEvent(state, event, 0);
    });
    let answer: (desk: DeskSnapshot) => void = () => {};
    const reading = join.read(new Promise<DeskSnapshot>((resolve) => (answer = resolve)), (desk) => {
      state = model.applyDesk(state, desk);
    });
    join.told({ name: 'offer', data: ringing });
    join.told({ name: 'interaction', data: { ...item, version: 2 } });
    join.told({ name: 'offer-ended', data: { id: 'over', reason: 'rescinded', by: { name: 'Jonas Keller' } } });
    answer(snapshot({ offers: [over] }));
    await reading;
    expect(state.offers.map((offer) => offer.id)).to.deep.equal(['rings']);
    expect(state.tabs).to.deep.equal(['a']);
    join.told({ name: 'offer-ended', data: { id: 'rings', reason: 'rescinded', by: { name: 'Jonas Keller' } } });
    expect(state.ended.map((row) => row.by)).to.deep.equal(['Jonas Keller']);
  });
  it('keeps a message that came while its conversation was read for the first time', async () => {
    let state = read({ tabs: [interaction({ id: 'a', ...mine })] });
    const join = createJoin((event) => {
      state = applyEvent(state, event, 0);
    });
    const reading = join.read(Promise.resolve({ messages: [], more: false }), (page) => {
      state = model.applyNewest(state, 'a', page);
    });
    join.told({ name: 'message', data: message({ interactionId: 'a', id: 'late' }) });
    await reading;
    expect(state.threads.a?.items.map((one) => one.id)).to.deep.equal(['late']);
  });
});

describe('the outbox', () => {
  const item = (key: string, interactionId = 'a') => ({ key, interactionId, text: key, at: ago(0) });
  it('sends in order and one at a time in a conversation', () => {
    let box = outbox.enqueue(outbox.enqueue([], item('1')), item('2'));
    expect(outbox.nextToSend(box, 'a', 0)?.key).to.equal('1');
    box = outbox.claim(box, '1', 1000);
    expect(outbox.nextToSend(box, 'a', 999)).to.equal(undefined);
    box = outbox.mark(box, '1', 'failed', 'content_rejected');
    expect(outbox.nextToSend(box, 'a', 999)?.key).to.equal('2');
  });
  it('keeps the key where the first try may have gone out, and takes a new one after a refusal', () => {
    const box = outbox.enqueue([], item('1'));
    expect(outbox.again(outbox.mark(box, '1', 'failed', 'http_500', true), '1', 'new')[0]?.key).to.equal('1');
    expect(outbox.again(outbox.mark(box, '1', 'failed', 'rate_limited'), '1', 'new')[0]?.key).to.equal('new');
  });
  it('takes over, under its key, what a window began to send and did not end', () => {
    const stored = JSON.parse(JSON.stringify(outbox.claim(outbox.enqueue([], item('1')), '1', 1000)));
    const box = outbox.restore([...stored, { nonsense: true }, null]);
    expect(outbox.nextToSend(box, 'a', 999)).to.equal(undefined);
    expect(outbox.nextToSend(box, 'a', 1000)?.key).to.equal('1');
    expect(outbox.restore('x')).to.deep.equal([]);
  });
  it('hides a pending bubble behind the message that came by event first', () => {
    const box = outbox.claim(outbox.enqueue([], { ...item('1'), text: 'Hello' }), '1', 1000);
    const sent = message({ interactionId: 'a', direction: 'out', text: 'Hello' });
    expect(outbox.pending(box, 'a', [sent], 'nadia')).to.deep.equal([]);
    expect(outbox.pending(box, 'a', [{ ...sent, at: ago(600) }], 'nadia')).to.have.length(1);
    expect(outbox.pending(box, 'a', [], 'nadia')).to.have.length(1);
  });
});

describe('lines of a conversation', () => {
  it('marks days, groups neighbours, hangs reactions on their message', () => {
    const on = { interactionId: 'a' };
    const lines = threadLines(
      [
        message({ ...on, id: '1', at: '2026-11-24T22:00:00Z' }),
        message({ ...on, id: '2', at: '2026-11-25T09:00:00Z' }),
        message({ ...on, id: '3', at: '2026-11-25T09:01:00Z', repliedTo: '1' }),
        message({ ...on, id: '4', at: '2026-11-25T09:02:00Z', type: 'reaction', reaction: { to: '2', emoji: '👍' } }),
        message({ ...on, id: '5', at: '2026-11-25T09:03:00Z', type: 'reaction', reaction: { to: '2', emoji: '❤️' } }),
        message({ ...on, id: '6', at: '2026-11-25T09:20:00Z' }),
      ],
      'UTC',
    );
    expect(lines.map((line) => line.kind)).to.deep.equal(['day', 'message', 'day', 'message', 'message', 'message']);
    const messages = lines.filter((line) => line.kind === 'message');
    expect(messages.map((line) => line.first)).to.deep.equal([true, true, false, true]);
    expect(messages[1]?.reactions).to.deep.equal(['❤️']);
    expect(messages[2]?.quoted?.id).to.equal('1');
  });
});

describe('outcomes', () => {
  const list = readDispositions(ACCOUNTS[1]?.dispositions);
  it('are complete at the last level only', () => {
    expect(isComplete(list, [])).to.equal(false);
    expect(isComplete(list, ['Repair'])).to.equal(false);
    expect(isComplete(list, ['Repair', 'Battery'])).to.equal(true);
  });
  it('are found by all words', () => {
    expect(findOutcomes(list, 'repair SENSOR').map((one) => one.path.at(-1))).to.include('Speed sensor');
    expect(findOutcomes(list, 'nothing such')).to.deep.equal([]);
  });
  it('are read with care', () => {
    expect(readDispositions([{ name: 'A', children: 'x' }, { no: 1 }, null])).to.deep.equal([
      { name: 'A', children: [] },
    ]);
  });
});

describe('shortcuts', () => {
  const key = (over: object) =>
    readKey({ key: '', code: '', altKey: false, ctrlKey: false, metaKey: false, shiftKey: false, ...over }, false);
  it('reads letters by place, with Alt or Ctrl Alt', () => {
    expect(key({ key: 'å', code: 'KeyA', altKey: true })).to.deep.equal({ name: 'accept' });
    expect(key({ code: 'Digit3', altKey: true, ctrlKey: true })).to.deep.equal({ name: 'tab', index: 2 });
    expect(key({ code: 'KeyA' })).to.equal(undefined);
  });
  it('leaves a question mark to who is writing', () => {
    expect(key({ key: '?' })).to.deep.equal({ name: 'help' });
    expect(
      readKey({ key: '?', code: '', altKey: false, ctrlKey: false, metaKey: false, shiftKey: true }, true),
    ).to.equal(undefined);
  });
});
