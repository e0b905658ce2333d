import { call } from './api.js';
import { $, h, icon } from './dom.js';
import { t } from './i18n.js';

/** What a template can be. */
const STATES = ['approved', 'pending', 'paused', 'rejected', 'disabled', 'unsubmitted'];

/** The templates of the simulated business: added, decided on as WhatsApp would, deleted. */
export function createTemplates() {
  let templates = [];
  const dialog = $('template');
  const form = dialog.querySelector('form');
  const problem = form.querySelector('.problem');

  const same = (one, other) => one.name === other.name && one.language === other.language;
  /** Puts the list in its place at the simulator; others may have changed it meanwhile. */
  async function change(make) {
    const { templates: now } = await call('GET', '/templates');
    show((await call('PUT', '/templates', { templates: make(now) })).templates);
  }
  const quietly = (work) => work.catch(() => show(templates));

  function row(template) {
    const about = `${template.name}, ${template.language}`;
    const state = h(
      'select',
      { 'aria-label': t('template.stateOf', { about }) },
      ...STATES.map((value) => h('option', { value, selected: value === template.state }, t(`template.${value}`))),
    );
    state.addEventListener('change', () => {
      const decided = { ...template, state: state.value, reason: state.value === 'rejected' ? 'ABUSIVE_CONTENT' : '' };
      void quietly(change((all) => all.map((one) => (same(one, template) ? decided : one))));
    });
    const remove = h(
      'button',
      { class: 'icon', type: 'button', 'aria-label': t('template.remove', { about }) },
      icon('trash', 'i s'),
    );
    remove.addEventListener('click', () => {
      void quietly(change((all) => all.filter((one) => !same(one, template))));
    });
    return h(
      'li',
      { class: template.state === 'approved' || template.state === 'unsubmitted' ? null : 'off' },
      h(
        'span',
        { class: 'grow what', title: template.body },
        h('span', { class: 'name' }, template.name),
        h('span', { class: 'mute' }, template.language),
      ),
      h('span', { class: 'pick small' }, state, icon('down', 'i s')),
      remove,
    );
  }

  function show(all) {
    templates = all;
    $('templates').replaceChildren(...all.map(row));
    $('templates-empty').hidden = all.length > 0;
  }

  $('template-add').addEventListener('click', () => {
    form.reset();
    problem.hidden = true;
    dialog.showModal();
  });
  form.querySelector('[value=cancel]').addEventListener('click', () => dialog.close());
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const [name, language, body, state] = ['name', 'language', 'body', 'state'].map((field) =>
      form.elements[field].value.trim(),
    );
    const template = { name, language, body, state, category: form.elements.category.value };
    const add = (all) => {
      if (all.some((one) => same(one, template))) throw new Error(t('template.taken'));
      return [...all, template];
    };
    change(add).then(
      () => dialog.close(),
      (error) => {
        problem.textContent = error.message;
        problem.hidden = false;
      },
    );
  });

  return { show };
}
