import { DatabaseSync } from 'node:sqlite';
import { expect } from 'chai';
import { listen } from '../server/support.ts';
import { PNG } from '../support/pictures.ts';
import { PHONE, sendingTo } from './sending-bench.ts';
import { type Bench, databaseOf, FROM, type Message, SECRETS, unload } from './support.ts';

/** How many interactions there are in the store. */
function interactions(): number {
  const database = new DatabaseSync(databaseOf(), { readOnly: true });
  const { n } = database.prepare('select count(*) as n from interaction').get() as { n: number };
  database.close();
  return n;
}

for (const provider of ['twilio', 'sinch', 'meta'] as const) {
  describe(`wa-send as a node, to ${provider}`, function () {
    // Some load Node-RED anew for each case.
    this.timeout(30_000);
    const sending = sendingTo(provider);
    const nothingElse = (bench: Bench) =>
      expect(['out', 'caught', 'completed'].map((id) => bench.rest(id))).to.deep.equal([[], [], []]);

    it('fills in the text without escaping, and goes on when it is sent, done once', async () => {
      const bench = await sending.open({
        mode: 'text',
        text: 'Hi {{whatsapp.contact.name}}: {{payload}} & {{msg.topic}} {{missing}}',
      });
      await bench.write('<3 "you"');
      const msg: Message = await bench.next('in');
      bench.give('send', { ...msg, mine: { kept: Buffer.from('x') } });
      const out = await bench.next('out');
      await bench.next('completed');
      const text = 'Hi Zoe: <3 "you" & MAIN ';
      const [sent, ...more] = sending.simulator.sends();
      expect(sent).to.include({ to: FROM });
      expect(sent?.text.trim()).to.equal(text.trim());
      expect(more).to.deep.equal([]);
      expect(out.whatsapp.message).to.deep.include({
        direction: 'out',
        type: 'text',
        text,
        status: 'sent',
        providerId: sent?.id,
      });
      expect(out.whatsapp.message).not.to.have.any.keys('author', 'version', 'interactionId');
      expect(out.payload).to.equal('<3 "you"');
      expect(out.mine).to.deep.equal({ kept: Buffer.from('x') });
      expect(out.whatsapp.plan).to.deep.equal(msg.whatsapp.plan);
      nothingElse(bench);
    });

    it('a message that is handed over twice is answered once, and goes on twice', async () => {
      const bench = await sending.open({ mode: 'text', text: 'Hello' });
      await bench.write('one');
      const msg: Message = await bench.next('in');
      bench.give('send', structuredClone(msg));
      bench.give('send', structuredClone(msg));
      const [first, second] = [await bench.next('out'), await bench.next('out')];
      expect(second.whatsapp.message.id).to.equal(first.whatsapp.message.id);
      expect(sending.simulator.sends()).to.have.length(1);
      await bench.write('two');
      bench.give('send', await bench.next('in'));
      await bench.next('out');
      expect(sending.simulator.sends()).to.have.length(2);
    });

    it('a file is fetched and sent once, also if it is gone when its message is handed over again', async () => {
      let given = 0;
      const shop = await listen((req, res) => {
        // Twilio and Sinch fetch here, too: from the signed address, which leads nowhere in this test.
        if (req.url !== '/price%20list' || given++ > 0) return void res.writeHead(404).end();
        res.writeHead(200, { 'Content-Type': 'image/png', 'Content-Disposition': 'inline; filename="plan.png"' });
        res.end(PNG);
      });
      try {
        // Its own domain is an address that an account may fetch from.
        const bench = await sending.open(
          { mode: 'media', mediaUrl: '/{{payload}}', text: 'For {{whatsapp.contact.name}}' },
          { domain: shop.url },
        );
        await bench.write('price list');
        const msg: Message = await bench.next('in');
        bench.give('send', structuredClone(msg));
        const first = await bench.next('out');
        expect(first.whatsapp.message).to.deep.include({ type: 'image', direction: 'out' });
        expect(first.whatsapp.message.media[0]).to.include({ contentType: 'image/png', fileName: 'plan.png' });
        expect(first.whatsapp.message.media[0].url).to.match(/^\/whatsapp\/api\/media\//);
        bench.give('send', structuredClone(msg));
        const second = await bench.next('out');
        expect(second.whatsapp.message.id).to.equal(first.whatsapp.message.id);
        expect(given).to.equal(1);
        // Sinch takes no caption: the text follows by itself.
        expect(sending.simulator.sends()).to.have.length(provider === 'sinch' ? 2 : 1);
        expect(bench.rest('caught')).to.deep.equal([]);
      } finally {
        await shop.close();
      }
    });

    it('once per interaction', async () => {
      const bench = await sending.open({ mode: 'text', text: 'Welcome', times: 'once' });
      for (const text of ['one', 'two']) {
        await bench.write(text);
        bench.give('send', await bench.next('in'));
        await bench.next('out');
      }
      expect(sending.simulator.sends()).to.have.length(1);
      await bench.write('from another', '+12025550143');
      bench.give('send', await bench.next('in'));
      await bench.next('out');
      expect(sending.simulator.sends().map(({ to }) => to)).to.deep.equal([FROM, '+12025550143']);
    });

    it('a location and buttons', async () => {
      const place = { latitude: '{{payload.lat}}', longitude: '-0.5', name: 'Shop {{topic}}', address: '' };
      const bench = await sending.open({ mode: 'location', location: place });
      await bench.write('where?');
      const msg: Message = await bench.next('in');
      bench.give('send', { ...msg, payload: { lat: 51.25 } });
      const out = await bench.next('out');
      expect(out.whatsapp.message.location).to.deep.include({ latitude: 51.25, longitude: -0.5, name: 'Shop MAIN' });
      expect(sending.simulator.sends()[0]?.location).to.deep.include({
        latitude: 51.25,
        longitude: -0.5,
        name: 'Shop MAIN',
      });
      for (const lat of ['', 'north', 91]) {
        bench.give('send', { ...msg, payload: { lat } });
        expect((await bench.next('caught')).error.code, String(lat)).to.equal('location_invalid');
      }
      await unload();

      const buttons = [{ id: 'y', text: 'Yes, {{whatsapp.contact.name}}' }, { text: 'No' }];
      const asking = await sending.open({ mode: 'buttons', text: 'Shall we?', buttons });
      await asking.write('hm');
      asking.give('send', await asking.next('in'));
      if (provider === 'twilio') {
        expect((await asking.next('caught')).error).to.include({ code: 'mode_unsupported' });
        expect(sending.simulator.sends().filter(({ text }) => text.includes('Shall'))).to.deep.equal([]);
        return;
      }
      await asking.next('out');
      expect(sending.simulator.sends().at(-1)?.buttons).to.deep.equal([
        { id: 'y', text: 'Yes, Zoe' },
        { id: 'No', text: 'No' },
      ]);
    });

    it('to an address: into the open conversation, or into one that begins; the message keeps its own', async () => {
      const bench = await sending.open({
        mode: 'text',
        text: 'About {{topic}}',
        to: '{{payload}}',
        account: 'account',
      });
      const boss = '+12025550177';
      await bench.write('I am the boss', boss);
      const bosses = await bench.next('in');
      await bench.write('Help');
      const customers = await bench.next('in');
      const id = bosses.whatsapp.interaction.id;
      bench.give('send', { ...customers, payload: '+1 (202) 555-0177' });
      const out = await bench.next('out');
      expect(out.whatsapp.interaction.id).to.equal(customers.whatsapp.interaction.id);
      expect(out.whatsapp.message).to.include({ text: 'About MAIN', direction: 'out' });
      expect(sending.simulator.sends().map(({ to }) => to)).to.deep.equal([boss]);

      // The hand-over again: nothing more is sent. Then the conversation with the boss is over, and another one begins.
      bench.give('send', { ...structuredClone(customers), payload: boss });
      await bench.next('out');
      expect(sending.simulator.sends()).to.have.length(1);
      await bench.shared.engine.run('steerClose', { interaction: id, node: 'test', disposition: [] });
      bench.give('send', { topic: 'a new one', payload: boss });
      const begun = await bench.next('out');
      expect(begun.whatsapp.interaction).to.include({ status: 'open', agent: null, unread: 0 });
      expect(begun.whatsapp.interaction.id).not.to.equal(id);
      expect(begun.whatsapp.contact).to.include({ address: boss });
      expect(begun.whatsapp.account).to.include({ key: 'MAIN' });
      expect(begun.whatsapp.plan).to.deep.equal({ id: begun.whatsapp.message.id, seq: 0 });
      expect(sending.simulator.sends()).to.have.length(2);
      // What the boss answers belongs to it.
      await bench.write('Understood', boss);
      expect((await bench.next('in')).whatsapp.interaction).to.include({
        id: begun.whatsapp.interaction.id,
        isNew: false,
      });
    });

    it('once per interaction holds for an address, too', async () => {
      const bench = await sending.open({
        mode: 'text',
        text: '{{payload}}',
        to: FROM,
        account: 'account',
        times: 'once',
      });
      await bench.write('Hello');
      await bench.next('in');
      for (const payload of ['first', 'second']) {
        bench.give('send', { payload });
        await bench.next('out');
      }
      expect(sending.simulator.sends().map(({ text }) => text)).to.deep.equal(['first']);
    });

    it('an address that cannot be written to is an error that says why', async () => {
      const any = await sending.open({ mode: 'text', text: 'x', to: '{{payload}}', account: 'account' });
      for (const [to, code] of [
        ['', 'recipient_missing'],
        ['202 555 0199', 'recipient_invalid'],
        ['+1', 'recipient_invalid'],
        ['anna', 'recipient_invalid'],
        // Nobody of this number ever wrote.
        ['+12025550199', 'window_closed'],
        ['US.13491208655302741918', 'window_closed'],
      ] as const) {
        any.give('send', { payload: to });
        const { error } = await any.next('caught');
        expect(error, to).to.include({ code });
        nothingElse(any);
        expect(interactions()).to.equal(0);
      }
      await unload();
      const bench = await sending.open({ mode: 'text', text: 'x', to: FROM });
      bench.give('send', {});
      expect((await bench.next('caught')).error.code).to.equal('account_required');
      await unload();
      const unknown = await sending.open({ mode: 'text', text: 'x', to: FROM, account: 'another' });
      unknown.give('send', {});
      expect((await unknown.next('caught')).error.code).to.equal('account_missing');
      expect(sending.simulator.sends()).to.deep.equal([]);
    });

    it('what cannot be sent is an error with a code, before anything is sent', async () => {
      for (const [properties, code] of [
        [{ mode: 'text', text: '{{payload.none}}' }, 'text_missing'],
        [{ mode: 'template', template: 'x' }, 'template_unknown'],
        [{ mode: 'buttons', text: 'Which?', buttons: [] }, 'buttons_missing'],
        [{ mode: 'text', text: 'x', account: 'another' }, 'other_account'],
        [{ mode: 'media', mediaUrl: '' }, 'media_url_missing'],
        [{ mode: 'media', mediaUrl: 'http://127.0.0.1:9/x.pdf' }, 'media_unreachable'],
        [{ mode: 'media', mediaUrl: 'http://[::ffff:10.0.0.1]/x.pdf' }, 'media_unreachable'],
        [{ mode: 'media', mediaUrl: 'file:///etc/passwd' }, 'media_unreachable'],
        [{ mode: 'text', text: 'x'.repeat(40_961) }, 'text_too_long'],
        [
          { mode: 'buttons', text: 'Which?', buttons: [{ text: '{{payload}} {{payload}} {{payload}} {{payload}}' }] },
          'buttons_invalid',
        ],
      ] as const) {
        const bench = await sending.open(properties);
        await bench.write('Hello');
        bench.give('send', await bench.next('in'));
        const { error } = await bench.next('caught');
        expect(error.code).to.equal(code);
        expect(error.source.id).to.equal('send');
        nothingElse(bench);
        await unload();
      }
      expect(sending.simulator.sends()).to.deep.equal([]);
    });

    it('outside the 24 hours: window_closed, and nothing is sent', async () => {
      const bench = await sending.open({ mode: 'text', text: 'Hello again' });
      await bench.write('long ago');
      const msg: Message = await bench.next('in');
      const database = new DatabaseSync(databaseOf());
      database.exec(`update interaction set last_inbound_at = ${Date.now() - 24 * 3600 * 1000 - 1}`);
      database.close();
      bench.give('send', msg);
      expect((await bench.next('caught')).error.code).to.equal('window_closed');
      expect(sending.simulator.sends()).to.deep.equal([]);
    });

    it('the provider says no: its common reason, done once', async () => {
      sending.simulator.register({
        ...{ ...SECRETS[provider], authToken: 'changed-key:changed-secret' },
        ...{ provider, phone: PHONE, webhookUrl: 'http://127.0.0.1:9/none' },
      });
      const bench = await sending.open({ mode: 'text', text: 'Hello' });
      await bench.write('Hello');
      bench.give('send', await bench.next('in'));
      const { error } = await bench.next('caught');
      expect(error.code).to.equal('account');
      expect(JSON.stringify(error)).not.to.contain(SECRETS[provider].authToken.split(':').at(-1));
      nothingElse(bench);
    });

    it('each waits as long as the provider says, whoever else waits', async () => {
      const bench = await sending.open({ mode: 'text', text: '{{payload}}' });
      const waits = { '+12025550143': 2, '+12025550144': 1, '+12025550145': 2 };
      for (const [to, retryAfter] of Object.entries(waits)) {
        sending.simulator.failNext({ kind: '429', to, retryAfter });
        await bench.write(`to ${to}`, to);
        bench.give('send', await bench.next('in'));
      }
      const out = [await bench.next('out'), await bench.next('out'), await bench.next('out')];
      expect(out[0].whatsapp.contact.address).to.equal('+12025550144');
      expect(sending.simulator.sends()).to.have.length(3);
    });

    it('too many requests are tried again', async () => {
      const bench = await sending.open({ mode: 'text', text: '{{payload}}' });
      sending.simulator.failNext({ kind: '429', retryAfter: 0 });
      await bench.write('later');
      bench.give('send', await bench.next('in'));
      await bench.next('out');
      expect(sending.simulator.sends()).to.have.length(1);
    });
  });
}
