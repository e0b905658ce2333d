/**
 * `npm run screenshots`: takes the pictures of the documentation, `docs/images/*.png`, from a fresh demo in a real browser. They need one
 * free minute; look at them before they are committed. Names take only these: `npm run screenshots --
 * desk plan`; the phone shows what the desk's pictures have left.
 */
import { deskPictures, phonePicture } from './screenshots/desk.ts';
import { onStage, type Stage } from './screenshots/stage.ts';
import { supervisorPictures } from './screenshots/supervisor.ts';

async function planPicture({ demo, open, save }: Stage): Promise<void> {
  const page = await open(demo.editor, { viewport: { width: 1920, height: 1000 } });
  await page.locator('.red-ui-flow-node-label').first().waitFor();
  // Only the canvas: the side bars say nothing about the plan.
  await page.evaluate(
    '(() => { for (const action of ["core:toggle-sidebar", "core:toggle-palette"]) RED.actions.invoke(action); })()',
  );
  const groups = page.locator('.red-ui-flow-group');
  await groups.first().waitFor();
  const boxes = await groups.evaluateAll((all) =>
    all.map((one) => {
      const { x, y, width, height } = one.getBoundingClientRect();
      return { x, y, right: x + width, bottom: y + height };
    }),
  );
  const x = Math.min(...boxes.map((box) => box.x)) - 16;
  const y = Math.min(...boxes.map((box) => box.y)) - 16;
  const right = Math.max(...boxes.map((box) => box.right)) + 16;
  const bottom = Math.max(...boxes.map((box) => box.bottom)) + 16;
  await save(page, 'plan', { x, y, width: Math.min(right, 1920) - x, height: Math.min(bottom, 1000) - y });
}

/** In this order: each goes on with what the one before has left. */
const ACTS = { desk: deskPictures, phone: phonePicture, supervisor: supervisorPictures, plan: planPicture };

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !Object.hasOwn(ACTS, name));
if (unknown.length > 0) throw new Error(`There is no ${unknown.join(', ')}: ${Object.keys(ACTS).join(', ')}`);
await onStage(async (stage) => {
  for (const [name, act] of Object.entries(ACTS)) if (chosen.length === 0 || chosen.includes(name)) await act(stage);
});
