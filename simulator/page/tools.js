import { call } from './api.js';
import { $, clock, h } from './dom.js';
import { t } from './i18n.js';

const LOG_ROWS = 200;

/** The switches: the names of what they say, what they set, and when they are on. */
const SWITCHES = [
  { name: 'webhookTwice', on: (b) => b.webhookTwice, set: (on) => ({ webhookTwice: on }) },
  { name: 'wrongSignature', on: (b) => b.wrongSignature, set: (on) => ({ wrongSignature: on }) },
  {
    name: 'reversed',
    on: (b) => b.statuses === 'reversed',
    set: (on) => ({ statuses: on ? 'reversed' : 'ordered' }),
  },
  { name: 'shuffled', on: (b) => b.webhookShuffle > 0, set: (on) => ({ webhookShuffle: on ? 2000 : 0 }) },
  { name: 'send429', on: (b) => b.send === '429', set: (on) => ({ send: on ? '429' : 'ok' }) },
  { name: 'neverRead', on: (b) => b.neverRead, set: (on) => ({ neverRead: on }) },
  { name: 'send503', on: (b) => b.send === '503', set: (on) => ({ send: on ? '503' : 'ok' }) },
  { name: 'send500', on: (b) => b.send === '500', set: (on) => ({ send: on ? '500' : 'ok' }) },
  { name: 'slow', on: (b) => b.sendDelay > 0, set: (on) => ({ sendDelay: on ? 5000 : 0 }) },
  { name: 'late', on: (b) => b.webhookDelay > 0, set: (on) => ({ webhookDelay: on ? 3000 : 0 }) },
  { name: 'lost', on: (b) => b.send === 'lost', set: (on) => ({ send: on ? 'lost' : 'ok' }) },
  { name: 'mixed', on: (b) => b.send === 'mixed', set: (on) => ({ send: on ? 'mixed' : 'ok' }) },
  { name: 'optedOut', on: (b) => b.optedOut, set: (on) => ({ optedOut: on }) },
  { name: 'windowClosed', on: (b) => b.windowClosed, set: (on) => ({ windowClosed: on }) },
  { name: 'share', on: (b) => b.share < 100, set: (on) => ({ share: on ? 25 : 100 }) },
];

/** The tools beside the phones: switches for what goes wrong, and the log of calls. */
export function createTools() {
  let entries = [];
  let held = [];
  let paused = false;
  let failedOnly = false;

  const rows = SWITCHES.map((one) => {
    const button = h('button', {
      class: 'switch fail',
      type: 'button',
      role: 'switch',
      'aria-checked': 'false',
      'aria-label': t(`fail.${one.name}`),
    });
    const row = h('li', {}, h('span', { class: 'grow' }, t(`fail.${one.name}`)), button);
    button.addEventListener('click', async () => {
      const answer = await call('PATCH', '/behaviour', one.set(button.getAttribute('aria-checked') !== 'true')).catch(
        () => null,
      );
      if (answer) behave(answer.behaviour);
    });
    return { ...one, row, button };
  });
  $('fails').replaceChildren(...rows.map(({ row }) => row));

  function behave(behaviour) {
    let count = 0;
    for (const { on, row, button } of rows) {
      const active = on(behaviour);
      if (active) count++;
      row.classList.toggle('on', active);
      button.classList.toggle('on', active);
      button.setAttribute('aria-checked', String(active));
    }
    $('fail-count').hidden = count === 0;
    $('fail-count').textContent = t('fail.count', { count });
    $('fail-off').hidden = count === 0;
  }

  $('fail-off').addEventListener('click', async () => {
    const answer = await call('DELETE', '/behaviour').catch(() => null);
    if (answer) behave(answer.behaviour);
  });

  function line(entry) {
    return h(
      'tr',
      { class: entry.failed ? 'bad' : null },
      h('td', {}, clock(entry.at, true)),
      h('td', { title: t(entry.direction === 'out' ? 'log.out' : 'log.in') }, entry.direction === 'out' ? '→' : '←'),
      h('td', {}, entry.what),
      h('td', { class: 'who', title: entry.about, dir: 'auto' }, entry.about),
      h('td', {}, h('span', { class: 'pill' }, entry.status || t('log.noStatus'))),
      h('td', {}, `${entry.ms} ms`),
    );
  }

  function draw() {
    const shown = failedOnly ? entries.filter((entry) => entry.failed) : entries;
    $('log').replaceChildren(...shown.slice(-LOG_ROWS).reverse().map(line));
    count();
  }

  function count() {
    const failed = entries.filter((entry) => entry.failed).length;
    $('log-filter').querySelector('[data-filter=failed]').textContent = failed
      ? t('log.failedCount', { count: failed })
      : t('log.failed');
    $('log-empty').hidden = entries.length > 0;
  }

  function log(entry) {
    if (paused) {
      held.push(entry);
      return;
    }
    entries.push(entry);
    if (entries.length > 1000) entries = entries.slice(-500);
    if (!failedOnly || entry.failed) $('log').prepend(line(entry));
    while ($('log').children.length > LOG_ROWS) $('log').lastChild.remove();
    count();
  }

  $('log-filter').addEventListener('click', (event) => {
    const filter = event.target.closest('[data-filter]')?.dataset.filter;
    if (!filter) return;
    failedOnly = filter === 'failed';
    for (const button of $('log-filter').children)
      button.setAttribute('aria-pressed', String(button.dataset.filter === filter));
    draw();
  });
  $('log-pause').addEventListener('click', () => {
    paused = !paused;
    $('log-pause').setAttribute('aria-pressed', String(paused));
    $('log-pause').classList.toggle('on', paused);
    if (!paused) {
      entries.push(...held);
      held = [];
      draw();
    }
  });
  $('log-clear').addEventListener('click', () => {
    entries = [];
    draw();
  });
  $('log-copy').addEventListener('click', () => {
    const text = entries.map(
      (entry) =>
        `${new Date(entry.at).toISOString()} ${entry.direction} ${entry.what} ${entry.about} ${entry.status} ${entry.ms} ms`,
    );
    void navigator.clipboard.writeText(text.join('\n'));
  });

  return {
    behave,
    log,
    /** Replaces the log by what the simulator remembers. */
    reset(all) {
      entries = all;
      held = [];
      draw();
    },
  };
}
