/**
 * What a content really is, by its first bytes. What somebody says of a file decides nothing that a browser would act on: only what is
 * recognised here is shown as a picture, sound or video; everything else is a file to be saved.
 */

/** Bytes that are enough to recognise a content. */
export const HEAD = 65_536;

/** Pixels of a picture that is shown; unpacked, more would take a browser's memory. */
const MOST_PIXELS = 60_000_000;

export interface Recognised {
  contentType: string;
  /** May be shown in a page as what it is. */
  isShown: boolean;
}

const SAVED = 'application/octet-stream';
/** Declared types that are believed for files that are only saved. */
const TOKEN = /^[a-z]+\/[a-z0-9][a-z0-9.+-]{0,100}$/;
/** Types that would run in a browser, whatever the file is called. */
const ACTIVE = /html|xml|svg|script|ecmascript|wasm|x-shockwave|mhtml|x-httpd|json/;

/**
 * The type of a content.
 * @param declared what its sender said, with or without parameters
 */
export function recognise(head: Buffer, declared = ''): Recognised {
  const said = declared.split(';', 1)[0]!.trim().toLowerCase();
  const found = magic(head, said);
  if (found) {
    const pixels = found.startsWith('image/') ? pixelsOf(head, found) : 0;
    // A picture that is too large to be unpacked is a file like others.
    if (pixels > MOST_PIXELS) return { contentType: SAVED, isShown: false };
    return { contentType: found, isShown: /^(image|audio|video)\//.test(found) };
  }
  if (looksActive(head)) return { contentType: SAVED, isShown: false };
  // Pictures, sounds and videos that are none, and pages, lose their name.
  if (!TOKEN.test(said) || /^(image|audio|video|font|multipart)\//.test(said) || ACTIVE.test(said))
    return { contentType: SAVED, isShown: false };
  if (said === 'text/vcard' || said === 'text/x-vcard')
    return { contentType: isVcard(head) ? 'text/vcard' : SAVED, isShown: false };
  return { contentType: said, isShown: false };
}

/** Whether a stored type may be shown; the stored type comes from `recognise`. */
export const isShownType = (contentType: string): boolean => SHOWN.has(contentType);

const SHOWN = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'audio/ogg',
  'audio/mpeg',
  'audio/mp4',
  'audio/aac',
  'audio/amr',
  'audio/wav',
  'video/mp4',
  'video/3gpp',
  'video/webm',
]);

const starts = (head: Buffer, text: string, at = 0): boolean =>
  head.length >= at + text.length && head.toString('latin1', at, at + text.length) === text;

function magic(head: Buffer, said: string): string | undefined {
  if (starts(head, '\xff\xd8\xff')) return 'image/jpeg';
  if (starts(head, '\x89PNG\r\n\x1a\n')) return 'image/png';
  if (starts(head, 'GIF87a') || starts(head, 'GIF89a')) return 'image/gif';
  if (starts(head, 'RIFF') && starts(head, 'WEBP', 8)) return 'image/webp';
  if (starts(head, 'RIFF') && starts(head, 'WAVE', 8)) return 'audio/wav';
  if (starts(head, 'OggS')) return 'audio/ogg';
  if (starts(head, '#!AMR')) return 'audio/amr';
  if (starts(head, 'ID3')) return 'audio/mpeg';
  if (starts(head, '\x1a\x45\xdf\xa3')) return head.includes('webm', 0, 'latin1') ? 'video/webm' : SAVED;
  if (starts(head, 'ftyp', 4)) return boxed(head, said);
  if (starts(head, '%PDF-')) return 'application/pdf';
  if (starts(head, 'PK\x03\x04')) return within(said, ZIPPED, 'application/zip');
  if (starts(head, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return within(said, OLE, SAVED);
  if (head.length > 1 && head[0] === 0xff) {
    if ((head[1]! & 0xf6) === 0xf0) return 'audio/aac';
    // Frame sync, a layer, a version: few other files begin so.
    if ((head[1]! & 0xe0) === 0xe0 && (head[1]! & 0x06) !== 0 && (head[1]! & 0x18) !== 0x08) return 'audio/mpeg';
  }
  return undefined;
}

/** Containers of the family of MP4. */
function boxed(head: Buffer, said: string): string {
  const brand = head.toString('latin1', 8, 12);
  if (brand.startsWith('3g')) return said === 'audio/3gpp' ? 'audio/mp4' : 'video/3gpp';
  if (/^(hei|hev|mif|msf|avi)/.test(brand)) return SAVED;
  if (brand === 'qt  ') return SAVED;
  if (/^M4[AB]/.test(brand) || said === 'audio/mp4' || said === 'audio/m4a' || said === 'audio/x-m4a')
    return 'audio/mp4';
  return 'video/mp4';
}

const ZIPPED = /^application\/(vnd\.openxmlformats-officedocument\.|vnd\.oasis\.opendocument\.|epub\+zip$|zip$)/;
const OLE = /^application\/(msword|vnd\.ms-(excel|powerpoint|outlook))$/;
const within = (said: string, family: RegExp, otherwise: string): string => (family.test(said) ? said : otherwise);

/** A page, or something a browser would take for one. */
function looksActive(head: Buffer): boolean {
  const utf16 = head[0] === 0xff && head[1] === 0xfe;
  const text = head.subarray(0, 4096).toString(utf16 ? 'utf16le' : 'latin1');
  return /<(!doctype|html|head|body|script|svg|iframe|\?xml|style|title|img|a\s)/i.test(text);
}

const isVcard = (head: Buffer): boolean =>
  /^\s*(\ufeff|\u00ef\u00bb\u00bf)?BEGIN:VCARD/i.test(head.toString('latin1', 0, 64));

/** Width times height as the picture says; 0 if it does not within the first bytes. */
function pixelsOf(head: Buffer, type: string): number {
  try {
    if (type === 'image/png') return head.readUInt32BE(16) * head.readUInt32BE(20);
    if (type === 'image/gif') return head.readUInt16LE(6) * head.readUInt16LE(8);
    if (type === 'image/webp') return webpPixels(head);
    return jpegPixels(head);
  } catch {
    // Shorter than its own header: a browser will show nothing.
    return 0;
  }
}

function webpPixels(head: Buffer): number {
  const chunk = head.toString('latin1', 12, 16);
  if (chunk === 'VP8X') return (head.readUIntLE(24, 3) + 1) * (head.readUIntLE(27, 3) + 1);
  if (chunk === 'VP8 ') return (head.readUInt16LE(26) & 0x3fff) * (head.readUInt16LE(28) & 0x3fff);
  const bits = head.readUInt32LE(21);
  return ((bits & 0x3fff) + 1) * (((bits >> 14) & 0x3fff) + 1);
}

function jpegPixels(head: Buffer): number {
  for (let at = 2; at + 9 < head.length; ) {
    if (head[at] !== 0xff) return 0;
    const marker = head[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) return head.readUInt16BE(at + 5) * head.readUInt16BE(at + 7);
    at += 2 + head.readUInt16BE(at + 2);
  }
  return 0;
}
