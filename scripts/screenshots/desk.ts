/** The desk in its states, and the phones beside it. */
import type { Page } from 'playwright-core';
import { Desk } from '../../test/e2e/support/desk.ts';
import { at, logIn, type Stage } from './stage.ts';

const MARTA = ['Marta Ferri', '+393475550142'] as const;
const LUIS = ['Luis Ortega', '+34612555019'] as const;
const TOMASZ = ['Tomasz Wilk', '+48512555077'] as const;

const message = (page: Page, text: string) => page.locator(at('message')).filter({ hasText: text });

/** Answers in the tab in front, and waits until it was read. */
async function answer(page: Page, text: string): Promise<void> {
  await page.fill(at('composer-input'), text);
  await page.press(at('composer-input'), 'Enter');
  await message(page, text.replaceAll('*', ''))
    .locator(`${at('tick')}[data-status=read]`)
    .waitFor();
}

async function accept(page: Page, name: string): Promise<void> {
  await page.locator(at('offer'), { hasText: name }).locator(at('offer-accept')).click();
  await page.waitForSelector(at('composer-input'));
}

const select = (page: Page, name: string) => page.locator(at('tab'), { hasText: name }).click();

async function conversation({ write }: Stage, page: Page): Promise<void> {
  await write(...MARTA, 'Hello! My Tour 5 does not start since this morning.');
  await accept(page, 'Marta');
  await answer(page, 'Good morning Marta, sorry to hear that. Does the display show a *code*?');
  await write(...MARTA, 'Yes, it says E-07 and blinks twice.');
  await message(page, 'E-07').waitFor();
  await page.click(at('mode-note'));
  await page.fill(at('composer-input'), 'Warranty until 03/2027.');
  await page.click(at('composer-send'));
  await message(page, 'Warranty until').waitFor();
  await answer(page, 'That is the *speed sensor*: a matter of ten minutes. Can you come by on Thursday at nine?');
  await write(...TOMASZ, 'Is the blue pannier still there?');
  await accept(page, 'Tomasz');
  await answer(page, 'It is: shall I put it aside for you?');
  await select(page, 'Marta');
  await write(...TOMASZ, 'Yes please! Could I pick it up on Saturday?');
  await write(...MARTA, 'Thursday is perfect, thank you!');
  await message(page, 'Thursday is perfect').waitFor();
  const unread = (name: string) => page.locator(at('tab'), { hasText: name }).locator(at('tab-unread'));
  await Promise.all([unread('Tomasz').waitFor(), unread('Marta').waitFor({ state: 'detached' })]);
}

/** The template picker for somebody who never wrote, which looks as it does when the window has closed. */
async function closedWindow(page: Page): Promise<void> {
  await page.click(at('start-open'));
  await page.fill(at('start-address'), '+447700900118');
  await page.click(at('start-template'));
  await page.locator(at('template')).first().click();
  await fill(page, `${at('start')} ${at('template-variable')}`);
  await page.locator(`${at('start')} ${at('template-send')}`).click();
  await page.waitForSelector(at('window-closed'));
  await page
    .locator(`${at('window-closed')} ${at('template')}`)
    .first()
    .click();
  await fill(page, `${at('window-closed')} ${at('template-variable')}`);
}

async function fill(page: Page, fields: string): Promise<void> {
  const values = ['Hana', 'B-2041', 'Thursday'];
  const all = page.locator(fields);
  for (let i = 0; i < (await all.count()); i++) await all.nth(i).fill(values[i % values.length]!);
}

/** Ben takes what rings, so that it rings no more. */
async function toBen({ demo }: Stage, page: Page): Promise<void> {
  const ben = await (await Desk.signIn(new URL(demo.desk).origin, 'ben', demo.passwords.ben ?? '')).connect();
  await page.locator(at('offer'), { hasText: 'Luis' }).locator(at('offer-reject')).click();
  const offer = await ben.offerOf(LUIS[1]);
  const { interaction } = await ben.ok('POST', `/offers/${offer.id}/accept`);
  await ben.ok('POST', `/interactions/${interaction.id}/messages`, { text: 'Hola Luis, sí: dos en rojo.' });
  await ben.ok('POST', `/interactions/${interaction.id}/close`, { disposition: ['Order'] });
  ben.disconnect();
}

/** A message that was refused, and one that waits for the connection. */
async function errors({ behave, save, write }: Stage, page: Page): Promise<void> {
  await select(page, 'Tomasz');
  await page.waitForSelector(at('composer-input'));
  await behave({ optedOut: true });
  await page.fill(at('composer-input'), 'It waits for you at the counter.');
  await page.press(at('composer-input'), 'Enter');
  await page.waitForSelector(at('message-failed'));
  await behave({ optedOut: false });
  // Who has opted out is not written to until they say so.
  await write(...TOMASZ, 'START');
  await page.waitForSelector(at('composer-input'));
  await page.context().setOffline(true);
  await page.waitForSelector(at('offline'));
  await page.fill(at('composer-input'), 'We are open until six on Saturday.');
  await page.press(at('composer-input'), 'Enter');
  await page.waitForSelector(`${at('unsent')}[data-state=waiting]`);
  await save(page, 'desk-error');
}

export async function deskPictures(stage: Stage): Promise<void> {
  const { demo, enter, open, save, write } = stage;
  await stage.behave({ autoRead: 50 });
  const page = await enter('desk', 'anna');
  await page.waitForSelector(at('idle'));
  await save(page, 'desk-empty');
  await conversation(stage, page);
  await save(page, 'desk');
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.waitForSelector('.wa-desk[data-theme=dark]');
  await save(page, 'desk-dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 390, height: 760 });
  await page.waitForSelector(at('back'));
  await save(page, 'desk-narrow');
  await page.setViewportSize({ width: 1280, height: 760 });
  await write(...LUIS, 'Hola, is the red Calder 3 still there in size M?');
  await page.locator(at('offer'), { hasText: 'Luis' }).waitFor();
  const dashboard = await open(demo.desk);
  await logIn(dashboard, demo, 'anna');
  await dashboard.locator(at('offer'), { hasText: 'Luis' }).waitFor();
  await select(dashboard, 'Marta');
  await message(dashboard, 'Thursday is perfect').waitFor();
  await save(dashboard, 'desk-ringing');
  await dashboard.context().close();
  await toBen(stage, page);
  await closedWindow(page);
  await save(page, 'desk-window-closed');
  await errors(stage, page);
  await page.context().close();
}

export async function phonePicture({ demo, open, save }: Stage): Promise<void> {
  const phone = await open(demo.phone, { viewport: { width: 1280, height: 800 } });
  for (const [unit, [name, number]] of [MARTA, LUIS].entries()) {
    if (unit > 0) await phone.getByRole('button', { name: 'Phone', exact: true }).click();
    const own = phone.locator('.unit').nth(unit);
    await own.getByLabel('Name').fill(name);
    await own.getByLabel('Number').fill(number);
    await own.getByRole('button', { name: 'Switch the phone on' }).click();
    await own.locator('.msg').first().waitFor();
  }
  await save(phone, 'phone');
  await phone.context().close();
}
