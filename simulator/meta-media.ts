import { createHash } from 'node:crypto';
import busboy from 'busboy';
import type { Request, Response } from 'express';
import { graphId } from './ids.ts';
import type { Simulation } from './simulation.ts';
import type { Account } from './types.ts';

/** Bytes an upload may have: WhatsApp's own limit for documents. */
const LIMIT = 100 * 1024 * 1024;
/** Seconds that the address of a file holds. */
const LIFETIME = 300;
export const ATTACHMENTS = '/whatsapp_business/attachments/';

/** What a media id stands for, with the address of its content. Source: Meta, "Cloud API: media". */
export function describeMedia(simulation: Simulation, id: string): object | null {
  const file = simulation.world.media(id);
  if (!file) return null;
  const ends = Math.floor(simulation.world.now() / 1000) + LIFETIME;
  return {
    messaging_product: 'whatsapp',
    url: `${simulation.base}${ATTACHMENTS}?mid=${file.id}&ext=${ends}`,
    mime_type: file.contentType,
    sha256: createHash('sha256').update(file.bytes).digest('hex'),
    file_size: file.size,
    id: file.id,
  };
}

/** Answers with the content of a file, as long as its address holds. */
export function giveMedia(simulation: Simulation, request: Request, response: Response): void {
  const asked = new URL(request.originalUrl, 'http://simulator').searchParams;
  const file = simulation.world.media(asked.get('mid') ?? '');
  const over = Number(asked.get('ext')) * 1000 <= simulation.world.now();
  if (!file || over) {
    response.status(404).end();
    return;
  }
  response.set({
    'Content-Type': file.contentType,
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "sandbox; default-src 'none'",
  });
  response.send(file.bytes);
}

/**
 * Takes an upload; resolves to the new media id, or to what is wrong with it.
 * Source: Meta, "Cloud API: upload media".
 */
export function takeUpload(
  simulation: Simulation,
  _account: Account,
  request: Request,
): Promise<{ id: string } | { wrong: string }> {
  return new Promise((resolve) => {
    let form: ReturnType<typeof busboy>;
    try {
      form = busboy({ headers: request.headers, limits: { files: 1, fileSize: LIMIT } });
    } catch {
      resolve({ wrong: 'the body is no multipart form' });
      return;
    }
    const fields: Record<string, string> = {};
    const chunks: Buffer[] = [];
    let about: { mimeType: string; filename: string } | undefined;
    let tooLarge = false;
    form.on('field', (name, value) => {
      fields[name] = value;
    });
    form.on('file', (name, stream, info) => {
      if (name === 'file') about = info;
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('limit', () => {
        tooLarge = true;
      });
    });
    form.on('error', () => resolve({ wrong: 'the form cannot be read' }));
    form.on('close', () => {
      if (fields.messaging_product !== 'whatsapp') return resolve({ wrong: 'messaging_product has to be whatsapp' });
      if (!about || tooLarge) return resolve({ wrong: 'file is missing or too large' });
      const { filename, mimeType } = about;
      const id = graphId();
      simulation.world.addMedia(id, mimeType, Buffer.concat(chunks), filename || undefined);
      resolve({ id });
    });
    request.pipe(form);
  });
}
