import { expect } from 'chai';
import { answersOf, fillAnswer, findAnswers, slashBefore, variablesOf } from '../../ui/desk/canned.ts';
import { EMOJI, findEmoji } from '../../ui/desk/emoji.ts';
import { tidyAddress } from '../../ui/desk/presentation.ts';
import { readKey } from '../../ui/desk/shortcuts.ts';
import { fieldTime, laterTimes } from '../../ui/desk/snooze.ts';
import { applyContact, applyDesk, EMPTY, nextWaiting } from '../../ui/desk/state.ts';
import { linesWithPast } from '../../ui/desk/thread.ts';
import { ago, closedOne, interaction, message, snapshot } from './support/fixtures.ts';

describe('canned answers', () => {
  it('are asked for by a slash at the start or after a space, before the caret', () => {
    expect(slashBefore('/bat', 4)).to.deep.equal({ from: 0, search: 'bat' });
    expect(slashBefore('Hello /', 7)).to.deep.equal({ from: 6, search: '' });
    expect(slashBefore('Hello /bat and more', 10)).to.deep.equal({ from: 6, search: 'bat' });
    expect(slashBefore('and/or', 6)).to.equal(undefined);
    expect(slashBefore('/bat is it', 10)).to.equal(undefined);
    expect(slashBefore('https://x', 9)).to.equal(undefined);
  });

  it('are those of the account and of all, the shortcut first', () => {
    const { cannedAnswers } = snapshot();
    expect(answersOf(cannedAnswers, 'SALES').map((one) => one.shortcut)).to.deep.equal(['hours']);
    expect(findAnswers(cannedAnswers, 'SUP', 'batw').map((one) => one.shortcut)).to.deep.equal(['batwarranty']);
    const found = findAnswers(cannedAnswers, 'SUP', 'Battery').map((one) => one.shortcut);
    expect(found).to.deep.equal(['battery', 'batwarranty']);
  });

  it('are filled in; what is no variable stays', () => {
    const variables = variablesOf(interaction({ name: 'Marta Ferri', queue: 'Workshop' }), 'Nadia Brandt', 0);
    const text = 'Hello {{contact.name}}, {{ agent }} of {{queue}} ({{key}}). {{nothing}} {{toString}}';
    expect(fillAnswer(text, variables)).to.equal(
      'Hello Marta Ferri, Nadia Brandt of Workshop (SUP). {{nothing}} {{toString}}',
    );
  });
});

describe('emoji', () => {
  it('are found by the beginnings of words, and stand once each', () => {
    expect(findEmoji('thum up').map((one) => one.char)).to.deep.equal(['👍']);
    expect(findEmoji('parcel').map((one) => one.char)).to.deep.equal(['📦']);
    const all = EMOJI.flatMap(({ emoji }) => emoji.map((one) => one.char));
    expect(new Set(all).size).to.equal(all.length);
    expect(all.every((char) => /\p{Emoji}/u.test(char))).to.equal(true);
    expect(EMOJI.flatMap(({ emoji }) => emoji).every((one) => one.words !== '')).to.equal(true);
  });
});

describe('times until which a tab is put away', () => {
  const local = (text: string) => new Date(text).getTime();

  it('are what still makes sense at that hour', () => {
    const names = (text: string) => laterTimes(local(text)).map((time) => time.name);
    // A Wednesday.
    expect(names('2026-11-25T09:00')).to.deep.equal(['half', 'hour', 'three', 'evening', 'tomorrow', 'monday']);
    expect(names('2026-11-25T15:00')).to.deep.equal(['half', 'hour', 'three', 'tomorrow', 'monday']);
    // On Sunday Monday is tomorrow.
    expect(names('2026-11-29T15:00')).to.deep.equal(['half', 'hour', 'three', 'tomorrow']);
  });

  it('are by the reader’s clock, and all in the future', () => {
    for (const now of ['2026-11-25T09:00', '2026-11-30T00:10', '2026-12-31T23:59'].map(local)) {
      const times = laterTimes(now);
      expect(times.every((time) => time.at > now)).to.equal(true);
      expect([...times].sort((a, b) => a.at - b.at)).to.deep.equal(times);
    }
    expect(fieldTime(laterTimes(local('2026-11-25T09:00'))[5]!.at)).to.equal('2026-11-30T09:00');
  });
});

describe('addresses', () => {
  it('are sent without what is there to be read only; what is no number stays', () => {
    expect(tidyAddress(' +39 347 555-0142 ')).to.equal('+393475550142');
    expect(tidyAddress('0049 (151) 555.0000')).to.equal('+491515550000');
    expect(tidyAddress('US.13491208655302741918')).to.equal('US.13491208655302741918');
    expect(tidyAddress('Marta')).to.equal('Marta');
  });
});

