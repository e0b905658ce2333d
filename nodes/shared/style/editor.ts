/** The dialogs' style sheet: put into the page once, by whichever node type comes first. */
import css from './editor.css?inline';

const ID = 'wa-editor-style';

export function addStyle(): void {
  if (document.getElementById(ID)) return;
  const style = document.createElement('style');
  style.id = ID;
  style.textContent = css;
  document.head.append(style);
}
