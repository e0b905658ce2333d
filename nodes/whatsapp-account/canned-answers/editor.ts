/** Canned answers of an account: a shortcut and a text each. */
import { element, listItems, type Translate } from '../../shared/red/editor.ts';
import { type CannedAnswer, readCannedAnswers } from '../config.ts';

export interface CannedAnswersEditor {
  value(): CannedAnswer[];
  /** The first shortcut that is used twice, or null. */
  repeated(): string | null;
}

/** Turns the list element into an editable list of answers. */
export function makeCannedAnswers(
  list: HTMLElement,
  value: readonly CannedAnswer[],
  t: Translate,
  changed: () => void,
): CannedAnswersEditor {
  const read = (): CannedAnswer[] => {
    return listItems(list).map((row) => ({
      shortcut: row.querySelector<HTMLInputElement>('input')?.value.trim() ?? '',
      text: row.querySelector<HTMLTextAreaElement>('textarea')?.value ?? '',
    }));
  };

  $(list).editableList<Partial<CannedAnswer>>({
    addButton: t('answers.add'),
    sortable: true,
    removable: true,
    height: 'auto',
    removeItem: changed,
    sortItems: changed,
    addItem: (container, _index, answer) => {
      const shortcut = element('input', {
        type: 'text',
        class: 'wa-code',
        placeholder: t('answers.shortcut'),
        'aria-label': t('answers.shortcut'),
      });
      const text = element('textarea', {
        class: 'wa-grow',
        dir: 'auto',
        placeholder: t('answers.text'),
        'aria-label': t('answers.text'),
      });
      shortcut.value = answer.shortcut ?? '';
      text.value = answer.text ?? '';
      container.append(element('div', { class: 'wa-pair' }, shortcut, text));
      changed();
    },
  });
  for (const answer of value) $(list).editableList('addItem', answer);

  return {
    value: () => readCannedAnswers(read()),
    repeated: () => {
      const shortcuts = read()
        .map((answer) => answer.shortcut.replace(/^\/+/, '').toLowerCase())
        .filter((shortcut) => shortcut !== '');
      return shortcuts.find((shortcut, at) => shortcuts.indexOf(shortcut) !== at) ?? null;
    },
  };
}
