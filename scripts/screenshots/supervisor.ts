/** The supervisor's screens in the middle of a day. */
import { Desk } from '../../test/e2e/support/desk.ts';
import { at, type Stage } from './stage.ts';

const CUSTOMERS = [
  ['Priya Nair', '+447700900131', 'Can you send me the offer for two Tour 5 once more?'],
  ['Hana Sato', '+819012345678', 'The login code for my account never arrives.'],
  ['Joren de Wit', '+31612345678', 'Is my spare part there yet?'],
  ['Elif Aydin', '+905321234567', 'Which tyres fit the Calder 3?'],
  ['Miguel Santos', '+351912345678', 'I would like to book a test ride on Friday.'],
] as const;

/** Ben answers three of those who write, the others wait. */
async function aDay({ demo, write }: Stage): Promise<void> {
  const ben = await (await Desk.signIn(new URL(demo.desk).origin, 'ben', demo.passwords.ben ?? '')).connect();
  for (const [i, [name, number, text]] of CUSTOMERS.entries()) {
    await write(name, number, text);
    if (i > 2) continue;
    const offer = await ben.offerOf(number);
    const { interaction } = await ben.ok('POST', `/offers/${offer.id}/accept`);
    await ben.ok('PUT', `/interactions/${interaction.id}/tags`, {
      tags: [['offer'], ['login'], ['parts', 'repair']][i],
    });
    await ben.ok('POST', `/interactions/${interaction.id}/messages`, { text: 'Hello, let me have a look.' });
  }
}

export async function supervisorPictures(stage: Stage): Promise<void> {
  const { enter, save } = stage;
  await aDay(stage);
  const page = await enter('supervisor', 'carla', { viewport: { width: 1440, height: 810 } });
  // Whatever sections there are for who is logged in.
  const sections = await page
    .locator('[data-test^=go-]')
    .evaluateAll((all) => all.map((one) => (one as HTMLElement).dataset.test!.slice('go-'.length)));
  for (const section of sections) {
    await page.click(at(`go-${section}`));
    await page.waitForSelector(at(section));
    await page.waitForLoadState('networkidle').catch(() => undefined);
    // Charts come with a file of their own.
    if (section === 'reports') await page.locator('[data-chart=ready] canvas').nth(2).waitFor();
    await save(page, `supervisor-${section}`);
  }
  await page.click(at('go-interactions'));
  await page.locator(at('row'), { hasText: 'Marta' }).first().dblclick();
  await page.waitForSelector(`${at('spy')}[data-live=true]`);
  await page.locator(at('message'), { hasText: 'E-07' }).waitFor();
  await save(page, 'supervisor-spy');
  await page.context().close();
}
