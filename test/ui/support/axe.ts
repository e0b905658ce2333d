import axe from 'axe-core';
import type { Page } from 'playwright-core';

/**
 * What axe-core finds wrong with what a page shows now, one line a rule; empty if nothing. `within`: selectors, default the whole page;
 * `rules`: only these.
 */
export async function violations(
  page: Page,
  { within, rules }: { within?: string[]; rules?: string[] } = {},
): Promise<string[]> {
  // Evaluated, not added as a script: the pages' policy forbids that. Once a document.
  if (!(await page.evaluate('typeof axe === "object"'))) await page.evaluate(axe.source);
  const options = rules ? { runOnly: rules, resultTypes: ['violations'] } : { resultTypes: ['violations'] };
  const found = await page.evaluate<{ id: string; nodes: { html: string; failureSummary: string }[] }[]>(`(() => {
    const within = ${JSON.stringify(within ?? [])}.filter((part) => document.querySelector(part));
    return axe.run(within.length ? { include: within } : document, ${JSON.stringify(options)}).then((result) => result.violations);
  })()`);
  return found.map(({ id, nodes }) => {
    const where = nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} (${failureSummary})`);
    return `${id}: ${where.join(' | ')}`;
  });
}
