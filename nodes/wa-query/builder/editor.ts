/** Writes a condition into the search without its author having to know the words, and shows the words. */
import {
  FIELD_NAMES,
  FIELDS,
  type FieldName,
  type FieldType,
  OPERATORS,
  type Operator,
} from '../../../core/search/language/fields.ts';
import { button, element, type Translate } from '../../shared/red/editor.ts';
import { typedValue } from '../typed-value.ts';

const withoutValue = (operator: string): boolean => operator === 'isEmpty' || operator === 'isNotEmpty';

/** Three fields and a button; `add` gets the condition. */
export function makeBuilder(place: HTMLElement, t: Translate, add: (condition: object) => void): void {
  const fields = element('select', { 'aria-label': t('label.field') });
  for (const name of FIELD_NAMES) fields.append(new Option(name, name));
  fields.value = 'contact.name' satisfies FieldName;
  const operators = element('select', { 'aria-label': t('label.operator') });
  const value = element('input', { type: 'text', dir: 'auto', 'aria-label': t('label.value') });
  const type = (): FieldType => FIELDS[fields.value as FieldName];
  const show = (): void => {
    value.hidden = withoutValue(operators.value);
    value.placeholder = t(`example.${operators.value === 'between' ? `${type()}Between` : type()}`);
  };
  const fill = (): void => {
    const chosen = operators.value;
    operators.replaceChildren(...OPERATORS[type()].map((name) => new Option(t(`operator.${name}`), name)));
    if ([...operators.options].some((option) => option.value === chosen)) operators.value = chosen;
    else if (type() === 'text' || type() === 'texts') operators.value = 'contains';
    show();
  };
  fields.addEventListener('change', fill);
  operators.addEventListener('change', show);
  fill();
  const insert = (): void => {
    const operator = operators.value as Operator;
    const condition = { field: fields.value, operator };
    add(withoutValue(operator) ? condition : { ...condition, value: typedValue(type(), operator, value.value) });
  };
  value.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    insert();
  });
  place.append(
    element('p', { class: 'wa-note' }, t('label.builder')),
    element('div', { class: 'wa-cols' }, fields, operators, value, button('plus', t('label.add'), insert)),
  );
}

/** Types, their fields and what these can be asked, as a table. */
export function makeReference(place: HTMLElement, t: Translate): void {
  const code = (text: string): HTMLElement => element('code', {}, text);
  const row = (type: FieldType): HTMLElement =>
    element(
      'div',
      { class: 'wa-entry' },
      element('b', {}, t(`type.${type}`)),
      element('p', {}, ...spaced(FIELD_NAMES.filter((name) => FIELDS[name] === type).map(code))),
      element('p', { class: 'wa-note' }, ...spaced(OPERATORS[type].map(code))),
      element('p', { class: 'wa-note' }, t(`about.${type}`)),
    );
  place.append(
    element('p', { class: 'wa-note' }, t('about.fixed')),
    ...(Object.keys(OPERATORS) as FieldType[]).map(row),
  );
}

/** With spaces between, at which lines may break. */
const spaced = (parts: HTMLElement[]): (HTMLElement | string)[] => parts.flatMap((part) => [part, ' ']);
