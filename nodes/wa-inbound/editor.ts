/** The wa-inbound edit dialog. */
import { field, liveDialog, type Problem } from '../shared/dialog/editor.ts';
import { configNodes, translator } from '../shared/red/editor.ts';
import { defaults as base } from './config.ts';

const t = translator('wa-inbound');

const dialog = liveDialog(t, (values) => {
  const problems: Problem[] = [];
  const account = String(values.account ?? '');
  if (account !== '' && account !== '_ADD_' && !RED.nodes.node(account))
    problems.push({ field: 'account', key: 'account' });
  else if (configNodes('whatsapp-account').length === 0)
    problems.push({ field: 'account', key: 'noAccount', warning: true });
  return problems;
});

RED.nodes.registerType('wa-inbound', {
  category: 'whatsapp',
  color: '#55aab8',
  defaults: {
    configVersion: { value: base.configVersion },
    name: { value: base.name },
    account: { value: base.account, type: 'whatsapp-account', required: false },
  },
  inputs: 0,
  outputs: 2,
  icon: 'wa-inbound.svg',
  paletteLabel: 'wa inbound',
  label() {
    const account = RED.nodes.node(String(this.account ?? ''));
    return this.name || account?.name || 'wa inbound';
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  outputLabels(index) {
    return t(`output.${index}`);
  },
  oneditprepare() {
    // Empty is a choice here, not something missing.
    $('#node-input-account option[value="_ADD_"]')
      .filter((_index, option) => option.textContent !== '')
      .first()
      .text(t('label.all'));
    dialog.open(this, 'wa-inbound-form', () => ({ account: field('account') }));
  },
  oneditsave() {
    this.configVersion = base.configVersion;
    dialog.close();
  },
  oneditcancel() {
    dialog.close();
  },
});
