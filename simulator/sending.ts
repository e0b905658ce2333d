import { setTimeout as sleep } from 'node:timers/promises';
import type { Response } from 'express';
import { aboutMessage, type Draft, type Simulation } from './simulation.ts';
import type { Account, Send } from './types.ts';

/** How one provider words the answers to a send. */
export interface Answers {
  accepted: (send: Send) => void;
  tooMany: (retryAfter: number) => void;
  serverError: (status: 500 | 503) => void;
}

/** Carries out one request of a send API, with everything that may go wrong on the way. */
export async function carryOut(
  simulation: Simulation,
  account: Account,
  draft: Draft,
  response: Response,
  answers: Answers,
): Promise<void> {
  const { behaviour } = simulation.world;
  const fault = simulation.faults.take(draft.to);
  const delay = simulation.faults.delayOf(fault);
  if (delay > 0) await sleep(delay, undefined, { signal: simulation.courier.signal });
  if (fault?.kind === '429') return answers.tooMany(fault.retryAfter ?? 1);
  if (fault?.kind === 'refused') {
    response.socket?.destroy();
    return;
  }
  const broken = fault?.kind === '500' || fault?.kind === '503' ? fault.kind : null;
  if (broken && !fault?.processed) return answers.serverError(broken === '500' ? 500 : 503);

  const send = simulation.accept(account, draft, fault);
  if (behaviour.statusesFirst) await simulation.follow(account, send, draft.mediaUrl);
  if (fault?.kind === 'lost') response.socket?.destroy();
  else if (broken) answers.serverError(broken === '500' ? 500 : 503);
  else answers.accepted(send);
  if (!behaviour.statusesFirst) simulation.background(simulation.follow(account, send, draft.mediaUrl));
}

/** Logs a call of the simulated API when it is over. */
export function logCall(simulation: Simulation, response: Response, what: string, about: () => string): void {
  const started = performance.now();
  response.once('close', () => {
    const answered = response.writableFinished;
    simulation.world.addLog({
      direction: 'in',
      what,
      about: about(),
      status: answered ? response.statusCode : 0,
      ms: Math.round(performance.now() - started),
      failed: !answered || response.statusCode >= 400,
    });
  });
}

/** A draft in a few words, for the log. */
export function aboutDraft(draft: Draft): string {
  if (draft.mediaUrl || draft.mediaId) return `out media → ${draft.to}`;
  return `${aboutMessage({ text: draft.text, media: [], direction: 'out', location: draft.location, template: draft.template })} → ${draft.to}`;
}
