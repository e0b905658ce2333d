/** The least height at which the desk can be used, in CSS pixels. */
const LEAST = 420;

/**
 * The height that fills the rest of the window below the widget's upper edge, less what the elements around it keep free below.
 * Dashboard rows have fixed heights; a desk in them would scroll inside a page that scrolls.
 */
export function fillHeight(element: HTMLElement): number {
  let scrolled = window.scrollY;
  let below = 0;
  for (let around = element.parentElement; around && around !== document.body; around = around.parentElement) {
    const style = getComputedStyle(around);
    below += num(style.paddingBottom) + num(style.borderBottomWidth) + num(style.marginBottom);
    if (around !== document.documentElement) scrolled += around.scrollTop;
  }
  const top = element.getBoundingClientRect().top + scrolled;
  return Math.max(LEAST, Math.floor(window.innerHeight - top - Math.min(below, 64)));
}

function num(value: string): number {
  return Number.parseFloat(value) || 0;
}
