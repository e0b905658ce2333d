/** The wa-send edit dialog: the fields follow the mode. */
import { isEnvironment } from '../shared/checks.ts';
import { field, liveDialog } from '../shared/dialog/editor.ts';
import { byId, configNodes, translator } from '../shared/red/editor.ts';
import { sendProblems } from './checks.ts';
import { defaults as base, migrate, type SendButton, type SendLocation } from './config.ts';
import { makePairList } from './lists/editor.ts';
import { makeTemplates } from './templates/editor.ts';

const t = translator('wa-send');
const PLACE = ['latitude', 'longitude', 'name', 'address'] as const;

interface Lists {
  variables: () => Record<string, string>;
  buttons: () => SendButton[];
}

let lists: Lists | null = null;

const dialog = liveDialog(t, (values) =>
  sendProblems(values, providersOf(String(values.account ?? ''))).filter(
    (problem) => !isEnvironment(values[problem.field]),
  ),
);

/** The provider of an account, or of every account if none is chosen. */
function providersOf(account: string): string[] {
  const chosen = RED.nodes.node(account);
  const meant = chosen?.type === 'whatsapp-account' ? [chosen] : configNodes('whatsapp-account');
  return meant.map((node) => String(node.provider ?? ''));
}

/** The account whose templates are meant: the chosen one, or the only one there is. */
function listedAccount(): string {
  const chosen = String(field('account') ?? '');
  if (RED.nodes.node(chosen)?.type === 'whatsapp-account') return chosen;
  const all = configNodes('whatsapp-account');
  return all.length === 1 ? all[0]!.id : '';
}

function readLocation(): SendLocation {
  const [latitude, longitude, name, address] = PLACE.map((part) => byId(`wa-send-${part}`).value.trim());
  return { latitude: latitude!, longitude: longitude!, name: name!, address: address! };
}

RED.nodes.registerType('wa-send', {
  category: 'whatsapp',
  color: '#86a6dc',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    account: { value: base.account, type: 'whatsapp-account', required: false },
    mode: { value: base.mode },
    text: { value: base.text, validate: dialog.why('text') },
    template: { value: base.template, validate: dialog.why('template') },
    variables: { value: base.variables },
    mediaUrl: { value: base.mediaUrl, validate: dialog.why('mediaUrl') },
    location: { value: base.location, validate: dialog.why('location') },
    buttons: { value: base.buttons, validate: dialog.why('buttons') },
    to: { value: base.to, validate: dialog.why('to') },
    times: { value: base.times },
  },
  inputs: 1,
  outputs: 1,
  icon: 'wa-send.svg',
  paletteLabel: 'wa send',
  label() {
    const text = String(this.text ?? '').trim();
    return this.name || (text.length > 28 ? `${text.slice(0, 27)}…` : text) || 'wa send';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    const saved = migrate(this);
    let recheck = (): void => undefined;
    const changed = (): void => recheck();
    const templates = makeTemplates({
      field: byId('node-input-template'),
      root: byId<HTMLElement>('wa-send-templates'),
      values: saved.variables,
      account: listedAccount,
      t,
      changed,
    });
    const buttons = makePairList({
      list: byId<HTMLElement>('wa-send-buttons'),
      rows: saved.buttons.map((button): [string, string] => [button.text, button.id]),
      first: t('label.buttonText'),
      second: t('label.buttonId'),
      add: t('label.addButton'),
      changed,
    });
    lists = {
      variables: templates.values,
      buttons: () => buttons().map(([text, id]) => ({ id, text })),
    };
    for (const part of PLACE) byId(`wa-send-${part}`).value = saved.location[part];

    // Empty is a choice here, not something missing.
    $('#node-input-account option[value="_ADD_"]').first().text(t('label.messageAccount'));
    const mode = byId<HTMLSelectElement>('node-input-mode');
    const show = (): void => {
      for (const row of document.querySelectorAll<HTMLElement>('#wa-send-form [data-wa-mode]')) {
        row.hidden = !row.dataset.waMode!.split(' ').includes(mode.value);
      }
      byId<HTMLElement>('wa-send-text-label').textContent = t(`textLabel.${mode.value}`);
      byId<HTMLElement>('wa-send-mode-hint').textContent = t(`modeHint.${mode.value}`);
      if (mode.value === 'template') templates.load();
    };
    mode.addEventListener('change', show);
    $('#node-input-account').on('change', () => {
      if (mode.value === 'template') templates.load();
    });
    show();
    const open = lists;
    recheck = dialog.open(this, 'wa-send-form', () => ({
      mode: field('mode'),
      text: field('text'),
      template: field('template'),
      mediaUrl: field('mediaUrl'),
      to: field('to'),
      account: field('account'),
      location: readLocation(),
      buttons: open.buttons(),
    }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    if (lists) {
      this.variables = lists.variables();
      this.buttons = lists.buttons();
      this.location = readLocation();
    }
    lists = null;
    dialog.close();
  },
  oneditcancel() {
    lists = null;
    dialog.close();
  },
});
