import Mustache from 'mustache';
import type { InteractionView } from './views.ts';

export const DEFAULT_TEMPLATE = '*{{contact.name}}* → {{queue}}\n{{message}}';

/**
 * Renders the text of an offer (contract 5.6). The values are escaped by the desk, which shows text and never HTML; here they only
 * lose what would change the formatting of the line they stand in.
 */
export function renderNotification(
  template: string,
  of: {
    interaction: InteractionView;
    message: string;
    phone: string;
    queue: string | null;
    agent: string;
    now: number;
  },
): string {
  const { interaction: ix } = of;
  const { message } = of;
  const view = {
    account: { name: ix.account.name, key: ix.account.key, phone: of.phone },
    contact: {
      name: ix.contact.name,
      address: ix.contact.address,
      phone: ix.contact.phone ?? '',
      list: ix.contact.list,
    },
    queue: of.queue ?? '',
    agent: of.agent,
    message,
    interaction: { id: ix.id },
    time: new Date(of.now).toISOString().slice(11, 16),
    from: ix.contact.phone ?? ix.contact.address,
    body: message,
    key: ix.account.key,
  };
  try {
    return Mustache.render(
      template || DEFAULT_TEMPLATE,
      view,
      {},
      { escape: (v) => String(v).replace(/[*_~`]/g, (c) => `\u200b${c}`) },
    );
  } catch {
    return `${ix.contact.name}: ${message}`;
  }
}
