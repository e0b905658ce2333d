import { expect } from 'chai';
import type { Message } from '../../ui/shared/types.ts';
import { at, deskInBrowser } from './support/desk-page.ts';
import { ago, message } from './support/fixtures.ts';

const WORDS = 'It is about the bike that I bought from you in spring and about its battery'.split(' ');

/** So many messages of uneven length, the last one now. */
function many(count: number, interactionId: string, first = 0): Message[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    return message({
      interactionId,
      id: `x${String(n).padStart(6, '0')}`,
      direction: n % 3 ? 'in' : 'out',
      status: n % 3 ? 'received' : 'read',
      text: `${n}: ${WORDS.slice(0, n % WORDS.length).join(' ')}${n % 17 ? '' : `\n${WORDS.join(' ').repeat(4)}`}`,
      at: ago((count - i) * 400),
    });
  });
}

describe('a long conversation in a browser', function () {
  this.timeout(90_000);
  const desk = deskInBrowser();

  /** Where the message stands in the window, px; null if it is not rendered. */
  const topOf = (id: string) =>
    desk.page.evaluate(
      (of) => document.querySelector(`[data-test=message][data-id="${of}"]`)?.getBoundingClientRect().top ?? null,
      id,
    );
  const scrollTo = (top: number) =>
    desk.page.evaluate((y) => {
      const box = document.querySelector('[data-test=thread]') as HTMLElement;
      box.scrollTop = y;
    }, top);
  const scrollBy = (by: number) =>
    desk.page.evaluate((y) => {
      const box = document.querySelector('[data-test=thread]') as HTMLElement;
      box.scrollTop += y;
    }, by);
  const rendered = () => desk.page.locator(`${at('thread')} ${at('message')}`).count();
  const frames = () =>
    desk.page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0))));

  it('loads older messages while one scrolls up, and what is read stays where it is', async () => {
    desk.server.threads.set('marta', many(400, 'marta'));
    await desk.enter();
    await desk.page.locator(`${at('message')}[data-id=x000399]`).waitFor();
    const loads = () =>
      desk.callsTo('GET', '/interactions/marta/messages').filter((call) => call.query.includes('before'));
    expect(loads()).to.have.length(0);
    await scrollTo(1000);
    await frames();
    // The one in the middle of the window, before and after more were put above it.
    const id = await desk.page.evaluate(() => {
      const all = [...document.querySelectorAll('[data-test=message]')];
      return (all.find((one) => one.getBoundingClientRect().top > 300) as HTMLElement).dataset.id as string;
    });
    const before = await topOf(id);
    await scrollBy(-200);
    await desk.until(() => loads().length > 0);
    await desk.until(
      async () =>
        Number(await desk.page.evaluate(() => document.querySelector('[data-test=thread]')?.scrollHeight)) > 6000,
    );
    await frames();
    expect(await topOf(id)).to.be.closeTo((before ?? 0) + 200, 1.5);
    // A message that comes meanwhile moves nothing either, and is announced.
    desk.server.receive(message({ interactionId: 'marta', id: 'fresh', text: 'One more' }));
    await desk.page.locator(at('to-end'), { hasText: '1 new message' }).waitFor();
    expect(await topOf(id)).to.be.closeTo((before ?? 0) + 200, 1.5);
    await desk.page.click(at('to-end'));
    await desk.page.locator(`${at('message')}[data-id=fresh]`).waitFor();
    expect(await desk.page.locator(at('to-end')).count()).to.equal(0);
  });

  it('is read to its beginning by scrolling alone', async () => {
    desk.server.threads.set('marta', many(700, 'marta'));
    await desk.enter();
    await desk.until(async () => {
      await scrollTo(0);
      return (await topOf('x000000')) !== null;
    });
    expect(await rendered()).to.be.below(80);
    expect(await desk.page.locator(at('past-open')).count()).to.equal(1);
  });

  it('of 10,000 messages shows those in sight only, and scrolls and takes new ones without a pause', async () => {
    desk.server.threads.set('marta', many(10_000, 'marta'));
    desk.server.pageSize = 10_000;
    await desk.enter();
    await desk.page.locator(`${at('message')}[data-id=x009999]`).waitFor();
    expect(await rendered()).to.be.below(80);
    // The longest frame while it is scrolled through in steps of a screen.
    const slowest = await desk.page.evaluate(async () => {
      const box = document.querySelector('[data-test=thread]') as HTMLElement;
      const next = () => new Promise<number>((done) => requestAnimationFrame(done));
      let longest = 0;
      let last = await next();
      for (let i = 0; i < 120; i++) {
        box.scrollTop -= 600;
        const now = await next();
        longest = Math.max(longest, now - last);
        last = now;
      }
      return longest;
    });
    expect(await rendered()).to.be.below(80);
    // Measured 50 ms on a small machine with software rendering; the bound leaves room for one that does other things as well.
    expect(slowest).to.be.below(250);
    const id = await desk.page.evaluate(() => {
      const all = [...document.querySelectorAll('[data-test=message]')];
      return (all.find((one) => one.getBoundingClientRect().top > 300) as HTMLElement).dataset.id as string;
    });
    const before = await topOf(id);
    desk.server.receive(message({ interactionId: 'marta', id: 'fresh', text: 'One more' }));
    await desk.page.locator(at('to-end'), { hasText: '1 new message' }).waitFor();
    expect(await topOf(id)).to.be.closeTo(before ?? 0, 1.5);
    await desk.page.click(at('to-end'));
    await desk.page.locator(`${at('message')}[data-id=fresh]`).waitFor();
  });

  it('goes to the message that was replied to, and back to the end', async () => {
    const thread = many(300, 'marta');
    desk.server.threads.set('marta', [
      ...thread,
      message({ interactionId: 'marta', id: 'reply', direction: 'out', text: 'That one', repliedTo: 'x000010' }),
    ]);
    desk.server.pageSize = 1000;
    await desk.enter();
    await desk.page.click(at('quote'));
    await desk.page.locator(`${at('message')}[data-id=x000010]`).waitFor();
    const top = (await topOf('x000010')) ?? 0;
    expect(top).to.be.within(150, 760);
    await desk.page.click(at('to-end'));
    await desk.page.locator(`${at('message')}[data-id=reply]`).waitFor();
  });

  it('shows earlier conversations above, one after the other', async () => {
    await desk.enter();
    await scrollTo(0);
    const mark = desk.page.locator(at('past-open'));
    expect(await mark.textContent()).to.contain('Warranty › Battery');
    expect(await mark.textContent()).to.contain('Jonas Keller');
    await mark.click();
    await desk.page.locator(`${at('message')}[data-id=p1b]`).waitFor();
    expect(await desk.page.locator(`${at('past')}[data-id=p1]`).count()).to.equal(1);
    await scrollTo(0);
    await desk.page.locator(`${at('past-open')}[data-id=p2]`).waitFor();
    // What another wrote there cannot be sent again from here.
    expect(await desk.page.locator(`${at('message')}[data-id=p1b] button`).count()).to.equal(0);
  });
});
