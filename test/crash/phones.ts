import { deliver } from '../e2e/support/office.ts';
import type { Chance } from './chance.ts';
import { pause, type Scene } from './scene.ts';

/** A message that the provider got its success for. */
export interface Acknowledged {
  id: string;
  account: string;
  from: string;
}

/**
 * A customer: writes, and writes on once the provider was told that the message is taken. The provider repeats a webhook until then, and
 * now and then once more, as one does whose connection broke.
 */
export async function phone(
  scene: Scene,
  chance: Chance,
  { account, from }: { account: string; from: string },
  acknowledged: Acknowledged[],
): Promise<void> {
  for (let n = 0; scene.phase === 'load'; n++) {
    const { id, request } = scene.office.simulator.signedRequest({ account, from, text: `${from} ${n}` });
    for (;;) {
      const status = await deliver(request);
      if (status === 200) break;
      // 0: nobody there; 503: not running yet. Everything else may keep a provider from coming again.
      if (status !== 0 && status !== 503) scene.violations.push(`a webhook was answered with ${status}`);
      await pause(chance.between(30, 150));
    }
    acknowledged.push({ id, account, from });
    if (chance.next() < 0.05) await deliver(request);
    await pause(chance.between(40, 600));
  }
}
