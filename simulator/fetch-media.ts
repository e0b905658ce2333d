const LIMIT = 16 * 1024 * 1024;

/** Downloads what a send refers to, as a provider does: 10 s, 16 MB, otherwise null. */
export async function fetchMedia(
  url: string,
  signal: AbortSignal,
): Promise<{ contentType: string; bytes: Buffer; fileName?: string } | null> {
  try {
    const response = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]) });
    if (!response.ok || !response.body) return null;
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of response.body) {
      size += chunk.length;
      if (size > LIMIT) return null;
      chunks.push(chunk);
    }
    const contentType = response.headers.get('content-type')?.split(';')[0]?.trim() || 'application/octet-stream';
    const name = /filename="?([^";]+)"?/i.exec(response.headers.get('content-disposition') ?? '')?.[1];
    return { contentType, bytes: Buffer.concat(chunks), ...(name ? { fileName: name } : {}) };
  } catch {
    return null;
  }
}
