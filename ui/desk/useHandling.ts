import { type Ref, ref, type ShallowRef } from 'vue';
import { type Api, ApiError, type ChosenTemplate } from '../shared/api.ts';
import type { Translate } from '../shared/i18n.ts';
import { untilText } from '../shared/time.ts';
import type { Interaction, Template } from '../shared/types.ts';
import { contactName, failureText } from './presentation.ts';
import * as model from './state.ts';

/** What is open over the desk. `start` may be filled in. */
export type Panel =
  | { kind: 'search' }
  | { kind: 'transfer'; id: string }
  | { kind: 'start'; account?: string; address?: string };

interface Surroundings {
  api: Api;
  state: ShallowRef<model.DeskState>;
  update: (state: model.DeskState) => void;
  neighbourOf: (id: string) => string | null;
  select: (id: string | null) => Promise<void>;
  selected: Ref<string | null>;
  isMine: (interaction: Interaction) => boolean;
  openTab: (id: string) => Promise<void>;
  readSoon: () => void;
  fail: (error: unknown) => void;
  /** Leaves a text in the composer of a conversation, unless one was begun there. */
  keepText: (id: string, text: string) => void;
  notify: (text: string) => void;
  t: Translate;
  locale: Ref<string>;
}

/** What an agent does with a conversation besides answering it. Each action answers why it did not work, or null. */
export function useHandling(around: Surroundings) {
  const {
    api,
    state,
    update,
    neighbourOf,
    select,
    selected,
    isMine,
    openTab,
    readSoon,
    fail,
    keepText,
    notify,
    t,
    locale,
  } = around;
  const panel = ref<Panel | null>(null);
  const names = ref<Record<string, string>>({});

  async function attempt(action: () => Promise<void>): Promise<string | null> {
    try {
      await action();
      return null;
    } catch (error) {
      return reasonOf(error);
    }
  }

  /** Why it did not work; with the session over it goes to the log-in. */
  function reasonOf(error: unknown): string {
    if (error instanceof ApiError && error.status === 401) fail(error);
    return failureText(t, error instanceof ApiError ? error.code : 'unreachable');
  }
  const put = (item: Interaction) => update(model.applyInteraction(state.value, item));

  /** Runs what puts the tab away, then shows the one beside it. */
  async function putAway(id: string, action: () => Promise<{ interaction: Interaction }>): Promise<Interaction> {
    const neighbour = neighbourOf(id);
    const { interaction } = await action();
    put(interaction);
    if (selected.value === id && !(isMine(interaction) && interaction.tabOpen)) await select(neighbour);
    return interaction;
  }

  const nameOf = (username: string | null | undefined): string => (username ? (names.value[username] ?? username) : '');

  const actions = {
    transfer: (id: string, to: { agent: string } | { queue: string }) =>
      attempt(async () => {
        const { contact, waiting } = await putAway(id, () => api.transfer(id, to));
        const whom = 'agent' in to ? nameOf(to.agent) : to.queue;
        const text = waiting ? 'transfer.offered' : 'transfer.done';
        notify(t(text, { name: contactName(contact), to: whom }));
      }),
    release: (id: string) =>
      attempt(async () => {
        const name = contactName((await putAway(id, () => api.release(id))).contact);
        notify(t('handle.released', { name }));
        readSoon();
      }),
    snooze: (id: string, until: number | null) =>
      attempt(async () => {
        const iso = until === null ? null : new Date(until).toISOString();
        const { contact } = await putAway(id, () => api.snooze(id, iso));
        if (until === null) return;
        const time = untilText(t, until, Date.now(), locale.value);
        notify(t('snooze.done', { name: contactName(contact), time }));
      }),
    note: (id: string, text: string) =>
      attempt(async () => update(model.applyMessage(state.value, (await api.note(id, text)).message))),
    tags: (id: string, tags: string[]) => attempt(async () => put((await api.tags(id, tags)).interaction)),
    contact: (id: string, change: { name?: string; list?: string }) =>
      attempt(async () => update(model.applyContact(state.value, (await api.contact(id, change)).contact))),
  };

  /**
   * Begins a conversation. One that is open already is shown instead, if the agent may see it; the text then stays in its composer.
   * `colleague`: who has it, where it cannot be shown.
   */
  async function begin(start: Parameters<Api['begin']>[0]): Promise<string | null> {
    try {
      const { interaction, message } = await api.begin(start);
      put(interaction);
      update(model.applyMessage(state.value, message));
      panel.value = null;
      await select(interaction.id);
      return null;
    } catch (error) {
      if (!(error instanceof ApiError) || error.code !== 'already_open') return reasonOf(error);
      const { agent, interaction } = error.details as { agent: string | null; interaction: string | null };
      if (!interaction) return agent ? t('start.with', { agent: nameOf(agent) }) : failureText(t, error.code);
      if ('text' in start) keepText(interaction, start.text);
      notify(t('start.open'));
      return show(interaction);
    }
  }

  /** Shows any conversation that the agent may see, with its tab if it is theirs. */
  const show = (found: Interaction | string) =>
    attempt(async () => {
      const item = typeof found === 'string' ? await api.interaction(found) : found;
      put(item);
      panel.value = null;
      const now = state.value.interactions[item.id] ?? item;
      if (isMine(now) && !now.tabOpen) await openTab(now.id);
      else await select(now.id);
    });

  return {
    panel,
    nameOf,
    ...actions,
    begin,
    /** The account's templates, and why they may be out of date. */
    async templates(account: string, refresh: boolean): Promise<{ templates: Template[]; problem: string | null }> {
      try {
        const { templates, error } = await api.templates(account, refresh);
        return { templates, problem: error };
      } catch (error) {
        return { templates: [], problem: reasonOf(error) };
      }
    },
    /** @param key the same for every try, so that it goes out once */
    async sendTemplate(id: string, template: ChosenTemplate, key: string): Promise<string | null> {
      try {
        update(model.applyMessage(state.value, (await api.sendTemplate(id, template, key)).message));
        return null;
      } catch (error) {
        return reasonOf(error);
      }
    },
    show,
    targets: api.targets,
    search: api.search,
    toggle(next: Panel) {
      panel.value = panel.value?.kind === next.kind ? null : next;
    },
    /** The names of colleagues. Without them usernames are shown. */
    async readNames(): Promise<void> {
      try {
        const { colleagues } = await api.colleagues();
        names.value = Object.fromEntries(colleagues.map((one) => [one.username, one.name]));
      } catch {
        // The next connection asks again.
      }
    },
    reset() {
      panel.value = null;
    },
  };
}
