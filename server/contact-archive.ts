/** What is held about a person, as the files of an archive: read page by page while they are sent. */
import type { Engine } from '../core/api.ts';
import type { EventView } from '../core/views.ts';
import type { MediaFiles } from './media/files.ts';
import { mediaEntries, mediaName, messagesOf } from './transcript.ts';
import type { ZipEntry } from './zip.ts';

/** Messages read at once. */
const PAGE = 200;

/**
 * `contact.json`, one file for each conversation with its messages and events, and the folder of the media.
 * @throws CoreError `not_found`
 */
export async function contactArchive(
  engine: Engine,
  files: MediaFiles | undefined,
  contact: string,
): Promise<ZipEntry[]> {
  const found = await engine.run('exportContact', { contact });
  const media: ZipEntry[] = [];
  if (files)
    for (const id of found.interactions)
      media.push(...(await mediaEntries(engine, files, messagesOf(engine, id), folderOf(id))));
  return [
    { name: 'contact.json', content: [JSON.stringify(found.contact, null, 2)] },
    ...found.interactions.map((id) => ({ name: `interactions/${id}.json`, content: conversation(engine, id) })),
    { name: 'media/', content: null },
    ...media,
  ];
}

const folderOf = (interaction: string): string => `media/${interaction}/`;

async function* conversation(engine: Engine, interaction: string): AsyncGenerator<string> {
  let page = await engine.run('exportInteraction', { interaction, after: null, limit: PAGE });
  yield `{\n"interaction": ${JSON.stringify(page.interaction)},\n"messages": [`;
  let separator = '\n';
  let number = 0;
  for (;;) {
    for (const message of page.messages) {
      number++;
      const media = message.media.map((m, i) => ({ ...m, file: folderOf(interaction) + mediaName(number, i, m) }));
      yield separator + JSON.stringify({ ...message, media });
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
