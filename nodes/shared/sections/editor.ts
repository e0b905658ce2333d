/** The sections of a long dialog: a tab list in two rows, each with a count and a mark for problems. */
import { element } from '../red/editor.ts';

export interface SectionState {
  /** Shown behind the label; absent for sections that count nothing. */
  count?: number;
  problem?: 'error' | 'warning';
  /** Spoken with the mark. */
  problemLabel?: string;
}

export interface Sections {
  show(name: string): void;
  update(name: string, state: SectionState): void;
}

/**
 * Makes the tab list inside `root`: panels are the children with `data-wa-section`, labels come from `labels`.
 * Arrow keys move between tabs, as a tab list does.
 */
export function makeSections(root: HTMLElement, labels: Record<string, string>): Sections {
  const list = root.querySelector<HTMLElement>('.wa-tabs')!;
  const panels = [...root.querySelectorAll<HTMLElement>('[data-wa-section]')];
  const tabs = new Map<string, HTMLButtonElement>();
  list.setAttribute('role', 'tablist');

  const show = (name: string): void => {
    for (const panel of panels) panel.hidden = panel.dataset.waSection !== name;
    for (const [key, tab] of tabs) {
      tab.setAttribute('aria-selected', String(key === name));
      tab.tabIndex = key === name ? 0 : -1;
    }
  };

  for (const panel of panels) {
    const name = panel.dataset.waSection!;
    panel.id = `wa-section-${name}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', `wa-tab-${name}`);
    const tab = element(
      'button',
      { type: 'button', role: 'tab', id: `wa-tab-${name}`, 'aria-controls': panel.id },
      labels[name] ?? name,
    );
    tab.addEventListener('click', () => show(name));
    tabs.set(name, tab);
    list.append(tab);
  }

  list.addEventListener('keydown', (event) => {
    const all = [...tabs.values()];
    const at = all.indexOf(event.target as HTMLButtonElement);
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 4, ArrowUp: -4 }[event.key];
    if (at < 0 || step === undefined) return;
    event.preventDefault();
    const next = all[(at + step + all.length) % all.length]!;
    next.focus();
    next.click();
  });

  show(panels[0]?.dataset.waSection ?? '');
  return {
    show,
    update(name, state) {
      const tab = tabs.get(name);
      if (!tab) return;
      tab.querySelectorAll('b, small').forEach((mark) => {
        mark.remove();
      });
      if (state.problem) {
        const label = state.problemLabel ?? '';
        const mark = element('b', { title: label, 'aria-label': label, role: 'img' }, '!');
        mark.classList.toggle('wa-soft', state.problem === 'warning');
        tab.append(mark);
      }
      if (state.count !== undefined) tab.append(element('small', {}, String(state.count)));
    },
  };
}
