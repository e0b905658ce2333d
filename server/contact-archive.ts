/** What is held about a person, as the files of an archive: read page by page while they are sent. */
import type { Engine } from '../core/api.ts';
import type { EventView } from '../core/views.ts';
import type { ZipEntry } from './zip.ts';

/** Messages read at once. */
const PAGE = 200;

/**
 * `contact.json`, one file for each conversation with its messages and events, and the folder of the media.
 * @throws CoreError `not_found`
 */
export async function contactArchive(engine: Engine, contact: string): Promise<ZipEntry[]> {
  const found = await engine.run('exportContact', { contact });
  return [
    { name: 'contact.json', content: [JSON.stringify(found.contact, null, 2)] },
    ...found.interactions.map((id) => ({ name: `interactions/${id}.json`, content: conversation(engine, id) })),
    { name: 'media/', content: null },
  ];
}

async function* conversation(engine: Engine, interaction: string): AsyncGenerator<string> {
  let page = await engine.run('exportInteraction', { interaction, after: null, limit: PAGE });
  yield `{\n"interaction": ${JSON.stringify(page.interaction)},\n"messages": [`;
  let separator = '\n';
  for (;;) {
    for (const message of page.messages) {
      yield separator + JSON.stringify(message);
      separator = ',\n';
    }
    if (page.next === null) break;
    page = await engine.run('exportInteraction', { interaction, after: page.next, limit: PAGE });
  }
  const events = (await eventsOf(engine, interaction)).map((event) => `\n${JSON.stringify(event)}`);
  yield `\n],\n"events": [${events.join(',')}\n]\n}\n`;
}

/** Oldest first. They are short, and without content. */
async function eventsOf(engine: Engine, interaction: string): Promise<EventView[]> {
  const all: EventView[] = [];
  let cursor: string | null | undefined;
  do {
    const page: Awaited<ReturnType<typeof read>> = await read(engine, interaction, cursor);
    all.push(...page.audit);
    cursor = page.next;
  } while (cursor);
  return all.reverse();
}

const read = (engine: Engine, interaction: string, cursor?: string | null) =>
  engine.run('auditLog', { interaction, limit: 1000, ...(cursor ? { cursor } : {}) });
