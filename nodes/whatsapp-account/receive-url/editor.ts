/** The box at the head of the settings: the Receive URL once there is one, the phone simulator, and a test of the connection. */
import { callbackUrl } from '../../../providers/callback.ts';
import { type AdminFailure, admin } from '../../shared/admin/editor.ts';
import { button, copyText, element, flash, type Translate } from '../../shared/red/editor.ts';
import { makeHealth } from '../health/editor.ts';

/** Answer of `GET whatsapp/admin/accounts/:id`. */
interface DeployedAccount {
  id: string;
  receiveUrl: string;
  proxyToken: string;
  lastInboundAt?: string | null;
  lastError?: string | { code?: string; message?: string } | null;
}

/** Answer of `POST whatsapp/admin/simulator`. */
export interface SimulatorAnswer {
  /** Address of the phone page. */
  url: string;
  baseUrl: string;
  phone: string;
  provider: string;
  accountSid: string;
  authToken: string;
  /** Those that the provider has. */
  appId?: string;
  webhookSecret?: string;
  verifyToken?: string;
}

export interface ReceiveUrlOptions {
  root: HTMLElement;
  nodeId: string;
  /** A node that was never saved has no URL yet. */
  isNew: boolean;
  t: Translate;
  provider: () => string;
  /** What the simulator may know of the account. */
  describe: () => { key: string; name: string; phone: string };
  /** What stands in the fields, for the test. */
  values: () => Record<string, string>;
  /** Called with the proxy token once it is known. */
  token: (token: string) => void;
  /** Called with what the simulator wants to be filled in. */
  simulated: (answer: SimulatorAnswer) => void;
}

/** Builds the box and loads the account's state. The returned function redraws it, for a change of provider. */
export function makeReceiveUrl(options: ReceiveUrlOptions): () => void {
  const { root, t } = options;
  let account: DeployedAccount | null = null;
  let phonePage = '';
  let note: { text: string; bad: boolean } | null = null;

  const say = (text: string, bad: boolean): void => {
    note = { text, bad };
    health.forget();
    draw();
  };

  const health = makeHealth({
    ...{ nodeId: options.nodeId, t, provider: options.provider, values: options.values },
    changed: () => {
      note = null;
      draw();
    },
  });

  const simulator = (): HTMLButtonElement => {
    const made = button('mobile', t('receive.simulator'), () => {
      made.disabled = true;
      // A deployed account is named by its node, a new one described by what stands in the fields.
      const body = {
        provider: options.provider(),
        account: options.isNew || !account ? { id: options.nodeId, ...options.describe() } : options.nodeId,
      };
      void admin<SimulatorAnswer>('POST', 'simulator', body).then((answer) => {
        made.disabled = false;
        if (!answer.ok) return say(failureText(answer.failure, t('receive.simulatorFailed')), true);
        phonePage = answer.data.url;
        options.simulated(answer.data);
        window.open(phonePage, '_blank', 'noopener');
        say(t('receive.simulated'), false);
      });
    });
    return made;
  };

  const failureText = (failure: AdminFailure, text: string): string => {
    if (failure.status === 404) return t('receive.notReady');
    return failure.message ? `${text} ${failure.message}` : text;
  };

  const draw = (): void => {
    const line = note
      ? element('p', { class: note.bad ? 'wa-fail' : 'wa-ok', role: 'status' }, note.text)
      : health.result();
    const phone =
      phonePage &&
      element(
        'a',
        { href: phonePage, target: '_blank', rel: 'noopener', class: 'red-ui-button red-ui-button-small' },
        t('receive.openPhone'),
      );
    if (!account) {
      root.className = 'wa-tip';
      root.replaceChildren(
        element('p', { style: 'margin-bottom:8px' }, t('receive.afterDeploy')),
        element('p', { class: 'wa-buttons' }, health.test(), simulator(), phone || null),
        line ?? '',
      );
      return;
    }
    const url = callbackUrl(options.provider(), account.receiveUrl);
    const copy = button('clipboard', t('receive.copy'), () => {
      void copyText(url).then(() => flash(copy, t('receive.copied')));
    });
    root.className = 'wa-box';
    root.replaceChildren(
      element('div', { class: 'wa-head' }, element('h4', {}, t('receive.title')), state(account)),
      element('code', { dir: 'ltr' }, url),
      options.provider() === 'meta'
        ? element('p', { class: 'wa-hint', style: 'margin-bottom:8px' }, t('receive.meta'))
        : '',
      element('p', { class: 'wa-buttons' }, copy, health.test(), health.connect(), simulator(), phone || null),
      line ?? '',
    );
  };

  const state = (deployed: DeployedAccount): HTMLElement => {
    const error =
      typeof deployed.lastError === 'string'
        ? deployed.lastError
        : deployed.lastError?.message || deployed.lastError?.code;
    if (error) return element('span', { class: 'wa-fail' }, error);
    if (!deployed.lastInboundAt) return element('span', { class: 'wa-note' }, t('receive.noMessage'));
    return element('span', { class: 'wa-ok' }, `● ${t('receive.lastMessage', { time: when(deployed.lastInboundAt) })}`);
  };

  draw();
  const redraw = (): void => {
    health.forget();
    draw();
  };
  if (!options.isNew) {
    void admin<DeployedAccount>('GET', `accounts/${encodeURIComponent(options.nodeId)}`).then((answer) => {
      if (!answer.ok || !answer.data.receiveUrl || !root.isConnected) return;
      account = answer.data;
      options.token(account.proxyToken);
      draw();
    });
  }
  return redraw;
}

/** The time alone for today, date and time for earlier. */
function when(iso: string): string {
  const date = new Date(iso);
  const today = new Date().toDateString() === date.toDateString();
  return today ? date.toLocaleTimeString() : date.toLocaleString();
}
