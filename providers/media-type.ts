import type { MessageType } from './provider.ts';

/** The message type that a content type stands for, if the provider did not name one. */
export function typeOfContent(contentType: string | undefined): MessageType {
  const type = (contentType ?? '').toLowerCase();
  // WhatsApp sends photos as JPEG or PNG; WebP is what stickers are made of.
  if (type.startsWith('image/webp')) return 'sticker';
  if (type.startsWith('image/')) return 'image';
  if (type.startsWith('audio/')) return 'audio';
  if (type.startsWith('video/')) return 'video';
  if (type.startsWith('text/vcard') || type.startsWith('text/x-vcard')) return 'contact';
  return 'document';
}

const BY_EXTENSION: Record<string, MessageType> = {
  jpg: 'image',
  jpeg: 'image',
  png: 'image',
  gif: 'image',
  webp: 'sticker',
  ogg: 'audio',
  oga: 'audio',
  opus: 'audio',
  mp3: 'audio',
  m4a: 'audio',
  aac: 'audio',
  amr: 'audio',
  mp4: 'video',
  '3gp': 'video',
  mov: 'video',
  vcf: 'contact',
};

const EXTENSIONS: Record<string, string> = {
  'image/jpeg': '.jpg',
  'image/png': '.png',
  'image/gif': '.gif',
  'image/webp': '.webp',
  'audio/ogg': '.ogg',
  'audio/mpeg': '.mp3',
  'audio/mp4': '.m4a',
  'audio/aac': '.aac',
  'audio/amr': '.amr',
  'audio/wav': '.wav',
  'video/mp4': '.mp4',
  'video/3gpp': '.3gp',
  'video/webm': '.webm',
  'application/pdf': '.pdf',
  'text/plain': '.txt',
  'text/vcard': '.vcf',
};

/** The usual end of the name of a file of that type, with its dot; '' if it has none. */
export function extensionOf(contentType: string): string {
  return EXTENSIONS[contentType.split(';', 1)[0]!.trim().toLowerCase()] ?? '';
}

/** The file name at the end of a URL's path, if it has an extension. */
export function fileNameOf(url: string): string | undefined {
  const path = url.replace(/[?#].*$/s, '');
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (!/^[^.].*\.[A-Za-z0-9]{1,8}$/.test(name)) return undefined;
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}

/** The message type that a file name's extension stands for. */
export function typeOfFile(fileName: string | undefined): MessageType {
  if (!fileName) return 'document';
  const extension = fileName.slice(fileName.lastIndexOf('.') + 1).toLowerCase();
  return Object.hasOwn(BY_EXTENSION, extension) ? BY_EXTENSION[extension]! : 'document';
}

/** True for a text that is nothing but a file name, which is how documents without a caption come in. */
export function isFileName(text: string): boolean {
  return /^[^\\/:*?"<>|\r\n]{1,200}\.[A-Za-z0-9]{1,8}$/.test(text);
}
