/** The two lists of the wa-send dialog, template variables and buttons: rows of two fields. */
import { element, listItems } from '../../shared/red/editor.ts';

export interface PairListOptions {
  list: HTMLElement;
  rows: readonly [string, string][];
  /** Placeholders, also spoken as labels. */
  first: string;
  second: string;
  add: string;
  changed: () => void;
}

/** Turns the list element into an editable list of pairs; the returned function reads it, empty rows left out. */
export function makePairList({ list, rows, first, second, add, changed }: PairListOptions): () => [string, string][] {
  $(list).editableList<[string, string] | Record<string, never>>({
    addButton: add,
    sortable: true,
    removable: true,
    height: 'auto',
    removeItem: changed,
    sortItems: changed,
    addItem: (container, _index, row) => {
      const [left, right] = Array.isArray(row) ? row : ['', ''];
      const one = element('input', { type: 'text', placeholder: first, 'aria-label': first, dir: 'auto' });
      const two = element('input', {
        type: 'text',
        class: 'wa-grow',
        placeholder: second,
        'aria-label': second,
        dir: 'auto',
      });
      one.value = left;
      two.value = right;
      container.append(element('div', { class: 'wa-pair' }, one, two));
      changed();
    },
  });
  for (const row of rows) $(list).editableList('addItem', row);
  return () =>
    listItems(list)
      .map((item): [string, string] => {
        const inputs = item.querySelectorAll('input');
        return [inputs[0]?.value.trim() ?? '', inputs[1]?.value.trim() ?? ''];
      })
      .filter(([left, right]) => left !== '' || right !== '');
}
