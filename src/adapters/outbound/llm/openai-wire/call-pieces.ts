import { LlmError } from '../../../../domain/errors.js';
import { type Fields, isFields } from '../../../../domain/fields.js';
import { indexOf } from './chunk.js';
import { keptOfCall } from './provider-data.js';

/** What one entry of `tool_calls` says: a whole call, a piece of one, or all of it so far. Servers leave out what they
 *  like. */
export interface CallPiece {
  /** The server's own. */
  readonly index: number | undefined;
  readonly id: string | undefined;
  /** Empty where it was left out, as `text` is. */
  readonly name: string;
  /** Of the arguments, which are JSON. */
  readonly text: string;
  /** What is to be given back with the call; undefined where that is nothing. */
  readonly kept?: Fields | undefined;
}

/** What a delta or a message says of calls: in `tool_calls`, or in the one `function_call` that there was before. */
export function callPieces(said: unknown): readonly CallPiece[] {
  if (!isFields(said)) return NONE;
  const { tool_calls: calls, function_call: call } = said;
  if (!calls && !call) return NONE;
  const pieces = [calls].flat().filter(isFields).map(pieceOf).filter(saysAnything);
  return pieces.length === 0 && isFields(call) ? [pieceOf(call)].filter(saysAnything) : pieces;
}

const NONE: readonly CallPiece[] = [];

function saysAnything({ id, name, text, kept }: CallPiece): boolean {
  return id !== undefined || name !== '' || text !== '' || kept !== undefined;
}

/** Some leave out the `function` around it. */
function pieceOf(entry: Fields): CallPiece {
  const called = isFields(entry.function) ? entry.function : entry;
  const { name, arguments: written = called.parameters ?? called.input } = called;
  const piece = { index: indexOf(entry), id: idOf(entry), name: typeof name === 'string' ? name : '' };
  return { ...piece, text: textOf(written), kept: keptOfCall(entry) };
}

function idOf({ id }: Fields): string | undefined {
  return typeof id === 'number' || (typeof id === 'string' && id !== '') ? String(id) : undefined;
}

/** Some write the object itself. */
function textOf(written: unknown): string {
  if (typeof written === 'string') return written;
  try {
    return JSON.stringify(written || undefined) ?? '';
  } catch {
    throw new LlmError('upstream_protocol', { detail: 'arguments of a call that are nested too deep' });
  }
}
