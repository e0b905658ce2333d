/** Choosing agents in a dialog: search, check boxes, everybody, and making a new one. Used by accounts, queues and wa-notify. */
import { type AdminFailure, admin } from '../admin/editor.ts';
import { button, copyText, element, flash, type Translate } from '../red/editor.ts';
import { showReason } from '../rows/editor.ts';

export interface EditorAgent {
  username: string;
  name: string;
  role: string;
  capacity: number;
}

export interface AgentPicker {
  /** Usernames, or `["*"]`. */
  value(): string[];
}

export interface AgentPickerOptions {
  root: HTMLElement;
  value: readonly string[];
  t: Translate;
  /** The sentence beside the check box that stands for all; absent where only names can be chosen. */
  everybody?: string;
  changed: () => void;
}

const ROLES = ['agent', 'supervisor', 'admin'];
const MAX_PAGES = 50;

/** All agents of this installation, page by page. */
export async function loadAgents(): Promise<{ agents: EditorAgent[]; failure?: AdminFailure }> {
  const agents: EditorAgent[] = [];
  let next: string | null = '';
  for (let page = 0; next !== null && page < MAX_PAGES; page++) {
    const path: string = next ? `agents?cursor=${encodeURIComponent(next)}` : 'agents';
    const answer = await admin<{ agents?: EditorAgent[]; next?: string | null }>('GET', path);
    if (!answer.ok) return { agents, failure: answer.failure };
    agents.push(...(answer.data.agents ?? []));
    next = answer.data.next || null;
  }
  return { agents };
}

/** A password that can be read out over the phone: four words' worth of random syllables, about 50 bits. */
export function makePassword(): string {
  const consonants = 'bdfghjkmnprstvz';
  const vowels = 'aeiou';
  const random = crypto.getRandomValues(new Uint32Array(17));
  const pick = (letters: string, at: number): string => letters[random[at]! % letters.length]!;
  const syllable = (at: number): string => pick(consonants, at) + pick(vowels, at + 1);
  const words = [0, 1, 2, 3].map((word) => syllable(word * 4) + syllable(word * 4 + 2));
  return `${words.join('-')}-${10 + (random[16]! % 90)}`;
}

