/** Editing a notification: its variables as buttons, and what the agents will see. */
import { element } from '../red/editor.ts';
import { preview, VARIABLES } from './preview.ts';

export interface TemplateOptions {
  field: HTMLTextAreaElement;
  /** Where the variables stand. */
  variables: HTMLElement;
  /** Where the example stands. */
  example: HTMLElement;
  /** What holds while the field is empty. */
  fallback: string;
}

export function prepareTemplate({ field, variables, example, fallback }: TemplateOptions): void {
  const show = (): void => {
    const tags = { plain: 'span', bold: 'b', italic: 'i' } as const;
    example.replaceChildren(
      ...preview(field.value || fallback).map((part) => element(tags[part.style], {}, part.text)),
    );
  };
  variables.append(
    ...VARIABLES.map((name) => {
      const made = element('button', { type: 'button' }, name);
      made.addEventListener('click', () => {
        field.setRangeText(`{{${name}}}`, field.selectionStart, field.selectionEnd, 'end');
        field.focus();
        show();
        $(field).trigger('change');
      });
      return made;
    }),
  );
  field.addEventListener('input', show);
  show();
}
