import { expect } from 'chai';
import { at, deskInBrowser } from './support/desk-page.ts';
import { ago, message } from './support/fixtures.ts';

describe('what agents do with a conversation, in a browser', function () {
  this.timeout(60_000);
  const desk = deskInBrowser();
  const { callsTo, until } = desk;
  const text = (name: string) => desk.page.locator(at(name)).textContent();
  const toasts = () => desk.page.locator('.notices').textContent();

  describe('writing', () => {
    it('saves a note that is never sent, and goes back to messages', async () => {
      await desk.enter();
      await desk.page.fill(at('composer-input'), 'Part is in stock');
      await desk.page.keyboard.press('Alt+m');
      await desk.page.waitForSelector('.composer.noting');
      // Switching keeps the text.
      expect(await desk.page.inputValue(at('composer-input'))).to.equal('Part is in stock');
      expect(await text('composer-send')).to.contain('Save note');
      await desk.page.focus(at('composer-input'));
      await desk.page.keyboard.press('Enter');
      await desk.page.locator(`${at('message')}[data-direction=note]`, { hasText: 'Part is in stock' }).waitFor();
      await desk.page.waitForSelector('.composer:not(.noting)');
      expect(callsTo('POST', '/interactions/marta/notes')[0]?.body).to.deep.equal({ text: 'Part is in stock' });
      expect(callsTo('POST', '/interactions/marta/messages')).to.deep.equal([]);
      expect(await desk.page.inputValue(at('composer-input'))).to.equal('');
    });

    it('shows the customer that the agent writes, once in a while, but not that of a note', async () => {
      await desk.enter();
      const typings = () => callsTo('POST', '/interactions/marta/typing').length;
      await desk.page.click(at('mode-note'));
      await desk.page.locator(at('composer-input')).pressSequentially('For us');
      await desk.page.click(at('mode-message'));
      expect(typings()).to.equal(0);
      await desk.page.locator(at('composer-input')).pressSequentially(' and for you');
      await until(() => typings() === 1);
      await desk.page.locator(at('composer-input')).pressSequentially(', Marta');
      await desk.page.keyboard.press('Enter');
      await until(() => callsTo('POST', '/interactions/marta/messages').length === 1);
      expect(typings()).to.equal(1);
    });

    it('keeps a note a note over a change of tab and a reload', async () => {
      await desk.enter();
      await desk.page.click(at('mode-note'));
      await desk.page.fill(at('composer-input'), 'Only for us');
      await desk.page.keyboard.press('Alt+2');
      await desk.page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
      await desk.page.waitForSelector('.composer:not(.noting)');
      await desk.page.waitForFunction(`Object.values(localStorage).some((kept) => kept.includes('Only for us'))`);
      await desk.page.reload();
      await desk.page.waitForSelector('.composer.noting');
      expect(await desk.page.inputValue(at('composer-input'))).to.equal('Only for us');
    });

    it('finds a canned answer where the caret is, and fills it in', async () => {
      await desk.enter();
      await desk.page.locator(at('composer-input')).pressSequentially('Good morning! /bat');
      await desk.page.waitForSelector(at('canned'));
      expect(await desk.page.locator(at('canned-option')).first().textContent()).to.contain('Hello Marta Ferri');
      await desk.page.keyboard.press('Enter');
      expect(await desk.page.inputValue(at('composer-input'))).to.equal(
        'Good morning! Hello Marta Ferri, please hold the power button for 10 seconds with the charger unplugged.',
      );
      expect(callsTo('POST', '/interactions/marta/messages')).to.deep.equal([]);
      // Those of another account are not offered.
      await desk.page.keyboard.press('Alt+2');
      await desk.page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
      await desk.page.locator(at('composer-input')).pressSequentially('/');
      await desk.page.waitForSelector(at('canned'));
      expect(await desk.page.locator(at('canned-option')).count()).to.equal(1);
    });

    it('puts an emoji where the caret is, and remembers it', async () => {
      await desk.enter();
      await desk.page.fill(at('composer-input'), 'Thank you!');
      await desk.page.keyboard.press('End');
      await desk.page.keyboard.press('ArrowLeft');
      await desk.page.click(at('emoji-open'));
      await desk.page.fill(at('emoji-search'), 'thumbs up');
      await desk.page.keyboard.press('Enter');
      await desk.page.waitForSelector(at('emoji'), { state: 'detached' });
      expect(await desk.page.inputValue(at('composer-input'))).to.equal('Thank you👍!');
      await desk.page.click(at('emoji-open'));
      expect(await desk.page.locator(at('emoji-one')).first().textContent()).to.equal('👍');
      await desk.page.keyboard.press('Escape');
      await desk.page.waitForSelector(at('emoji'), { state: 'detached' });
      expect(await desk.page.evaluate('document.activeElement.dataset.test')).to.equal('composer-input');
    });

    it('does not send more than the provider takes, and says so', async () => {
      await desk.enter();
      await desk.page.fill(at('composer-input'), 'x'.repeat(1600));
      expect(await text('count')).to.equal('1600 / 1600');
      await desk.page.fill(at('composer-input'), 'x'.repeat(1602));
      expect(await text('count')).to.equal('2 characters too many');
      await desk.page.keyboard.press('Enter');
      expect(await desk.page.getAttribute(at('composer-send'), 'aria-disabled')).to.equal('true');
      expect(callsTo('POST', '/interactions/marta/messages')).to.deep.equal([]);
    });

    it('says why nothing can be sent outside the window, and takes a note there', async () => {
      await desk.enter();
      await desk.page.keyboard.press('Alt+4');
      await desk.page.waitForSelector(at('window-closed'));
      await desk.page.click(at('note-instead'));
      await desk.page.fill(at('composer-input'), 'Called instead');
      await desk.page.click(at('composer-send'));
      await desk.page.locator(`${at('message')}[data-direction=note]`, { hasText: 'Called instead' }).waitFor();
      await desk.page.waitForSelector(at('window-closed'));
    });
  });

  it('says who wants no messages, since when and by whose word; a note is possible', async () => {
    await desk.enter();
    desk.server.change('marta', { optOut: { at: ago(120), by: 'contact' } });
    await desk.page.waitForSelector(at('opted-out'));
    expect(await text('opted-out'))
      .to.contain('Marta')
      .and.contain('START');
    expect(await text('opt-out')).to.match(/since .*\d\d:\d\d.*, as the customer wrote/);
    await desk.page.click(at('note-instead'));
    await desk.page.waitForSelector('.composer.noting');
    desk.server.change('marta', { optOut: undefined });
    await desk.page.click(at('mode-message'));
    await desk.page.waitForSelector('.composer:not(.noting)');
    expect(await desk.page.locator(at('opt-out')).count()).to.equal(0);
  });

  describe('reading', () => {
    it('says what cannot be shown yet, and links a place', async () => {
      const of = { interactionId: 'marta' };
      const media = [
        {
          url: '/whatsapp/api/media/f1/0',
          contentType: 'application/pdf',
          fileName: 'offer.pdf',
          size: 2048,
          state: 'waiting' as const,
        },
      ];
      desk.server.threads.set('marta', [
        message({ ...of, id: 'f1', type: 'document', media }),
        message({ ...of, id: 'f2', type: 'location', location: { latitude: 45.5, longitude: 9.25, name: 'Shop' } }),
        message({ ...of, id: 'f3', type: 'button', text: 'Yes', button: { id: 'y', text: 'Yes' } }),
      ]);
      await desk.enter();
      const file = desk.page.locator(at('media'));
      await desk.page.waitForSelector(`${at('media')}[data-state=waiting]`);
      expect(await file.textContent())
        .to.contain('offer.pdf')
        .and.to.contain('Being fetched');
      expect(await file.evaluate((element) => element.tagName)).to.equal('SPAN');
      expect(await desk.page.getAttribute(at('place'), 'href')).to.equal(
        'https://www.openstreetmap.org/?mlat=45.5&mlon=9.25#map=16/45.5/9.25',
      );
      expect(await desk.page.getAttribute(at('place'), 'rel')).to.contain('noopener');
      expect(await desk.page.locator(`${at('message')}[data-id=f3]`).textContent()).to.contain('Chosen:Yes');
    });

    it('shows who wrote by name', async () => {
      await desk.enter();
      await desk.page.locator(`${at('message')}[data-id=a5]`, { hasText: 'Jonas Keller' }).waitFor();
    });
  });

  describe('giving it away', () => {
    it('transfers to who is chosen among those who are there', async () => {
      await desk.enter();
      await desk.page.keyboard.press('Alt+t');
      await desk.page.waitForSelector(at('target'));
      const rows = await desk.page.locator(at('target')).allTextContents();
      // Queues first, then colleagues: who could take it now before who could not.
      expect(rows.map((row) => row.replace(/^[A-Z]{2}/, ''))).to.deep.equal([
        'SalesNobody free now · 2 wait',
        'Workshop3 colleagues free',
        'Jonas Keller1 of 6 open',
        'Omar El-SayedNo room, 3 of 3 open',
        'Elif AydinPaused: Lunch',
        'Mia LindqvistOffline',
      ]);
      expect(await desk.page.getAttribute(at('transfer-confirm'), 'aria-disabled')).to.equal('true');
      await desk.page.fill(at('transfer-search'), 'jonas');
      await desk.page.keyboard.press('ArrowDown');
      await desk.page.keyboard.press('Enter');
      await desk.page.waitForSelector(at('transfer'), { state: 'detached' });
      expect(callsTo('POST', '/interactions/marta/transfer')[0]?.body).to.deep.equal({ agent: 'jonas' });
      await desk.page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
      expect(await toasts()).to.contain('Marta Ferri is offered to Jonas Keller.');
    });

    it('says so where the account allows no transfers', async () => {
      desk.server.targets = { agents: [], queues: [], allowed: { agent: false, queue: false } };
      await desk.enter();
      await desk.page.click(at('transfer-open'));
      expect(await text('transfer-none')).to.equal('This account does not allow transfers.');
      await desk.page.keyboard.press('Escape');
      await desk.page.waitForSelector(at('transfer'), { state: 'detached' });
    });

    it('puts it away until a time, and shows until when', async () => {
      await desk.enter();
      await desk.page.click(at('snooze-open'));
      const before = Date.now();
      await desk.page.click(`${at('snooze-time')}[data-name=hour]`);
      await until(() => callsTo('PUT', '/interactions/marta/snooze').length === 1);
      const { body } = callsTo('PUT', '/interactions/marta/snooze')[0]!;
      expect(Date.parse(String(body.until)) - before).to.be.within(3_590_000, 3_610_000);
      await desk.page.waitForSelector(`${at('list-assigned')} [data-id=marta] ${at('snoozed')}`);
      await desk.page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
    });

    it('puts it away until a time of one’s own, by the keyboard', async () => {
      await desk.enter();
      await desk.page.click(at('more'));
      await desk.page.waitForSelector(at('actions'));
      await desk.page.keyboard.press('ArrowDown');
      await desk.page.keyboard.press('Enter');
      await desk.page.waitForSelector(at('snooze-own'));
      await desk.page.fill(at('snooze-own'), '2099-01-02T08:30');
      await desk.page.click(at('snooze-set'));
      await until(() => callsTo('PUT', '/interactions/marta/snooze').length === 1);
      const { body } = callsTo('PUT', '/interactions/marta/snooze')[0]!;
      expect(body.until).to.equal(new Date('2099-01-02T08:30').toISOString());
    });

    it('hands it back', async () => {
      await desk.enter();
      await desk.page.click(at('more'));
      await desk.page.click(at('action-release'));
      await desk.page.waitForSelector(`${at('list-unassigned')} [data-id=marta]`);
      expect(await toasts()).to.contain('Colleagues can take it now');
    });
  });

  describe('beside it', () => {
    it('changes name and list of the contact', async () => {
      await desk.enter();
      await desk.page.click(at('contact-edit'));
      await desk.page.fill(at('contact-name'), 'Marta Ferri-Rossi');
      await desk.page.fill(at('contact-list'), 'Dealers');
      await desk.page.click(at('contact-save'));
      await desk.page.waitForSelector(at('contact-form'), { state: 'detached' });
      const [call] = callsTo('PATCH', `/contacts/${desk.server.desk.tabs.find((t) => t.id === 'marta')?.contact.id}`);
      expect(call?.body).to.deep.equal({ name: 'Marta Ferri-Rossi', list: 'Dealers' });
      await desk.page.locator(`${at('tab')}[data-id=marta]`, { hasText: 'Marta Ferri-Rossi' }).waitFor();
      expect(await text('contact')).to.contain('Dealers');
    });

    it('adds and takes away tags', async () => {
      await desk.enter();
      await desk.page.click(at('tag-add'));
      await desk.page.fill(at('tag-input'), 'urgent, e-07');
      await desk.page.keyboard.press('Enter');
      await desk.page.locator(at('tag'), { hasText: 'e-07' }).waitFor();
      await desk.page.locator(at('tag'), { hasText: 'warranty' }).locator(at('tag-remove')).click();
      await until(() => callsTo('PUT', '/interactions/marta/tags').length === 2);
      expect(callsTo('PUT', '/interactions/marta/tags').map((call) => call.body.tags)).to.deep.equal([
        ['warranty', 'tour-5', 'urgent', 'e-07'],
        ['tour-5', 'urgent', 'e-07'],
      ]);
    });

    it('lists previous conversations, and shows one', async () => {
      await desk.enter();
      await desk.page.waitForSelector(`${at('past-item')}[data-id=p1]`);
      expect(await desk.page.locator(at('past-item')).count()).to.equal(3);
      await desk.page.click(`${at('past-item')}[data-id=p1]`);
      await desk.page.locator(`${at('message')}[data-id=p1a]`).waitFor();
      expect(await text('not-mine')).to.contain('This conversation is closed.');
      // Nothing of the tabs has changed.
      expect(await desk.page.locator(at('tab')).count()).to.equal(4);
      await desk.page.click(at('write-again'));
      expect(await desk.page.inputValue(at('start-address'))).to.equal('+393475550142');
    });

    it('finds a conversation and opens it', async () => {
      await desk.enter();
      await desk.page.keyboard.press('Control+k');
      await desk.page.fill(at('search-input'), 'spare part');
      await desk.page.waitForSelector(`${at('hit')}[data-id=joren]`);
      const { body } = callsTo('POST', '/interactions/search').at(-1)!;
      expect(body.match).to.equal('any');
      expect(body.conditions).to.deep.include({ field: 'messages', operator: 'contains', value: 'spare part' });
      await desk.page.keyboard.press('Enter');
      // It was the agent's with its tab closed: it opens.
      await desk.page.waitForSelector(`${at('tab')}[data-id=joren][aria-selected=true]`);
      await desk.page.keyboard.press('Control+k');
      await desk.page.fill(at('search-input'), 'zebra');
      await desk.page.locator(at('search-tells'), { hasText: 'Nothing you may see contains “zebra”' }).waitFor();
      await desk.page.keyboard.press('Escape');
      await desk.page.waitForSelector(at('search'), { state: 'detached' });
    });

    it('begins a conversation; one that is open already is shown with the text', async () => {
      await desk.enter();
      await desk.page.keyboard.press('Alt+n');
      await desk.page.selectOption(at('start-account'), 'acc-it');
      await desk.page.fill(at('start-address'), '0049 (151) 555-0000');
      await desk.page.fill(at('start-text'), 'Hello');
      await desk.page.click(at('start-send'));
      await desk.page.waitForSelector(at('start-error'));
      expect(callsTo('POST', '/interactions')[0]?.body).to.deep.equal({
        account: 'acc-it',
        address: '+491515550000',
        text: 'Hello',
      });
      expect(await text('start-error')).to.contain('more than 24 hours');
      await desk.page.fill(at('start-address'), '+39 347 555 0142');
      await desk.page.selectOption(at('start-account'), 'acc-sales');
      await desk.page.click(at('start-send'));
      await desk.page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
      expect(await desk.page.inputValue(at('composer-input'))).to.equal('Hello');
    });

    it('begins one with who wrote before', async () => {
      for (const { id } of desk.server.desk.tabs) desk.server.change(id, { agent: 'jonas' });
      for (const { id } of desk.server.desk.assigned) desk.server.change(id, { agent: 'jonas' });
      for (const { id } of desk.server.desk.unassigned) desk.server.change(id, { agent: 'jonas' });
      await desk.enterIdle();
      await desk.page.click(at('start-open'));
      await desk.page.fill(at('start-address'), '+39 347 555 0142');
      await desk.page.fill(at('start-text'), 'Your part is here.');
      await desk.page.click(at('start-send'));
      await desk.page.waitForSelector(`${at('tab')}[aria-selected=true]`);
      await desk.page.locator(at('message'), { hasText: 'Your part is here.' }).waitFor();
    });
  });

  describe('tabs', () => {
    it('say what waits, and the keyboard goes to who waits longest', async () => {
      desk.server.change('layla', { unread: 1, unansweredSince: ago(900) });
      await desk.enter();
      expect(await desk.page.locator(`${at('tab')}[data-id=tomasz] ${at('tab-unread')}`).textContent()).to.equal('2');
      expect(await desk.page.locator(`${at('tab')}[data-id=tomasz] ${at('tab-wait')}`).textContent()).to.match(/^6:/);
      expect(await desk.page.getAttribute(`${at('tab')}[data-id=tomasz]`, 'title')).to.contain('Sales Italy');
      await desk.page.keyboard.press('Alt+ArrowDown');
      await desk.page.waitForSelector(`${at('tab')}[data-id=layla][aria-selected=true]`);
      await desk.page.keyboard.press('Alt+ArrowDown');
      await desk.page.waitForSelector(`${at('tab')}[data-id=tomasz][aria-selected=true]`);
      await desk.page.keyboard.press('Alt+ArrowUp');
      await desk.page.waitForSelector(`${at('tab')}[data-id=layla][aria-selected=true]`);
    });
  });

  it('on a phone everything is within reach, and nothing is cut off', async () => {
    await desk.page.setViewportSize({ width: 390, height: 844 });
    await desk.enter();
    await desk.page.click(at('more'));
    for (const name of ['action-transfer', 'action-contact', 'action-close'])
      expect((await desk.page.locator(at(name)).boundingBox())?.height, name).to.be.at.least(44);
    await desk.page.click(at('action-transfer'));
    await desk.page.waitForSelector(at('target'));
    const sheet = await desk.page.locator(at('transfer')).boundingBox();
    expect([sheet?.x, (sheet?.x ?? 0) + (sheet?.width ?? 0)]).to.deep.equal([1, 389]);
    await desk.page.keyboard.press('Escape');
    await desk.page.click(at('back'));
    await desk.page.click(at('search-open'));
    await desk.page.waitForSelector(at('hit'));
    expect(await desk.page.evaluate('document.documentElement.scrollWidth')).to.be.at.most(390);
  });
});
