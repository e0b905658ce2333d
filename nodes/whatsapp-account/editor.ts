/** The account's edit dialog: seven sections, provider-dependent fields, reasons under the fields. */

import { type AgentPicker, makeAgentPicker } from '../shared/agents/editor.ts';
import { isEnvironment } from '../shared/checks.ts';
import { countDispositions, readDispositions } from '../shared/disposition.ts';
import { makeOutline, type OutlineEditor } from '../shared/dispositions/editor.ts';
import { prepareTemplate } from '../shared/notification/editor.ts';
import {
  byId,
  configNodes,
  type EditorNode,
  fillMissing,
  fillZeros,
  suggest,
  translator,
  type Validate,
} from '../shared/red/editor.ts';
import { showProblems, unwatch, watch } from '../shared/rows/editor.ts';
import { makeSections, type Sections } from '../shared/sections/editor.ts';
import { addStyle } from '../shared/style/editor.ts';
import { type CannedAnswersEditor, makeCannedAnswers } from './canned-answers/editor.ts';
import { type AccountProblem, accountProblems, credentialProblems, type OtherAccount, SECTIONS } from './checks.ts';
import { defaults as base, readCannedAnswers } from './config.ts';
import { makeReceiveUrl, type SimulatorAnswer } from './receive-url/editor.ts';

const t = translator('whatsapp-account');
const PREFIX = 'node-config-input';
const CREDENTIALS = ['accountSid', 'authToken', 'webhookSecret', 'verifyToken'];
const SINCH_REGIONS = ['us', 'eu', 'br'].map((region) => `https://${region}.conversation.api.sinch.com`);

interface Dialog {
  nodeId: string;
  root: HTMLElement;
  agents: AgentPicker;
  outline: OutlineEditor;
  answers: CannedAnswersEditor;
}

/** The open dialog, if any: validators then read the fields instead of what is saved. */
let dialog: Dialog | null = null;

function readField(name: string): unknown {
  const field = byId(`${PREFIX}-${name}`);
  if (!field) return undefined;
  return field.type === 'checkbox' ? field.checked : field.value;
}

function readDialog(open: Dialog): Record<string, unknown> {
  const values: Record<string, unknown> = {};
  for (const name of [...Object.keys(base), ...CREDENTIALS]) values[name] = readField(name);
  return { ...values, agents: open.agents.value() };
}

/** What a test is made with. What comes from the environment is only known to the server. */
function askedValues(): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of ['provider', 'phone', 'baseUrl', 'appId', 'domain', ...CREDENTIALS]) {
    const value = String(readField(name) ?? '').trim();
    if (!isEnvironment(value)) values[name] = value;
  }
  return values;
}

function others(nodeId: string): OtherAccount[] {
  return configNodes('whatsapp-account', nodeId)
    .filter((node) => !node.d)
    .map((node) => ({
      name: String(node.name || node.key || node.id),
      key: String(node.key ?? ''),
      phone: String(node.phone ?? ''),
      provider: String(node.provider ?? ''),
    }));
}

/** A validator of one property that says why. */
function why(field: string): Validate {
  return function (value, _options) {
    const around = dialog?.nodeId === this.id ? readDialog(dialog) : { ...this };
    const problem = accountProblems({ ...around, [field]: value }, others(this.id)).find(
      (entry) => entry.field === field && !entry.warning,
    );
    return problem ? t(`errors.${problem.key}`, problem.values) : true;
  };
}

