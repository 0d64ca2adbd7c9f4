import { bodyTooLarge, invalidBody, parsedJson } from './json-body.js';
import { isBlank, JsonValueEnd } from './json-value-end.js';

/** A value of a JSON object: of a field, or an entry of a field's list. The path is empty where the body is no
 *  object. */
export interface JsonPiece {
  readonly path: readonly [] | readonly [field: string] | readonly [field: string, entry: number];
  readonly value: unknown;
  readonly bytes: number;
}

type State = 'start' | 'name' | 'colon' | 'value' | 'entry' | 'behindEntry' | 'behindValue' | 'over';

/** A JSON object that is too large to be parsed at once: field by field, and some of its lists entry by entry. */
export class JsonPieces {
  private state: State = 'start';
  /** Something must come here, since a comma stands before it. */
  private isPromised = false;
  private field = '';
  private entry = 0;
  private readonly lists = new Set<string>();
  private end: JsonValueEnd | undefined;
  private parts: Uint8Array[] = [];
  private bytes = 0;

  /** No single value may have more bytes than `limitBytes`. */
  constructor(
    private readonly inEntries: readonly string[],
    private readonly limitBytes: number,
  ) {}

  /** Whether the field was there, and a list. */
  hasList(field: string): boolean {
    return this.lists.has(field);
  }

  /** What is whole with these bytes. Throws HttpProblem where it cannot become JSON, or is too large. */
  *take(bytes: Uint8Array): Generator<JsonPiece, void, undefined> {
    for (let at = 0; at < bytes.length; ) {
      if (this.end === undefined && this.isMark(bytes[at])) at += 1;
      else {
        this.end ??= new JsonValueEnd();
        const end = this.end.in(bytes, at);
        this.keep(bytes.subarray(at, end));
        if (end === undefined) return;
        at = end;
        yield* this.whole();
      }
    }
  }

  /** Nothing more comes. */
  *rest(): Generator<JsonPiece, void, undefined> {
    // Only a number or a name that stands alone ends here.
    if (this.end !== undefined) yield* this.whole();
    if (this.state === 'start') throw invalidBody('The body is empty; send a JSON object.');
    if (this.state !== 'over') throw invalidBody('The body is not valid JSON.');
  }

  /** Whether it stands between values; a value begins here where it does not. */
  private isMark(byte: number | undefined): boolean {
    if (isBlank(byte) || (this.state === 'start' && BYTE_ORDER_MARK.has(byte))) return true;
    const next = this.behind(String.fromCharCode(byte ?? 0));
    if (next === undefined) return false;
    this.isPromised = byte === COMMA;
    this.state = next;
    return true;
  }

  private behind(mark: string): State | undefined {
    const { state, isPromised } = this;
    if (state === 'value' && mark === '[' && this.inEntries.includes(this.field)) return this.openList();
    const next = MARKS[state][mark];
    if (next !== undefined && !(isPromised && CLOSING.has(mark))) return next;
    if (VALUES.has(state) && (state !== 'name' || mark === '"') && !CLOSING.has(mark)) return undefined;
    throw invalidBody('The body is not valid JSON.');
  }

  private openList(): State {
    if (this.lists.has(this.field)) throw invalidBody(`The body names "${this.field}" twice.`);
    this.lists.add(this.field);
    this.entry = 0;
    return 'entry';
  }

  private keep(part: Uint8Array): void {
    this.bytes += part.length;
    if (this.bytes > this.limitBytes) throw bodyTooLarge(this.limitBytes);
    this.parts.push(part);
  }

  private *whole(): Generator<JsonPiece, void, undefined> {
    const { state, bytes, field, entry } = this;
    const value = parsedJson(Buffer.concat(this.parts));
    this.parts = [];
    this.bytes = 0;
    this.end = undefined;
    this.isPromised = false;
    this.state = BEHIND[state];
    if (state === 'name') this.field = String(value);
    else if (state === 'entry') {
      this.entry += 1;
      yield { path: [field, entry], value, bytes };
    } else yield { path: state === 'start' ? [] : [field], value, bytes };
  }
}

const COMMA = 0x2c;
const BYTE_ORDER_MARK: ReadonlySet<number | undefined> = new Set([0xef, 0xbb, 0xbf]);
const CLOSING: ReadonlySet<string> = new Set(['}', ']']);
/** Where a value may begin; that of a name is a text. */
const VALUES: ReadonlySet<State> = new Set(['start', 'name', 'value', 'entry']);

const MARKS: Readonly<Record<State, Readonly<Record<string, State>>>> = {
  start: { '{': 'name' },
  name: { '}': 'over' },
  colon: { ':': 'value' },
  value: {},
  entry: { ']': 'behindValue' },
  behindEntry: { ',': 'entry', ']': 'behindValue' },
  behindValue: { ',': 'name', '}': 'over' },
  over: {},
};

/** What comes behind a value that stood there. */
const BEHIND: Readonly<Record<State, State>> = {
  start: 'over',
  name: 'colon',
  colon: 'over',
  value: 'behindValue',
  entry: 'behindEntry',
  behindEntry: 'over',
  behindValue: 'over',
  over: 'over',
};
