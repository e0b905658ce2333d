import { clock, h, icon } from './dom.js';
import { t } from './i18n.js';
import { formatted } from './text.js';

const TICKS = {
  sending: ['clock', ''],
  delivered: ['ticks', ''],
  read: ['ticks', ' read'],
};

/**
 * One bubble. What the customer wrote stands on the right with ticks, what the business sent on the left.
 * @param {object} message
 * @param {{first: boolean, fresh: boolean, quoted?: object, business: string, onAgain: (id: string) => void, onButton: (button: object, message: object) => void}} options
 */
export function bubble(message, { first, fresh, quoted, business, onAgain, onButton }) {
  const mine = message.direction === 'in';
  const failed = message.status === 'failed';
  const media = message.media[0];
  const tick = mine ? TICKS[message.status] : undefined;
  const meta = h(
    'span',
    { class: 'meta' },
    h('time', { datetime: new Date(message.at).toISOString() }, clock(message.at)),
    tick && icon(tick[0], `i${tick[1]}`),
    tick && h('span', { class: 'sr' }, t(`message.${message.status}`)),
  );
  const classes = ['msg', mine && 'out', first && 'first', fresh && 'fresh', failed && 'failed'];
  // A place stands with its name.
  const named = message.text === message.location?.name;
  const text = message.template && !message.text ? templateText(message.template) : named ? '' : message.text;
  return h(
    'div',
    { class: classes.filter(Boolean).join(' '), 'data-id': message.id, 'data-status': message.status },
    quoted && quote(quoted, business),
    media && mediaView(media),
    message.location && locationView(message.location),
    message.template && h('span', { class: 'who' }, t('message.template', { id: message.template.id.slice(0, 24) })),
    text && h('span', { class: 'text', dir: 'auto' }, ...formatted(text)),
    meta,
    message.buttons?.length > 0 &&
      h(
        'div',
        { class: 'replies' },
        ...message.buttons.map((button) =>
          h('button', { type: 'button', onclick: () => onButton(button, message) }, icon('reply', 'i s'), button.text),
        ),
      ),
    failed &&
      mine &&
      h(
        'div',
        { class: 'failline' },
        icon('warn', 'i s'),
        h('span', { class: 'grow' }, message.error?.message ?? t('message.failed')),
        h('button', { type: 'button', onclick: () => onAgain(message.id) }, t('message.again')),
      ),
  );
}

/** A message in one line, for quotes. */
export function summary(message) {
  const media = message.media[0];
  if (media?.contentType.startsWith('image/')) return [t('message.photo'), message.text].filter(Boolean).join(': ');
  if (media) return media.fileName ?? media.contentType;
  if (message.location) return [t('message.location'), message.location.name].filter(Boolean).join(': ');
  return message.text || t('message.one');
}

function templateText(template) {
  return Object.values(template.variables).join(' · ');
}

function quote(quoted, business) {
  return h(
    'span',
    { class: 'quote' },
    h('b', {}, quoted.direction === 'in' ? t('message.you') : business),
    h('span', { class: 'quoted', dir: 'auto' }, summary(quoted)),
  );
}

function mediaView(media) {
  const source = `media/${media.id}`;
  const kind = media.contentType.split('/')[0];
  if (kind === 'image') return h('img', { class: 'photo', src: source, alt: media.fileName ?? t('message.photo') });
  if (kind === 'audio') return h('audio', { class: 'sound', src: source, controls: true });
  if (kind === 'video') return h('video', { class: 'photo', src: source, controls: true });
  return h(
    'a',
    { class: 'doc', href: source, target: '_blank', rel: 'noopener' },
    h('span', { class: 'sheet' }, h('i'), h('i'), h('i'), h('i')),
    h(
      'span',
      { class: 'grow' },
      h('span', { class: 'cut block' }, media.fileName ?? t('message.document')),
      h('span', { class: 't12 mute' }, `${media.contentType.split('/')[1]} · ${Math.ceil(media.size / 1024)} KB`),
    ),
  );
}

function locationView({ latitude, longitude, name, address }) {
  return h(
    'span',
    { class: 'place' },
    icon('pin'),
    h(
      'span',
      { class: 'grow' },
      name && h('b', { class: 'block', dir: 'auto' }, name),
      address && h('span', { class: 'block', dir: 'auto' }, address),
      h('span', { class: 'mute t12 num' }, `${latitude.toFixed(4)}, ${longitude.toFixed(4)}`),
    ),
  );
}