describe('shortcuts of handling', () => {
  const key = (code: string, more: object = {}) =>
    readKey({ key: '', code, altKey: true, ctrlKey: false, metaKey: false, shiftKey: false, ...more }, true);

  it('are read wherever the focus is', () => {
    expect(key('KeyT')).to.deep.equal({ name: 'transfer' });
    expect(key('KeyN')).to.deep.equal({ name: 'start' });
    expect(key('KeyM')).to.deep.equal({ name: 'note' });
    expect(key('ArrowDown')).to.deep.equal({ name: 'next', by: 1 });
    expect(key('ArrowUp')).to.deep.equal({ name: 'next', by: -1 });
    expect(key('KeyK', { altKey: false, ctrlKey: true })).to.deep.equal({ name: 'search' });
    expect(key('KeyK', { altKey: false, metaKey: true })).to.deep.equal({ name: 'search' });
    expect(key('KeyK', { altKey: false })).to.equal(undefined);
  });
});

describe('the next who waits', () => {
  const tab = (id: string, waits?: number) =>
    interaction({ id, agent: 'nadia', tabOpen: true, unansweredSince: waits === undefined ? null : ago(waits) });

  it('is the one who waits longest, then the others in turn', () => {
    const state = applyDesk(EMPTY, snapshot({ tabs: [tab('a'), tab('b', 50), tab('c', 500), tab('d', 5)] }));
    expect(nextWaiting(state, 'a', 1)).to.equal('c');
    expect(nextWaiting(state, 'c', 1)).to.equal('b');
    expect(nextWaiting(state, 'd', 1)).to.equal('c');
    expect(nextWaiting(state, 'c', -1)).to.equal('d');
    expect(nextWaiting(state, null, -1)).to.equal('d');
  });

  it('is the tab beside it where nobody else waits', () => {
    const state = applyDesk(EMPTY, snapshot({ tabs: [tab('a'), tab('b', 50), tab('c')] }));
    expect(nextWaiting(state, 'b', 1)).to.equal('c');
    expect(nextWaiting(applyDesk(EMPTY, snapshot()), null, 1)).to.equal(undefined);
  });
});

describe('a changed contact', () => {
  it('is shown in each of its conversations, which keep their addresses', () => {
    const contact = { ...interaction().contact, id: 'c1' };
    const tabs = [
      interaction({ id: 'a', agent: 'nadia', tabOpen: true, contact }),
      interaction({ id: 'b', agent: 'nadia', tabOpen: true, contact: { ...contact, address: 'US.1' } }),
      interaction({ id: 'x', agent: 'nadia', tabOpen: true }),
    ];
    const state = applyContact(applyDesk(EMPTY, snapshot({ tabs })), { ...contact, name: 'New', list: 'VIP' });
    expect(state.interactions.a?.contact).to.include({ name: 'New', list: 'VIP', address: contact.address });
    expect(state.interactions.b?.contact).to.include({ name: 'New', address: 'US.1' });
    expect(state.interactions.x?.contact.name).to.equal('Marta Ferri');
    expect(state.lists).to.deep.equal(['Customers Italy', 'Dealers', 'Default', 'VIP']);
  });
});

describe('earlier conversations above', () => {
  const own = [message({ interactionId: 'now', id: 'n1' })];
  const kinds = (lines: ReturnType<typeof linesWithPast>) => lines.map((line) => `${line.kind} ${line.key}`);

  it('are one mark until they are opened', () => {
    expect(kinds(linesWithPast(own, ago(0), undefined, []))).to.deep.equal(['day day-n1', 'message n1']);
    expect(kinds(linesWithPast(own, ago(0), closedOne('p1', 3), []))[0]).to.equal('past past-p1');
  });

  it('stand in their order, the oldest on top', () => {
    const shown = [
      { item: closedOne('p1', 3), messages: [message({ interactionId: 'p1', id: 'p1a' })] },
      { item: closedOne('p2', 9), messages: [message({ interactionId: 'p2', id: 'p2a' })] },
    ];
    expect(kinds(linesWithPast(own, ago(0), closedOne('p3', 20), shown))).to.deep.equal([
      'past past-p3',
      'past past-p2',
      'day day-p2a',
      'message p2a',
      'past past-p1',
      'day day-p1a',
      'message p1a',
      'begin begin',
      'day day-n1',
      'message n1',
    ]);
  });
});