/** Builds the picker into `root` and loads the agents. */
export function makeAgentPicker({ root, value, t, everybody, changed }: AgentPickerOptions): AgentPicker {
  const chosen = new Set(value.filter((username) => username !== '*'));
  let agents: EditorAgent[] = [];
  let failure: AdminFailure | null = null;
  let loading = true;

  const all = element('input', { type: 'checkbox', id: 'wa-agents-all' });
  all.checked = value.includes('*');
  const find = element('input', {
    type: 'text',
    class: 'wa-grow',
    placeholder: t('agents.find'),
    'aria-label': t('agents.find'),
  });
  const list = element('ul', { class: 'wa-list wa-scroll' });
  const form = element('div', { class: 'wa-box', hidden: true });
  const create = button('plus', t('agents.new'), () => openForm());

  root.replaceChildren(
    element('div', { class: 'wa-cols', style: 'margin-bottom:10px' }, find, create),
    ...(everybody === undefined ? [] : [everybodyLine(all, everybody)]),
    list,
    element('p', { class: 'wa-note', style: 'margin-bottom:12px' }, t('agents.hint')),
    form,
  );

  const render = (): void => {
    const wanted = find.value.trim().toLowerCase();
    const shown = agents.filter((agent) => `${agent.name} ${agent.username}`.toLowerCase().includes(wanted));
    const unknown = [...chosen].filter(
      (name) => !agents.some((agent) => agent.username === name) && name.toLowerCase().includes(wanted),
    );
    list.replaceChildren(titleRow(shown), ...shown.map(agentRow), ...unknown.map(unknownRow));
    const empty = emptyText(shown.length + unknown.length);
    if (empty) list.append(element('li', { class: 'wa-none' }, empty));
    list.style.opacity = all.checked ? '0.6' : '';
  };

  const emptyText = (rows: number): string => {
    if (loading) return t('agents.loading');
    if (failure) return failureText(failure, t);
    if (agents.length === 0 && rows === 0) return t('agents.none');
    return rows === 0 ? t('agents.noMatch') : '';
  };

  const titleRow = (shown: EditorAgent[]): HTMLElement => {
    const box = element('input', { type: 'checkbox', 'aria-label': t('agents.all') });
    box.checked = shown.length > 0 && shown.every((agent) => all.checked || chosen.has(agent.username));
    box.disabled = all.checked || shown.length === 0;
    box.addEventListener('change', () => {
      for (const agent of shown) toggle(agent.username, box.checked);
      update();
    });
    return element(
      'li',
      { class: 'wa-title' },
      element('label', {}, box, element('span', {}, t('agents.agent'))),
      element('span', { class: 'wa-role' }, t('agents.role')),
      element('span', { class: 'wa-capacity' }, t('agents.capacity')),
    );
  };

  const check = (username: string): HTMLInputElement => {
    const box = element('input', { type: 'checkbox' });
    box.checked = all.checked || chosen.has(username);
    box.disabled = all.checked;
    box.addEventListener('change', () => {
      toggle(username, box.checked);
      update();
    });
    return box;
  };

  const agentRow = (agent: EditorAgent): HTMLElement =>
    element(
      'li',
      {},
      element(
        'label',
        {},
        check(agent.username),
        element('span', { dir: 'auto' }, agent.name || agent.username, ' ', element('small', {}, agent.username)),
      ),
      element('small', { class: 'wa-role' }, t(`agents.roles.${agent.role}`)),
      element('small', { class: 'wa-capacity' }, t('agents.open', { count: agent.capacity })),
    );

  const unknownRow = (username: string): HTMLElement =>
    element(
      'li',
      {},
      element(
        'label',
        {},
        check(username),
        element('span', {}, username),
        !loading &&
          !failure &&
          element('span', { class: 'wa-mark', title: t('agents.unknownHint') }, t('agents.unknown')),
      ),
    );

  const toggle = (username: string, on: boolean): void => {
    if (on) chosen.add(username);
    else chosen.delete(username);
  };

  const update = (): void => {
    render();
    changed();
  };

  const openForm = (): void => {
    form.hidden = false;
    form.replaceChildren(
      ...agentForm(t, {
        username: find.value.trim(),
        close: () => {
          form.hidden = true;
          create.focus();
        },
        created: (agent) => {
          agents = [...agents.filter((other) => other.username !== agent.username), agent];
          failure = null;
          chosen.add(agent.username);
          find.value = '';
          update();
        },
      }),
    );
    form.querySelector('input')?.focus();
    form.scrollIntoView({ block: 'nearest' });
  };

  all.addEventListener('change', update);
  find.addEventListener('input', render);
  render();
  void loadAgents().then((answer) => {
    loading = false;
    agents = answer.agents;
    failure = answer.failure ?? null;
    if (root.isConnected) update();
  });

  return { value: () => (all.checked ? ['*'] : [...chosen]) };
}

function everybodyLine(box: HTMLInputElement, sentence: string): HTMLElement {
  return element(
    'p',
    { class: 'wa-line' },
    element('label', { for: 'wa-agents-all' }, box, element('span', {}, sentence)),
  );
}

function failureText(failure: AdminFailure, t: Translate): string {
  if (failure.status === 401 || failure.status === 403) return t('agents.forbidden');
  if (failure.status === 404) return t('agents.notReady');
  return failure.message ? `${t('agents.failed')} ${failure.message}` : t('agents.failed');
}

interface AgentFormOptions {
  username: string;
  close: () => void;
  created: (agent: EditorAgent) => void;
}

