import type { Interaction, Message, Offer, Presence, QueueFigures } from '../shared/types.ts';
import * as model from './state.ts';

/** One event of the stream, with its data as the server sent it. */
export interface DeskEvent {
  name: string;
  data: unknown;
}

/** What an event changes, the same however often it comes. `now`: ms of the server's clock. */
export function applyEvent(state: model.DeskState, { name, data }: DeskEvent, now: number): model.DeskState {
  switch (name) {
    case 'offer':
      return model.applyOffer(state, data as Offer);
    case 'offer-ended': {
      const { id, reason, by } = data as { id: string; reason: string; by?: { name: string } };
      return model.endOffer(state, id, reason, now, by?.name);
    }
    case 'message':
      return model.applyMessage(state, data as Message);
    case 'message-status':
      return model.applyStatus(state, data as Message);
    case 'interaction':
      return model.applyInteraction(state, data as Interaction);
    case 'presence': {
      const fresh = data as Presence & { username?: string; presence?: Presence };
      if (fresh.username && fresh.username !== state.me?.username) return state;
      return { ...state, presence: fresh.presence ?? fresh };
    }
    case 'queues': {
      const queues = Array.isArray(data) ? (data as QueueFigures[]) : (data as { queues?: QueueFigures[] }).queues;
      return queues ? { ...state, queues } : state;
    }
    default:
      return state;
  }
}

/**
 * Joins what is read with what is told meanwhile. An answer may have been made before an event that came first: taking it would lose
 * what the event said, so the events of the time in between are applied again on top of it.
 */
export function createJoin(apply: (event: DeskEvent) => void) {
  const readings = new Set<DeskEvent[]>();
  return {
    told(event: DeskEvent) {
      for (const meanwhile of readings) meanwhile.push(event);
      apply(event);
    },
    /** Takes the answer when it is there. Rejects as the reading does. */
    async read<T>(reading: Promise<T>, take: (answer: T) => void): Promise<T> {
      const meanwhile: DeskEvent[] = [];
      readings.add(meanwhile);
      try {
        const answer = await reading;
        take(answer);
        for (const event of meanwhile) apply(event);
        return answer;
      } finally {
        readings.delete(meanwhile);
      }
    },
  };
}
