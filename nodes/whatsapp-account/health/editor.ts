/** "Test connection" of the dialog: what the provider and the Receive URL say to the values that stand in the fields. */
import { type AdminFailure, admin } from '../../shared/admin/editor.ts';
import { button, element, type Translate } from '../../shared/red/editor.ts';

/** Answer of `POST whatsapp/admin/accounts/:id/test`. */
interface AccountTest {
  ok?: boolean;
  problems?: { code: string; message: string }[];
  checks?: { what: string; state: 'ok' | 'failed' | 'unknown'; message: string }[];
}

export interface HealthOptions {
  nodeId: string;
  t: Translate;
  provider: () => string;
  /** What stands in the fields. */
  values: () => Record<string, string>;
  /** Called when there is something new to show. */
  changed: () => void;
}

export interface Health {
  test(): HTMLButtonElement;
  /** Enters the Receive URL at the provider. */
  connect(): HTMLButtonElement;
  /** What was found, null before anything was asked. */
  result(): HTMLElement | null;
  /** What was found holds no more. */
  forget(): void;
}

/** ms: some questions follow each other. */
const TIMEOUT = 45_000;
const ICONS = { ok: 'check', failed: 'times', unknown: 'question' };

export function makeHealth({ nodeId, t, provider, values, changed }: HealthOptions): Health {
  let found: HTMLElement | null = null;
  let asking: 'test' | 'receive-url' | null = null;

  const ask = (what: 'test' | 'receive-url'): void => {
    asking = what;
    found = null;
    changed();
    void admin<AccountTest>('POST', `accounts/${encodeURIComponent(nodeId)}/${what}`, values(), TIMEOUT).then(
      (answer) => {
        asking = null;
        found = answer.ok ? listOf(answer.data) : failureOf(answer.failure);
        changed();
      },
    );
  };

  const asks = (what: 'test' | 'receive-url', icon: string, label: string): HTMLButtonElement => {
    const made = button(icon, asking === what ? t('receive.asking') : label, () => ask(what));
    made.disabled = asking !== null;
    return made;
  };

  const listOf = ({ problems = [], checks = [] }: AccountTest): HTMLElement => {
    const rows = [
      ...problems.map(({ message }) => row('failed', t('receive.check.settings'), `${message}.`)),
      ...checks.map(({ what, state, message }) => row(state, t(`receive.check.${what}`), message)),
    ];
    return element('ul', { class: 'wa-checks', role: 'status' }, ...rows);
  };

  const row = (state: keyof typeof ICONS, what: string, message: string): HTMLElement =>
    element(
      'li',
      { class: `wa-${state}` },
      element('i', { class: `fa fa-${ICONS[state]}`, role: 'img', 'aria-label': t(`receive.state.${state}`) }),
      element('b', {}, what),
      element('span', {}, message),
    );

  const failureOf = ({ status, message }: AdminFailure): HTMLElement => {
    const text = status === 404 ? t('receive.notReady') : message || t('receive.testFailed');
    return element('p', { class: 'wa-fail', role: 'status' }, text);
  };

  return {
    test: () => asks('test', 'heartbeat', t('receive.test')),
    connect: () => asks('receive-url', 'plug', t('receive.connect', { provider: t(`provider.${provider()}.title`) })),
    result: () => found,
    forget() {
      found = null;
    },
  };
}