RED.nodes.registerType('whatsapp-account', {
  category: 'config',
  color: '#55aab8',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name, validate: why('name') },
    key: { value: base.key, validate: why('key') },
    color: { value: base.color, validate: why('color') },
    list: { value: base.list },
    domain: { value: base.domain, validate: why('domain') },
    provider: { value: base.provider },
    phone: { value: base.phone, validate: why('phone') },
    description: { value: base.description },
    baseUrl: { value: base.baseUrl, validate: why('baseUrl') },
    appId: { value: base.appId, validate: why('appId') },
    waitForAgent: { value: base.waitForAgent, validate: why('waitForAgent') },
    waitForQueue: { value: base.waitForQueue, validate: why('waitForQueue') },
    sound: { value: base.sound },
    shake: { value: base.shake },
    template: { value: base.template },
    transferToAgent: { value: base.transferToAgent },
    transferToQueue: { value: base.transferToQueue },
    transferToAgentTimeout: { value: base.transferToAgentTimeout, validate: why('transferToAgentTimeout') },
    transferToQueueTimeout: { value: base.transferToQueueTimeout, validate: why('transferToQueueTimeout') },
    mandatoryDisposition: { value: base.mandatoryDisposition },
    dispositionPause: { value: base.dispositionPause },
    dispositions: { value: base.dispositions },
    reopenMinutes: { value: base.reopenMinutes, validate: why('reopenMinutes') },
    autoCloseHours: { value: base.autoCloseHours, validate: why('autoCloseHours') },
    windowTemplate: { value: base.windowTemplate },
    rate: { value: base.rate, validate: why('rate') },
    readReceipts: { value: base.readReceipts },
    typing: { value: base.typing },
    cannedAnswers: { value: base.cannedAnswers },
    agents: { value: base.agents },
  },
  credentials: {
    accountSid: { type: 'text' },
    authToken: { type: 'password' },
    webhookSecret: { type: 'password' },
    verifyToken: { type: 'text' },
  },
  // A wa-inbound without an account listens to all of them, so an account without a user is nothing to warn about.
  hasUsers: false,
  label() {
    return this.name || String(this.key || '') || 'whatsapp-account';
  },
  oneditprepare() {
    open(this);
  },
  oneditsave() {
    if (!dialog) return;
    this.configVersion = base.configVersion;
    this.agents = dialog.agents.value();
    this.dispositions = dialog.outline.value();
    this.cannedAnswers = dialog.answers.value();
    close();
  },
  oneditcancel: close,
});

function close(): void {
  if (dialog) unwatch(dialog.root);
  dialog = null;
}

function open(node: EditorNode): void {
  addStyle();
  const root = byId<HTMLElement>('wa-account');
  const isNew = !RED.nodes.node(node.id);
  if (isNew && !readField('domain')) byId(`${PREFIX}-domain`).value = defaultDomain();
  fillZeros(PREFIX, base);
  if (!isNew) fillMissing(PREFIX, node, base);

  const sections = makeSections(root, Object.fromEntries(SECTIONS.map((name) => [name, t(`sections.${name}`)])));
  let recheck = (): void => undefined;
  const changed = (): void => recheck();

  const agents = makeAgentPicker({
    root: byId<HTMLElement>('wa-account-agents'),
    value: Array.isArray(node.agents) ? (node.agents as string[]) : [],
    t,
    everybody: t('agents.everybody'),
    changed,
  });
  const outline = makeOutline({
    root: byId<HTMLElement>('wa-account-dispositions'),
    value: readDispositions(node.dispositions),
    account: node.id,
    t,
    changed,
  });
  const answers = makeCannedAnswers(
    byId<HTMLElement>('wa-account-answers'),
    readCannedAnswers(node.cannedAnswers),
    t,
    changed,
  );
  dialog = { nodeId: node.id, root, agents, outline, answers };

  const drawUrl = makeReceiveUrl({
    root: byId<HTMLElement>('wa-account-receive'),
    nodeId: node.id,
    isNew,
    t,
    provider: () => String(readField('provider')),
    describe: () => ({
      key: String(readField('key')),
      name: String(readField('name')),
      phone: String(readField('phone')),
    }),
    values: askedValues,
    token: (token) => {
      byId('wa-account-token').value = token;
    },
    simulated: fillFromSimulator,
  });

  prepareProvider(drawUrl);
  prepareColor(node);
  prepareTemplate({
    field: byId<HTMLTextAreaElement>(`${PREFIX}-template`),
    variables: byId<HTMLElement>('wa-account-variables'),
    example: byId<HTMLElement>('wa-account-preview'),
    fallback: base.template,
  });
  prepareSuggestions(node);
  const open = dialog;
  recheck = watch(root, () => refresh(open, sections));
}

