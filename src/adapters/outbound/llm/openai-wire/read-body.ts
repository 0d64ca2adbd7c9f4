import type { Readable } from 'node:stream';
import { LlmError } from '../../../../domain/errors.js';
import { BodyReads } from './body-reads.js';
import { errorOfStream } from './map-error.js';

const MAX_BYTES = 8 * 1024 * 1024;

/** A whole body as text. Throws LlmError when it breaks off or is too long. Leaves no connection behind. */
export async function readBody(body: Readable, reads = new BodyReads(body)): Promise<string> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    for (let bytes = await reads.next(); bytes !== undefined; bytes = await reads.next()) {
      pieces.push(bytes);
      length += bytes.byteLength;
      if (length > MAX_BYTES)
        throw new LlmError('upstream_protocol', { detail: `a body of more than ${MAX_BYTES} bytes` });
    }
  } catch (error) {
    body.destroy();
    throw errorOfStream(error);
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}
