import { call } from './api.js';
import { $, clock, h, icon, readable } from './dom.js';
import { t, translatePage } from './i18n.js';
import { createPhone } from './phone.js';
import { createTemplates } from './templates.js';
import { createTools } from './tools.js';

translatePage();
const world = { accounts: new Map(), customers: new Map() };
const phones = [];
const tools = createTools();
const templates = createTemplates();
const query = new URLSearchParams(location.search);

function remember() {
  localStorage.setItem('phones', JSON.stringify(phones.map((phone) => phone.saved())));
}

function remembered() {
  try {
    const saved = JSON.parse(localStorage.getItem('phones') ?? '[]');
    return Array.isArray(saved) ? saved.slice(0, 12) : [];
  } catch {
    return [];
  }
}

function add(start = {}) {
  const phone = createPhone(world, start, {
    onChange: remember,
    onRemove: (gone) => {
      phones.splice(phones.indexOf(gone), 1);
      gone.element.remove();
      remember();
      invite();
    },
  });
  phones.push(phone);
  $('phones').append(phone.element);
  remember();
  invite();
  return phone;
}

/** What stands where no phone is. */
function invite() {
  $('phones').querySelector('.none')?.remove();
  if (phones.length > 0) return;
  $('phones').append(
    h(
      'div',
      { class: 'empty none' },
      h('span', { class: 'avatar l' }, icon('phone')),
      h('h2', {}, t('app.none')),
      h('p', {}, t('app.noneLead')),
      h('button', { class: 'btn primary', type: 'button', onclick: () => add() }, icon('plus', 'i s'), t('app.phone')),
    ),
  );
}

/** Takes over what the simulator knows; what an event added in the meantime stays. */
function replace(map, list) {
  const before = new Set(map.keys());
  return (answer) => {
    for (const one of answer[list]) {
      map.set(one.id, one);
      before.delete(one.id);
    }
    for (const id of before) map.delete(id);
  };
}

/** Reads everything; phones that the simulator has forgotten (it keeps nothing over a restart) are switched on again. */
async function load() {
  for (const { customer } of phones.length ? phones.map((phone) => phone.saved()) : remembered()) {
    if (customer) await call('POST', '/phones', customer).catch(() => undefined);
  }
  await Promise.all([
    call('GET', '/accounts').then(replace(world.accounts, 'accounts')),
    call('GET', '/phones').then(replace(world.customers, 'phones')),
    call('GET', '/behaviour').then((answer) => tools.behave(answer.behaviour)),
    call('GET', '/log').then((answer) => tools.reset(answer.log)),
    call('GET', '/templates').then((answer) => templates.show(answer.templates)),
  ]);
  offerNumbers();
}

async function start() {
  await load();
  const wanted = query.get('account') ?? undefined;
  const saved = remembered();
  for (const { customer, account } of saved) add({ customer: customer?.id, account: account ?? wanted });
  if (phones.length === 0) add({ account: wanted });
}

async function reload() {
  await load();
  for (const phone of phones) {
    if (phone.showsAccount) phone.refresh();
    void phone.load();
  }
}

let started = false;
let lostAt = null;

function connect() {
  const events = new EventSource('api/events');
  const on = (type, handle) => events.addEventListener(type, (event) => handle(JSON.parse(event.data)));
  // The stream is no log: what happened before it began is read.
  on('hello', () => {
    $('offline').hidden = true;
    lostAt = null;
    const again = started;
    started = true;
    void (again ? reload() : start());
  });
  on('account', (account) => {
    const isNew = JSON.stringify(world.accounts.get(account.id)) !== JSON.stringify(account);
    world.accounts.set(account.id, account);
    if (!isNew) return;
    offerNumbers();
    for (const phone of phones) {
      if (phone.showsAccount) phone.refresh();
      void phone.load();
    }
  });
  on('account-removed', ({ id }) => {
    world.accounts.delete(id);
    offerNumbers();
    for (const phone of phones) phone.refresh();
  });
  on('phone', (customer) => {
    world.customers.set(customer.id, customer);
  });
  on('message', (message) => {
    for (const phone of phones) phone.take(message);
  });
  on('typing', (data) => {
    for (const phone of phones) phone.typing(data);
  });
  on('behaviour', tools.behave);
  on('templates', templates.show);
  on('log', tools.log);
  events.addEventListener('error', () => {
    lostAt ??= Date.now();
    $('offline').hidden = false;
    $('offline').lastElementChild.textContent = t('app.lost', { time: clock(lostAt) });
    // A browser gives up for good after some errors; then a new stream is needed.
    if (events.readyState === EventSource.CLOSED) setTimeout(connect, 2000);
  });
}

$('reach').hidden = !/^(localhost|127\.|\[::1\])/.test(location.hostname);
$('add').addEventListener('click', () => {
  const phone = add();
  phone.element.scrollIntoView({ behavior: 'smooth', inline: 'end', block: 'nearest' });
  phone.element.querySelector('input')?.focus({ preventScroll: true });
});

function showTheme() {
  $('theme')
    .querySelector('use')
    .setAttribute('href', document.documentElement.dataset.theme === 'dark' ? '#i-sun' : '#i-moon');
}
$('theme').addEventListener('click', () => {
  const next = document.documentElement.dataset.theme === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  localStorage.setItem('phone-theme', next);
  showTheme();
});
showTheme();

function showTools(shown) {
  document.body.classList.toggle('with-tools', shown);
  $('tools-toggle').setAttribute('aria-pressed', String(shown));
}
$('tools-toggle').addEventListener('click', () => {
  const shown = !document.body.classList.contains('with-tools');
  localStorage.setItem('phone-tools', shown ? 'shown' : 'hidden');
  showTools(shown);
});
showTools(localStorage.getItem('phone-tools') ? localStorage.getItem('phone-tools') === 'shown' : innerWidth >= 1100);

const crowd = $('crowd');
const crowdForm = crowd.querySelector('form');
/** The numbers that can be written to, also while the dialog is open: they may come after it. */
function offerNumbers() {
  const accounts = [...world.accounts.values()];
  const chosen = crowdForm.account.value;
  crowdForm.account.replaceChildren(
    ...accounts.map((one) => h('option', { value: one.id }, `${one.name} · ${readable(one.phone)}`)),
  );
  const problem = crowdForm.querySelector('.problem');
  problem.hidden = accounts.length > 0;
  problem.textContent = t('crowd.noNumber');
  crowdForm.querySelector('[type=submit]').disabled = accounts.length === 0;
  if (world.accounts.has(chosen)) crowdForm.account.value = chosen;
}
$('crowd-open').addEventListener('click', () => {
  offerNumbers();
  crowd.showModal();
});
crowdForm.querySelector('[value=cancel]').addEventListener('click', () => crowd.close());
crowdForm.addEventListener('submit', (event) => {
  event.preventDefault();
  call('POST', '/crowd', {
    account: crowdForm.account.value,
    count: Number(crowdForm.count.value),
    text: crowdForm.text.value,
  }).then(
    () => crowd.close(),
    (error) => {
      const problem = crowdForm.querySelector('.problem');
      problem.textContent = error.message;
      problem.hidden = false;
    },
  );
});

document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'visible') for (const phone of phones) void phone.load();
});
setInterval(() => {
  for (const phone of phones) phone.second();
}, 1000);

connect();
