/** Reasons under the fields of an open dialog. A row carries `data-wa-field`; the reason stands under its control. */
import { element } from '../red/editor.ts';

export interface RowProblem {
  field: string;
  reason: string;
  /** A warning does not make the node invalid. */
  warning?: boolean;
}

/** Shows exactly these problems, each under its row, and takes the others away. Rows that are hidden show none. */
export function showProblems(root: HTMLElement, problems: readonly RowProblem[]): void {
  for (const row of root.querySelectorAll<HTMLElement>('[data-wa-field]')) {
    const problem = problems.find((entry) => entry.field === row.dataset.waField);
    showReason(row, problem?.reason ?? '', problem?.warning === true);
  }
}

/** Shows one reason in a row, or none if it is empty. Keeps the element, so that a screen reader speaks changes only. */
export function showReason(row: HTMLElement, reason: string, warning = false): void {
  // A list has its reason below, but no single field that is wrong.
  const control = row.querySelector('ol, ul') ? null : row.querySelector<HTMLElement>('input, select, textarea');
  let line = row.querySelector<HTMLElement>(':scope > .wa-why, :scope > .wa-warn');
  if (!line) {
    if (!reason) return;
    line = element('p', { role: 'alert' });
    row.append(line);
  }
  line.className = warning ? 'wa-warn' : 'wa-why';
  line.hidden = reason === '';
  if (line.textContent !== reason) line.textContent = reason;
  const bad = reason !== '' && !warning;
  row.querySelector('.red-ui-typedInput-container')?.classList.toggle('wa-bad', bad);
  control?.classList.toggle('wa-bad', bad);
  control?.setAttribute('aria-invalid', String(bad));
}

/** Calls `check` now and after every change inside the dialog, at most once a frame. Answers the call for changes made by script. */
export function watch(root: HTMLElement, check: () => void): () => void {
  let waiting = false;
  const later = (): void => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      if (root.isConnected) check();
    });
  };
  for (const event of ['input', 'change', 'keyup']) root.addEventListener(event, later);
  // Node-RED's own controls tell changes through jQuery only.
  $(root).on('change.wa', later);
  later();
  return later;
}

/** Removes what `watch` attached. */
export function unwatch(root: HTMLElement): void {
  $(root).off('change.wa');
}
