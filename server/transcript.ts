/** A conversation to keep or to print: readable, as text, and as JSON. Read page by page while it is sent. */
import type { Engine } from '../core/api.ts';
import type { InteractionView, MessageView } from '../core/views.ts';
import type { MediaFiles } from './media/files.ts';
import type { ZipEntry } from './zip.ts';

/** Messages read at once. */
const PAGE = 200;

type Exported = InteractionView & { note: string | null; closedBy: string | null };
type Media = MessageView['media'][number];

/** A piece of a conversation: a message with its number, 1 = the first. */
export interface Numbered {
  number: number;
  message: MessageView;
}

const EXTENSIONS: Record<string, string> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/webp': '.webp',
  'audio/ogg': '.ogg',
  'audio/mpeg': '.mp3',
  'video/mp4': '.mp4',
  'application/pdf': '.pdf',
};

/**
 * The name of a media file in the archive: unique by the numbers in front, and harmless on every system whatever the sender called it.
 * @param number of the message, 1 = the first
 * @param index of the file in it
 */
export function mediaName(
  number: number,
  index: number,
  { fileName, contentType = '' }: Pick<Media, 'fileName' | 'contentType'>,
): string {
  const given = (fileName ?? '')
    .normalize('NFC')
    .replace(/^.*[/\\]/, '')
    .replace(/[^\p{L}\p{N}. _-]/gu, '_')
    .replace(/^[. ]+|[. ]+$/g, '');
  const extension = EXTENSIONS[contentType.split(';', 1)[0]!.trim().toLowerCase()] ?? '';
  const name = given === '' ? `file${extension}` : given;
  // The end of a long name has its type.
  const short = name.length > 100 ? `${name.slice(0, 80)}${name.slice(-20)}` : name;
  return `${String(number).padStart(4, '0')}-${index}-${short}`;
}

/**
 * @param files contents of files; undefined where none are kept
 * @param zone IANA name of the times that people read
 */
export async function transcript(
  engine: Engine,
  files: MediaFiles | undefined,
  interaction: string,
  zone: string,
): Promise<ZipEntry[]> {
  const { DateTime } = await import('luxon');
  const shown = (at: string) => DateTime.fromISO(at, { zone }).toFormat('yyyy-MM-dd HH:mm:ss');
  const head = (await engine.run('exportInteraction', { interaction, after: null, limit: 1 })).interaction;
  const all = () => messagesOf(engine, interaction);
  return [
    { name: 'transcript.html', content: html(head, all(), shown, zone) },
    { name: 'transcript.txt', content: plain(head, all(), shown, zone) },
    { name: 'interaction.json', content: json(head, all()) },
    { name: 'media/', content: null },
    ...(files ? await mediaEntries(engine, files, all(), 'media/') : []),
  ];
}

/** The files of messages that are here, under their names; each is opened when its turn comes. */
export async function mediaEntries(
  engine: Engine,
  files: MediaFiles,
  messages: AsyncIterable<Numbered>,
  folder: string,
): Promise<ZipEntry[]> {
  const entries: ZipEntry[] = [];
  for await (const { number, message } of messages)
    for (const [index, media] of message.media.entries()) {
      if (media.state !== 'ready') continue;
      const { hash, size } = await engine.run('mediaFile', { message: message.id, index, username: null });
      // What is not on the disk any more is missing in the archive, too, and spoils nothing else.
      if (!(await files.has(hash))) continue;
      const name = `${folder}${mediaName(number, index, media)}`;
      entries.push({ name, isPacked: true, content: readLater(files, hash, size) });
    }
  return entries;
}

async function* readLater(files: MediaFiles, hash: string, size: number): AsyncGenerator<Buffer> {
  if (size > 0) yield* files.read(hash, size);
}

export async function* messagesOf(engine: Engine, interaction: string): AsyncGenerator<Numbered> {
  let after: string | null = null;
  let number = 0;
  do {
    const page: { messages: MessageView[]; next: string | null } = await engine.run('exportInteraction', {
      interaction,
      after,
      limit: PAGE,
    });
    for (const message of page.messages) yield { number: ++number, message };
    after = page.next;
  } while (after !== null);
}

