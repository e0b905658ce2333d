import { expect } from 'chai';
import { deserialise, MESSAGE_LIMIT, MessageTooLarge, serialise } from '../../runtime/serialise.ts';

const there = (msg: Record<string, unknown>) => deserialise(serialise(msg).text);

describe('a message that waits', () => {
  it('comes back as it was', () => {
    const shared = { x: 1 };
    const msg = {
      payload: { deep: [1, 'two', null, true, { three: 3 }] },
      bytes: Buffer.from([0, 255, 10]),
      inside: { list: [Buffer.from('a'), new Date(1_700_000_000_000)], when: new Date('2026-12-24T10:00:00.000Z') },
      never: new Date(Number.NaN),
      same: [shared, shared],
      text: '"$wa:buffer" 👋\u2028',
      empty: {},
    };
    const { text, dropped } = serialise(msg);
    expect(dropped).to.deep.equal([]);
    const back = deserialise(text);
    expect(back).to.deep.equal(msg);
    expect(Buffer.isBuffer(back.bytes)).to.equal(true);
    expect((back.inside as { when: Date }).when).to.be.instanceOf(Date);
  });

  it('keeps what looks like our own marks', () => {
    const msg = {
      a: { '$wa:buffer': 'AAAA' },
      b: [{ '$wa:date': 5 }, { '$wa:object': { '$wa:date': 6 }, more: 1 }],
      c: { '$wa:object': Buffer.from('x') },
    };
    expect(there(msg)).to.deep.equal(msg);
  });

  it('drops what JSON would make an empty object of, and names it', () => {
    const msg = {
      payload: { tags: new Set(['a']), by: new Map([['k', 1]]), failed: new Error('no'), match: /x/, kept: 'yes' },
      later: Promise.resolve(1),
    };
    const { text, dropped } = serialise(msg);
    expect(dropped).to.have.members([
      'msg.payload.tags',
      'msg.payload.by',
      'msg.payload.failed',
      'msg.payload.match',
      'msg.later',
    ]);
    expect(deserialise(text)).to.deep.equal({ payload: { kept: 'yes' } });
  });

  it('drops what cannot be kept, and names it', () => {
    const circle: Record<string, unknown> = { name: 'circle' };
    circle.self = circle;
    const msg: Record<string, unknown> = {
      payload: { f: () => 1, list: [Symbol('s'), 1n, 'kept'], circle },
      req: { socket: {} },
      res: { send: () => 1 },
      go: () => 2,
      inside: { req: 'a text of the user' },
    };
    msg.me = msg;
    const { text, dropped } = serialise(msg);
    expect(dropped).to.have.members([
      'msg.payload.f',
      'msg.payload.list[0]',
      'msg.payload.list[1]',
      'msg.payload.circle.self',
      'msg.req',
      'msg.res',
      'msg.go',
      'msg.me',
    ]);
    expect(deserialise(text)).to.deep.equal({
      payload: { list: [null, null, 'kept'], circle: { name: 'circle' } },
      inside: { req: 'a text of the user' },
    });
  });

  it('does not change the message itself', () => {
    const msg = { payload: { f: () => 1, at: new Date(0), bytes: Buffer.from('b') }, req: 1 };
    serialise(msg);
    expect(Object.keys(msg)).to.deep.equal(['payload', 'req']);
    expect(msg.payload.f()).to.equal(1);
  });

  it('may have one megabyte of bytes, not of characters', () => {
    const around = serialise({ payload: '' }).text.length;
    expect(there({ payload: 'x'.repeat(MESSAGE_LIMIT - around) }).payload).to.have.length(MESSAGE_LIMIT - around);
    for (const payload of ['x'.repeat(MESSAGE_LIMIT - around + 1), '€'.repeat(400_000), Buffer.alloc(800_000)]) {
      expect(() => serialise({ payload }))
        .to.throw(MessageTooLarge)
        .with.property('code', 'message_too_large');
    }
  });
});
