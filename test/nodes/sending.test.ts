import { expect } from 'chai';
import { sendingTo } from './sending-bench.ts';
import { FROM, type Message } from './support.ts';

const TEXT = { mode: 'text', text: '{{payload}}' };
const TEXTS = { twilio: 1600, sinch: 4096, meta: 4096 };

for (const provider of ['twilio', 'sinch', 'meta'] as const) {
  describe(`sending to ${provider}`, function () {
    this.timeout(30_000);
    const sending = sendingTo(provider);

    it('a text that is too long goes out in parts, in order and each once, also when it is handed over again', async () => {
      const bench = await sending.open({ ...TEXT, text: '{{{long}}}' });
      await bench.write('please');
      const msg: Message = await bench.next('in');
      const sentence = 'A word and another word, then the end of the line.\n';
      const long = sentence.repeat(Math.ceil((TEXTS[provider] * 2.5) / sentence.length));
      bench.give('send', { ...structuredClone(msg), long });
      const out = await bench.next('out');
      const parts = sending.simulator.sends().map(({ text }) => text);
      expect(parts).to.have.length(3);
      for (const part of parts) expect([...part].length).to.be.at.most(TEXTS[provider]);
      expect(parts.map((part) => `${part}\n`).join('')).to.equal(long);
      expect(out.whatsapp.message).to.include({ status: 'sent', text: parts[0] });
      bench.give('send', { ...structuredClone(msg), long });
      expect((await bench.next('out')).whatsapp.message.id).to.equal(out.whatsapp.message.id);
      expect(sending.simulator.sends()).to.have.length(3);
      bench.give('send', { ...structuredClone(msg), long: 'x'.repeat(TEXTS[provider] * 10 + 1) });
      expect((await bench.next('caught')).error).to.deep.include({ code: 'text_too_long' });
      expect(sending.simulator.sends()).to.have.length(3);
    });

    it('not faster than the account says', async () => {
      const bench = await sending.open(TEXT, { rate: 10 });
      const count = 15;
      for (let n = 0; n < count; n++) {
        await bench.write(`text ${n}`, `+120255502${String(n).padStart(2, '0')}`);
        bench.give('send', await bench.next('in'));
      }
      for (let n = 0; n < count; n++) await bench.next('out');
      const times = sending.simulator.sends().map(({ at }) => at);
      expect(times).to.have.length(count);
      // What is not paced comes within a few milliseconds.
      expect(times.at(-1)! - times[0]!).to.be.at.least(1150);
    });

    it('a 429 holds up the account, and everything goes out after it, in order', async () => {
      const bench = await sending.open(TEXT);
      sending.simulator.failNext({ kind: '429', retryAfter: 2 });
      await bench.write('one');
      const msg: Message = await bench.next('in');
      const start = Date.now();
      for (const payload of ['one', 'two', 'three']) bench.give('send', { ...structuredClone(msg), payload });
      for (let n = 0; n < 3; n++) await bench.next('out');
      expect(sending.simulator.sends().map(({ text }) => text)).to.deep.equal(['one', 'two', 'three']);
      expect(sending.simulator.sends()[0]!.at - start).to.be.at.least(1900);
    });

    it('an answer that is lost: what became of the message is found out, and it goes out once', async () => {
      const bench = await sending.open(TEXT);
      sending.simulator.failNext({ kind: 'lost' });
      await bench.write('one');
      const msg: Message = await bench.next('in');
      bench.give('send', { ...structuredClone(msg), payload: 'first' });
      bench.give('send', { ...structuredClone(msg), payload: 'second' });
      if (provider === 'meta') {
        // Nobody can be asked: the flow is told.
        expect((await bench.next('caught')).error).to.deep.include({ code: 'ambiguous' });
        await bench.next('out');
      } else {
        const [first, second] = [await bench.next('out'), await bench.next('out')];
        expect(first.whatsapp.message).to.include({ providerId: sending.simulator.sends()[0]!.id });
        expect(first.whatsapp.message.status).to.be.oneOf(['sent', 'delivered']);
        expect(second.whatsapp.message).to.include({ status: 'sent' });
        expect(bench.rest('caught')).to.deep.equal([]);
      }
      expect(sending.simulator.sends({ to: FROM }).map(({ text }) => text)).to.deep.equal(['first', 'second']);
    });
  });
}