/** The rows of the "new agent" form; errors of the server stand under their field. */
function agentForm(t: Translate, options: AgentFormOptions): HTMLElement[] {
  const username = element('input', {
    type: 'text',
    id: 'wa-agent-username',
    spellcheck: 'false',
    autocomplete: 'off',
  });
  username.value = options.username;
  const name = element('input', { type: 'text', id: 'wa-agent-name', autocomplete: 'off' });
  const password = element('input', {
    type: 'text',
    class: 'wa-grow wa-code',
    id: 'wa-agent-password',
    autocomplete: 'off',
  });
  password.value = makePassword();
  const copy = button('clipboard', t('agents.copy'), () => {
    void copyText(password.value).then(() => flash(copy, t('agents.copied')));
  });
  const role = element('select', { class: 'wa-grow', id: 'wa-agent-role' });
  role.append(...ROLES.map((value) => element('option', { value }, t(`agents.roles.${value}`))));
  const capacity = element('input', {
    type: 'number',
    class: 'wa-short',
    min: 1,
    max: 100,
    'aria-label': t('agents.capacity'),
  });
  capacity.value = '6';

  const rows = {
    username: row('username', 'user', t('agents.username'), username),
    name: row('name', 'tag', t('agents.name'), name),
    password: row('password', 'lock', t('agents.password'), element('div', { class: 'wa-cols' }, password, copy)),
    role: row(
      'role',
      'users',
      t('agents.role'),
      element('div', { class: 'wa-cols' }, role, t('agents.mayHave'), capacity, t('agents.openWord')),
    ),
  };
  rows.password.append(element('p', { class: 'wa-hint' }, t('agents.passwordHint')));
  const general = element('p', { class: 'wa-fail', role: 'alert', hidden: true });

  const showFailure = (failure: AdminFailure): void => {
    const fields = { ...failure.fields };
    if (fields.capacity && !fields.role) fields.role = fields.capacity;
    if (failure.status === 409) fields.username = t('agents.taken');
    for (const [field, target] of Object.entries(rows)) showReason(target, fields[field] ?? '');
    const placed = Object.keys(rows).some((field) => fields[field]);
    general.hidden = placed;
    general.textContent = placed ? '' : failure.message || failureText(failure, t);
  };

  const missing = (): boolean => {
    const reasons: Record<string, string> = {
      username: /^[A-Za-z0-9._@-]{1,64}$/.test(username.value.trim()) ? '' : t('agents.usernameWrong'),
      name: '',
      password: password.value.length >= 8 ? '' : t('agents.passwordShort'),
      role: Number(capacity.value) >= 1 && Number.isInteger(Number(capacity.value)) ? '' : t('agents.capacityWrong'),
    };
    for (const [field, target] of Object.entries(rows)) showReason(target, reasons[field] ?? '');
    return Object.values(reasons).some((reason) => reason !== '');
  };

  const save = button('', t('agents.create'), () => {
    if (missing()) return;
    save.disabled = true;
    const agent: EditorAgent = {
      username: username.value.trim(),
      name: name.value.trim() || username.value.trim(),
      role: role.value,
      capacity: Number(capacity.value),
    };
    void admin('POST', 'agents', { ...agent, password: password.value }).then((answer) => {
      save.disabled = false;
      if (!answer.ok) return showFailure(answer.failure);
      options.created(agent);
      options.close();
    });
  });
  const cancel = button('', t('agents.cancel'), options.close);

  return [
    element('h4', { style: 'margin-bottom:10px' }, t('agents.new')),
    ...Object.values(rows),
    general,
    element('p', { class: 'wa-buttons wa-end' }, cancel, save),
  ];
}

function row(field: string, icon: string, label: string, control: HTMLElement): HTMLElement {
  const target = control.matches('input, select') ? control : control.querySelector('input, select');
  return element(
    'div',
    { class: 'wa-row', 'data-wa-field': field },
    element(
      'label',
      { for: target?.id },
      element('i', { class: `fa fa-${icon}`, 'aria-hidden': 'true' }),
      element('span', {}, label),
    ),
    control,
  );
}