/** The reasons under the fields, the counts and marks on the sections. */
function refresh(open: Dialog, sections: Sections): void {
  const values = readDialog(open);
  const problems: AccountProblem[] = [...accountProblems(values, others(open.nodeId)), ...credentialProblems(values)];
  if (open.outline.hasRepetition()) {
    problems.push({ field: 'dispositions', section: 'dispositions', key: 'dispositionRepeated', warning: true });
  }
  const repeated = open.answers.repeated();
  if (repeated) {
    problems.push({
      field: 'answers',
      section: 'answers',
      key: 'shortcutRepeated',
      values: { shortcut: repeated },
      warning: true,
    });
  }
  showProblems(
    open.root,
    problems.map((problem) => ({
      field: problem.field,
      reason: t(`errors.${problem.key}`, problem.values),
      ...(problem.warning ? { warning: true } : {}),
    })),
  );

  const counts: Record<string, number | undefined> = {
    dispositions: countDispositions(open.outline.value()),
    answers: open.answers.value().length,
    agents: open.agents.value().includes('*') ? undefined : open.agents.value().length,
  };
  for (const name of SECTIONS) {
    const own = problems.filter((problem) => problem.section === name);
    const count = counts[name];
    sections.update(name, {
      ...(count === undefined ? {} : { count }),
      ...(own.length === 0
        ? {}
        : {
            problem: own.some((problem) => !problem.warning) ? 'error' : 'warning',
            problemLabel: t(own.length === 1 ? 'sections.problem' : 'sections.problems', { number: own.length }),
          }),
    });
  }
}

/** `publicUrl` of the settings if the runtime tells it, else this editor's host behind https. */
function defaultDomain(): string {
  const publicUrl = RED.settings.whatsappAccountPublicUrl;
  if (typeof publicUrl === 'string' && publicUrl !== '') return publicUrl.replace(/\/+$/, '');
  return `https://${window.location.hostname}`;
}

/** Shows the fields of the chosen provider under its own words. */
function prepareProvider(changed: () => void): void {
  const select = byId<HTMLSelectElement>(`${PREFIX}-provider`);
  const show = (): void => {
    const provider = select.value || base.provider;
    for (const row of document.querySelectorAll<HTMLElement>('#wa-account [data-wa-provider]')) {
      row.hidden = !row.dataset.waProvider!.split(' ').includes(provider);
    }
    for (const label of document.querySelectorAll<HTMLElement>('#wa-account [data-wa-word]')) {
      const key = `provider.${provider}.${label.dataset.waWord}`;
      const word = t(key);
      label.textContent = word;
      label.hidden = word === '';
    }
    byId(`${PREFIX}-baseUrl`).placeholder = t(`provider.${provider}.baseUrlPlaceholder`);
    changed();
  };
  select.addEventListener('change', show);
  show();
}

/** A colour field cannot be empty, so the saved text stands in a field of its own. */
function prepareColor(node: EditorNode): void {
  const saved = byId(`${PREFIX}-color`);
  const picker = byId('wa-account-color');
  const clear = byId<HTMLButtonElement>('wa-account-color-clear');
  const show = (): void => {
    const chosen = /^#[0-9a-f]{6}$/i.test(saved.value);
    if (chosen) picker.value = saved.value;
    picker.classList.toggle('wa-unset', !chosen);
    clear.hidden = saved.value === '';
  };
  const set = (value: string): void => {
    saved.value = value;
    show();
    $(saved).trigger('change');
  };
  saved.value = String(node.color ?? '');
  picker.addEventListener('input', () => set(picker.value));
  clear.addEventListener('click', () => set(''));
  clear.setAttribute('aria-label', t('label.noColor'));
  clear.title = t('label.noColor');
  picker.setAttribute('aria-label', t('label.color'));
  show();
}

function prepareSuggestions(node: EditorNode): void {
  const lists = new Set([
    'Default',
    ...configNodes('whatsapp-account', node.id).map((other) => String(other.list || 'Default')),
  ]);
  $(`#${PREFIX}-list`).autoComplete({ search: suggest(() => [...lists]), minLength: 0 });
  const regions = suggest(() => SINCH_REGIONS);
  $(`#${PREFIX}-baseUrl`).autoComplete({
    search: (typed) => (readField('provider') === 'sinch' ? regions(typed) : []),
    minLength: 0,
  });
}

/** The simulator stands in for the chosen provider: its address and its invented credentials go into the fields. */
function fillFromSimulator({ url: _, ...values }: SimulatorAnswer): void {
  for (const [name, value] of Object.entries(values)) {
    const field = byId(`${PREFIX}-${name}`);
    if (!field || typeof value !== 'string' || value === '') continue;
    field.value = value;
    field.dispatchEvent(new Event('change', { bubbles: true }));
    $(field).trigger('change');
  }
}
