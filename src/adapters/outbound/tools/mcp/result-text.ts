import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js';
import type { ServedResult } from '../../../../application/ports/tool-servers.js';

/** What a model is told of one call, in bytes of UTF-8. */
const MOST_BYTES = 256 * 1024;

/** A result in words: texts joined, and of everything else what it was. */
export function resultText({ content, structuredContent, isError }: CallToolResult): ServedResult {
  const said = content.map(wordsOf).join('\n');
  const text = said === '' && structuredContent !== undefined ? JSON.stringify(structuredContent) : said;
  return { status: isError === true ? 'error' : 'ok', content: cutToFit(keepable(text)) };
}

/** An answer that is no result. */
export function failedResult(content: string): ServedResult {
  return { status: 'error', content: cutToFit(keepable(content)) };
}

function wordsOf(part: CallToolResult['content'][number]): string {
  switch (part.type) {
    case 'text':
      return part.text;
    case 'resource':
      return 'text' in part.resource ? part.resource.text : leftOut('resource', part.resource.uri);
    case 'resource_link':
      return leftOut('link', part.uri);
    default:
      return leftOut(part.type, part.mimeType);
  }
}

function leftOut(kind: string, name: string): string {
  return `[${kind} left out: ${name}]`;
}

function cutToFit(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MOST_BYTES) return text;
  const note = `\n[cut: the whole result has ${bytes.length} bytes]`;
  let end = MOST_BYTES - Buffer.byteLength(note);
  while (isInsideCharacter(bytes[end])) end -= 1;
  return bytes.subarray(0, end).toString() + note;
}

function isInsideCharacter(byte = 0): boolean {
  return (byte & 0xc0) === 0x80;
}

/** Not every store keeps the others. */
function keepable(text: string): string {
  return text.toWellFormed().replaceAll('\0', '\ufffd');
}