const facts = (ix: Exported, shown: (at: string) => string, zone: string): [string, string][] => [
  ['Contact', `${ix.contact.name} (${ix.contact.address})`],
  ['Account', ix.account.name],
  ['Agent', ix.agent ?? '–'],
  ['Started', `${shown(ix.startedAt)} (${zone})`],
  ['Closed', ix.closedAt === null ? '–' : `${shown(ix.closedAt)}, by ${ix.closedBy ?? '–'}`],
  ['Disposition', ix.disposition.join(' › ') || '–'],
  ['Tags', ix.tags.join(', ') || '–'],
  ...(ix.note ? [['Note', ix.note] as [string, string]] : []),
];

/** Who said it. */
const who = (ix: Exported, { author, direction }: MessageView): string => {
  const name = author === 'contact' ? ix.contact.name : author;
  return direction === 'note' ? `${name} (internal note)` : name;
};

/** What a message says beside its text. */
function extras({ number, message }: Numbered): string[] {
  const { media, location, reaction, status, error } = message;
  return [
    ...media.map((m, i) => `[${m.contentType ?? 'file'}: ${mediaName(number, i, m)}]`),
    ...(location
      ? [`[location: ${location.latitude}, ${location.longitude}${location.name ? `, ${location.name}` : ''}]`]
      : []),
    ...(reaction ? [`[reaction: ${reaction.emoji || 'taken back'}]`] : []),
    ...(status === 'failed' ? [`[not delivered: ${error?.reason ?? 'unknown'}]`] : []),
  ];
}

async function* plain(
  ix: Exported,
  messages: AsyncIterable<Numbered>,
  shown: (at: string) => string,
  zone: string,
): AsyncGenerator<string> {
  yield `${facts(ix, shown, zone)
    .map(([name, value]) => `${name}: ${value}`)
    .join('\n')}\n\n`;
  for await (const numbered of messages) {
    const { message } = numbered;
    const lines = [...(message.text === '' ? [] : message.text.split(/\r?\n/)), ...extras(numbered)];
    yield `${shown(message.at)}  ${who(ix, message)}\n${lines.map((line) => `    ${line}\n`).join('')}\n`;
  }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem;color:#1b1f23;background:#fff}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem 1rem;border-bottom:1px solid #d0d7de;padding-bottom:1rem}
dt{color:#57606a}dd{margin:0;white-space:pre-wrap;overflow-wrap:anywhere}ol{list-style:none;padding:0}
li{margin:.6rem 0;padding:.5rem .8rem;border-radius:.6rem;background:#f3f4f6;width:fit-content;max-width:80%}
li.out{margin-inline-start:auto;background:#dcf5e3}li.note{background:#fff4cc}li.system{margin-inline:auto;color:#57606a}
header{font-size:.8rem;color:#57606a}p{margin:.2rem 0;white-space:pre-wrap;overflow-wrap:anywhere}
@media print{li{break-inside:avoid}}`;

async function* html(
  ix: Exported,
  messages: AsyncIterable<Numbered>,
  shown: (at: string) => string,
  zone: string,
): AsyncGenerator<string> {
  const title = escaped(`${ix.contact.name} – ${ix.account.name}`);
  yield `<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>${title}</title>\n<style>${STYLE}</style>\n`;
  yield `<h1 dir="auto">${title}</h1>\n<dl>\n${facts(ix, shown, zone)
    .map(([name, value]) => `<dt>${name}</dt><dd dir="auto">${escaped(value)}</dd>\n`)
    .join('')}</dl>\n<ol>\n`;
  for await (const numbered of messages) {
    const { message } = numbered;
    const paragraphs = [...(message.text === '' ? [] : [message.text]), ...extras(numbered)];
    yield `<li class="${message.direction}"><header>${escaped(who(ix, message))} · <time datetime="${message.at}">${shown(message.at)}</time></header>${paragraphs
      .map((text) => `<p dir="auto">${escaped(text)}</p>`)
      .join('')}</li>\n`;
  }
  yield '</ol>\n</html>\n';
}

async function* json(ix: Exported, messages: AsyncIterable<Numbered>): AsyncGenerator<string> {
  yield `{\n"interaction": ${JSON.stringify(ix)},\n"messages": [`;
  let separator = '\n';
  for await (const { number, message } of messages) {
    const media = message.media.map((m, i) => ({ ...m, file: `media/${mediaName(number, i, m)}` }));
    yield separator + JSON.stringify({ ...message, media });
    separator = ',\n';
  }
  yield '\n]\n}\n';
}
