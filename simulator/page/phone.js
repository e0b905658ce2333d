import { call } from './api.js';
import { clock, dayName, h, icon, readable } from './dom.js';
import { t } from './i18n.js';
import { bubble } from './message.js';

const MAX_FILE = 16 * 1024 * 1024;
const TYPING_MS = 25_000;
const NAMES = [
  'Marta Ferri',
  'Luis Ortega',
  'Aiko Tanaka',
  'Noah Becker',
  'Zoë Martin',
  'Amara Obi',
  'Jonas Lind',
  'Leyla Kaya',
];

/**
 * One phone on the page: a customer, the business number written to, and their conversation.
 * @param {{accounts: Map<string, object>, customers: Map<string, object>}} world shared by all phones
 * @param {{customer?: string, account?: string}} start
 * @param {{onChange: () => void, onRemove: (phone: object) => void}} hooks
 */
export function createPhone(world, start, { onChange, onRemove }) {
  const messages = new Map();
  const rendered = new Map();
  let customer = start.customer ?? null;
  let account = start.account ?? null;
  let typingUntil = 0;
  let loaded = false;
  let draft = '';

  const picked = h('button', {
    class: 'field grow',
    type: 'button',
    onclick: () => choose(null),
    title: t('phone.chooseOther'),
  });
  const remove = h(
    'button',
    { class: 'icon', type: 'button', 'aria-label': t('phone.remove'), onclick: () => onRemove(phone) },
    icon('x'),
  );
  const time = h('span', { class: 'grow num' });
  const content = h('div', { class: 'content' });
  const element = h(
    'section',
    { class: 'unit' },
    h('header', {}, picked, remove),
    h(
      'div',
      { class: 'phone' },
      h(
        'div',
        { class: 'screen' },
        h('div', { class: 'status', 'aria-hidden': 'true' }, time, icon('signal'), icon('wifi'), icon('battery')),
        content,
        h('i', { class: 'homebar' }),
      ),
    ),
  );

  const phone = {
    element,
    get customer() {
      return customer;
    },
    /** Whether an account that appears or changes needs the screen to be built anew; the choice of customers stays as it is. */
    get showsAccount() {
      return customer !== null || account === null;
    },
    saved: () => ({ customer: customer ? world.customers.get(customer) : null, account }),
    refresh,
    take,
    typing,
    second,
    load,
  };

  /** Shows a customer's conversation, or the choice of customers. */
  function choose(id) {
    customer = id;
    draft = '';
    messages.clear();
    loaded = false;
    onChange();
    refresh();
    if (id) void load();
  }

  async function load() {
    if (!customer || !world.accounts.has(account)) return;
    const asked = `${customer} ${account}`;
    const answer = await call('GET', `/phones/${customer}/messages?account=${encodeURIComponent(account)}`).catch(
      () => null,
    );
    if (!answer || asked !== `${customer} ${account}`) return;
    for (const message of answer.messages) keep(message);
    loaded = true;
    // Building the screen anew would take the focus from somebody who is writing.
    if (chat?.isConnected) draw();
    else refresh();
  }

  /** Builds the screen anew. */
  function refresh() {
    if (!world.accounts.has(account)) account = [...world.accounts.keys()][0] ?? null;
    const person = world.customers.get(customer);
    picked.replaceChildren(
      ...(person
        ? [
            h('b', { class: 'strong cut', dir: 'auto' }, person.name),
            h('span', { class: 'mute num cut' }, person.phone ? readable(person.phone) : t('phone.noNumber')),
          ]
        : [h('span', { class: 'mute' }, t('phone.choose'))]),
      h('span', { class: 'grow' }),
      icon('down', 'i s'),
    );
    element.setAttribute('aria-label', person ? t('phone.of', { name: person.name }) : t('phone.fresh'));
    rendered.clear();
    if (!account) content.replaceChildren(noAccount());
    else if (!person) content.replaceChildren(...chooser());
    else content.replaceChildren(...conversation());
    second();
    if (person && account) draw();
  }

  function noAccount() {
    return h(
      'div',
      { class: 'empty' },
      h('span', { class: 'avatar l' }, icon('phone')),
      h('h2', {}, t('phone.noAccount')),
      h('p', {}, t('phone.noAccountLead')),
    );
  }

  function chooser() {
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    const free = NAMES.find((name) => ![...world.customers.values()].some((known) => known.name === name)) ?? '';
    const name = h('input', {
      name: 'name',
      value: free,
      maxlength: 80,
      required: true,
      autocomplete: 'off',
      dir: 'auto',
    });
    const number = h('input', {
      name: 'phone',
      placeholder: t('phone.fictional'),
      inputmode: 'tel',
      autocomplete: 'off',
    });
    const create = async (event) => {
      event.preventDefault();
      try {
        const made = (await call('POST', '/phones', { name: name.value, phone: number.value })).phone;
        world.customers.set(made.id, made);
        choose(made.id);
        content.querySelector('textarea')?.focus();
      } catch (error) {
        problem.textContent = error.message;
        problem.hidden = false;
      }
    };
    const known = [...world.customers.values()].reverse().slice(0, 100);
    return [
      h(
        'div',
        { class: 'chooser' },
        h('h2', {}, t('phone.who')),
        h(
          'form',
          { class: 'create', onsubmit: create },
          h('label', {}, h('span', { class: 'label' }, t('phone.name')), h('span', { class: 'field' }, name)),
          h('label', {}, h('span', { class: 'label' }, t('phone.number')), h('span', { class: 'field' }, number)),
          problem,
          h('button', { class: 'btn primary', type: 'submit' }, t('phone.on')),
        ),
        known.length > 0 && h('h3', { class: 'label' }, t('phone.known')),
        known.length > 0 &&
          h(
            'ul',
            { class: 'people' },
            ...known.map((person) =>
              h(
                'li',
                {},
                h(
                  'button',
                  { type: 'button', onclick: () => choose(person.id) },
                  h('span', { class: 'avatar s' }, initials(person.name)),
                  h(
                    'span',
                    { class: 'grow' },
                    h('b', { class: 'strong cut block', dir: 'auto' }, person.name),
                    h('span', { class: 't12 mute num' }, person.phone ? readable(person.phone) : person.userId),
                  ),
                ),
              ),
            ),
          ),
      ),
    ];
  }

  let chat;
  let waitline;
  let subtitle;
  /** Whether the view keeps to the end of the conversation when it grows or its place shrinks. */
  let stays = true;
  const resized = new ResizeObserver(() => toEnd());

  function toEnd() {
    if (stays) chat.scrollTop = chat.scrollHeight;
  }

  function conversation() {
    const business = world.accounts.get(account);
    chat = h('div', { class: 'chat', role: 'log', 'aria-label': t('phone.conversation'), tabindex: '0' });
    chat.addEventListener('scroll', () => {
      stays = isAtEnd();
    });
    // Pictures arrive later than their bubbles; load events do not bubble.
    chat.addEventListener('load', toEnd, true);
    resized.disconnect();
    resized.observe(chat);
    waitline = h('p', { class: 'sysline' });
    subtitle = h('p', { class: 't12 mute cut' });
    const accounts = [...world.accounts.values()];
    const picker = h(
      'select',
      {
        'aria-label': t('phone.business'),
        onchange: (event) => {
          account = event.target.value;
          messages.clear();
          loaded = false;
          onChange();
          refresh();
          void load();
        },
      },
      ...accounts.map((one) =>
        h(
          'option',
          { value: one.id, selected: one.id === account },
          `${one.name} · ${readable(one.phone)}${one.key ? ` · ${one.key}` : ''}`,
        ),
      ),
    );
    const input = h('textarea', {
      rows: 1,
      placeholder: t('phone.message'),
      'aria-label': t('phone.message'),
      maxlength: 4096,
      dir: 'auto',
    });
    const go = h(
      'button',
      { class: 'go', type: 'submit', 'aria-label': t('phone.send'), disabled: true },
      icon('send'),
    );
    const problem = h('p', { class: 'problem', role: 'alert', hidden: true });
    const file = h('input', {
      type: 'file',
      class: 'sr',
      tabindex: '-1',
      'aria-hidden': 'true',
      onchange: () => void attach(file, problem),
    });
    const fitBox = () => {
      draft = input.value;
      go.disabled = draft.trim() === '';
      input.style.blockSize = 'auto';
      input.style.blockSize = `${Math.min(input.scrollHeight, 108)}px`;
    };
    const send = (event) => {
      event.preventDefault();
      const text = input.value;
      if (!text.trim()) return;
      input.value = '';
      fitBox();
      write({ text }).catch((error) => {
        input.value ||= text;
        fitBox();
        problem.textContent = error.message;
        problem.hidden = false;
      });
      problem.hidden = true;
      input.focus();
    };
    input.value = draft;
    input.addEventListener('input', fitBox);
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) send(event);
    });
    go.disabled = draft.trim() === '';
    return [
      h(
        'div',
        { class: `top a${(accounts.findIndex((one) => one.id === account) % 5) + 1}` },
        h(
          'button',
          { class: 'icon', type: 'button', 'aria-label': t('phone.chooseOther'), onclick: () => choose(null) },
          icon('back'),
        ),
        h('span', { class: 'avatar shop', 'aria-hidden': 'true' }, initials(business.name)),
        h('div', { class: 'grow' }, h('p', { class: 'strong cut', dir: 'auto' }, business.name), subtitle),
        accounts.length > 1 && h('span', { class: 'pick' }, icon('down'), picker),
      ),
      chat,
      problem,
      h(
        'form',
        { class: 'say', onsubmit: send },
        h(
          'span',
          { class: 'field' },
          input,
          h(
            'button',
            { class: 'icon', type: 'button', 'aria-label': t('phone.attach'), onclick: () => file.click() },
            icon('clip'),
          ),
          file,
        ),
        go,
      ),
    ];
  }

  async function write(body) {
    const { message } = await call('POST', `/phones/${customer}/messages`, { account, ...body });
    take(message);
  }

  async function attach(input, problem) {
    const [file] = input.files;
    input.value = '';
    if (!file) return;
    problem.hidden = file.size <= MAX_FILE;
    problem.textContent = t('phone.tooLarge');
    if (!problem.hidden) return;
    const data = await base64(file);
    await write({
      text: draft.trim(),
      media: { contentType: (file.type || 'application/octet-stream').split(';')[0], data, fileName: file.name },
    })
      .then(() => {
        const box = content.querySelector('textarea');
        if (!box) return;
        box.value = '';
        box.dispatchEvent(new Event('input'));
      })
      .catch((error) => {
        problem.textContent = error.message;
        problem.hidden = false;
      });
  }

  /** A new or changed message; older versions of it are ignored. */
  function take(message) {
    if (message.customer !== customer || message.account !== account) return;
    keep(message);
    if (message.direction === 'out') typingUntil = 0;
    if (chat) draw();
  }

  /** Answers and events overtake each other: the newer state of a message wins. */
  function keep(message) {
    const known = messages.get(message.id);
    if (!known || known.version < message.version) messages.set(message.id, message);
  }

  function typing(data) {
    if (data.customer !== customer || data.account !== account) return;
    typingUntil = Date.now() + TYPING_MS;
    second();
  }

  /** Draws what changed; the view stays at the end if it was there. */
  function draw() {
    const visible = [...messages.values()]
      .filter((message) => message.direction === 'in' || ['sent', 'delivered', 'read'].includes(message.status))
      .sort((a, b) => a.at - b.at);
    const fresh = rendered.size > 0;
    const children = [h('span', { class: 'spring' })];
    let day = '';
    let before = null;
    for (const message of visible) {
      const name = dayName(message.at);
      if (name !== day) {
        children.push(h('span', { class: 'day' }, name));
        before = null;
      }
      day = name;
      const first = before !== message.direction;
      before = message.direction;
      const version = `${message.version} ${first}`;
      let entry = rendered.get(message.id);
      if (entry?.version !== version) {
        const options = {
          first,
          fresh: fresh && !entry,
          quoted: message.repliedTo ? messages.get(message.repliedTo) : undefined,
          business: world.accounts.get(account).name,
          onAgain: (id) =>
            void call('POST', `/phones/${customer}/messages/${encodeURIComponent(id)}/again`, {}).catch(
              () => undefined,
            ),
          onButton: (button, asked) => void write({ text: '', button, repliedTo: asked.id }).catch(() => undefined),
        };
        entry = { version, element: bubble(message, options) };
        rendered.set(message.id, entry);
      }
      children.push(entry.element);
    }
    if (visible.length === 0 && loaded) {
      children.push(h('p', { class: 'invite' }, t('phone.nothing')));
    }
    chat.replaceChildren(...children, waitline);
    second();
    if (!fresh) stays = true;
    toEnd();
    markRead();
  }

  function isAtEnd() {
    return chat.scrollHeight - chat.scrollTop - chat.clientHeight < 60;
  }

  /** Read receipts go out for what is really in view. */
  function markRead() {
    if (document.visibilityState !== 'visible') return;
    if (![...messages.values()].some((message) => message.direction === 'out' && message.status === 'delivered'))
      return;
    void call('POST', `/phones/${customer}/read`, { account }).catch(() => undefined);
  }

  /** Once a second: the phone's clock, who is typing, how long the customer has been waiting. */
  function second() {
    const now = Date.now();
    time.textContent = clock(now);
    const business = world.accounts.get(account);
    if (!customer || !business || !subtitle) return;
    const isTyping = now < typingUntil;
    const line = isTyping
      ? t('phone.typing')
      : `${readable(business.phone)}${business.key ? ` · ${business.key}` : ''}`;
    if (subtitle.textContent !== line) subtitle.textContent = line;
    subtitle.classList.toggle('is-typing', isTyping);
    const since = waitingSince([...messages.values()].sort((a, b) => a.at - b.at));
    const seconds = since === null ? 0 : Math.floor((now - since) / 1000);
    waitline.hidden = seconds < 3;
    if (waitline.hidden) return;
    const text = t('phone.waiting', { time: duration(seconds) });
    if (waitline.lastChild?.textContent !== text) waitline.replaceChildren(icon('clock'), h('span', {}, text));
    toEnd();
  }

  refresh();
  void load();
  return phone;
}

/** Since when the customer waits: the first delivered message after the last answer. */
function waitingSince(sorted) {
  let since = null;
  for (const message of sorted) {
    if (message.direction === 'out' && message.status !== 'failed') since = null;
    else if (message.direction === 'in' && message.status !== 'failed' && message.status !== 'sending')
      since ??= message.at;
  }
  return since;
}

function duration(seconds) {
  if (seconds < 3600) return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)}`;
}

function initials(name) {
  const words = name.replace(/^\+?\d+$/, '#').split(/\s+/);
  return words
    .slice(0, 2)
    .map((word) => [...word][0] ?? '')
    .join('')
    .toUpperCase();
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
