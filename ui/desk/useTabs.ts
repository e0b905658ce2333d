import type { Ref } from 'vue';
import { type Api, ApiError } from '../shared/api.ts';
import type { Offer } from '../shared/types.ts';
import * as model from './state.ts';

interface TabsOptions {
  api: Api;
  state: Ref<model.DeskState>;
  update: (next: model.DeskState) => void;
  selected: Ref<string | null>;
  serverTime: () => number;
  /** Runs an action once at a time under a name, and says why it failed. */
  once: (name: string, action: () => Promise<void>) => Promise<void>;
  readSoon: () => void;
  select: (id: string | null) => Promise<void>;
}

/** How conversations come to the agent, and their tabs open and close. */
export function useTabs({ api, state, update, selected, serverTime, once, readSoon, select }: TabsOptions) {
  const accept = (offer: Offer) =>
    once(offer.id, async () => {
      try {
        const { interaction } = await api.accept(offer.id);
        update(model.applyInteraction(model.endOffer(state.value, offer.id, 'accepted', serverTime()), interaction));
        await select(interaction.id);
      } catch (error) {
        if (error instanceof ApiError && (error.code === 'offer_taken' || error.code === 'offer_ended')) {
          update(model.endOffer(state.value, offer.id, error.code, serverTime()));
          return;
        }
        throw error;
      }
    });

  const reject = (offer: Offer) =>
    once(offer.id, async () => {
      try {
        await api.reject(offer.id);
      } catch (error) {
        if (!(error instanceof ApiError && (error.status === 410 || error.status === 409))) throw error;
      }
      update(model.endOffer(state.value, offer.id, 'rejected', serverTime()));
    });

  const take = (id: string) =>
    once(id, async () => {
      try {
        const { interaction } = await api.take(id);
        update(model.applyInteraction(state.value, interaction));
        if (!interaction.tabOpen) await setTab(id, true);
        await select(id);
      } catch (error) {
        readSoon();
        throw error;
      }
    });

  async function setTab(id: string, open: boolean): Promise<void> {
    const answer = await api.tab(id, open);
    const known = state.value.interactions[id];
    if (answer?.interaction) update(model.applyInteraction(state.value, answer.interaction));
    else if (known) update(model.applyInteraction(state.value, { ...known, tabOpen: open }));
  }

  const openTab = (id: string) =>
    once(id, async () => {
      await setTab(id, true);
      await select(id);
    });

  const closeTab = (id: string) =>
    once(id, async () => {
      const neighbour = neighbourOf(id);
      await setTab(id, false);
      if (selected.value === id) await select(neighbour);
    });

  /** The tab to show when this one goes: the next, else the one before. */
  function neighbourOf(id: string): string | null {
    const { tabs } = state.value;
    const index = tabs.indexOf(id);
    return tabs[index + 1] ?? tabs[index - 1] ?? null;
  }

  return { accept, reject, take, openTab, closeTab, neighbourOf };
}
