import fc from 'fast-check';

export interface GeneratedStream {
  readonly bytes: Uint8Array;
  /** What a reader must make of them. An event without a name has none. */
  readonly messages: readonly { readonly event?: string; readonly data: string }[];
}

interface Line {
  readonly text: string;
  readonly end: string;
}

/** Text of one line: of all characters, those that are hard to cut among them, but no line end. */
const lineText = fc
  .string({
    unit: fc.oneof(
      fc.constantFrom(
        'a',
        ' ',
        ':',
        '\t',
        '\0',
        '"',
        '\u2028',
        '\u0085',
        '\uFEFF',
        'é',
        '中',
        '語',
        '🙂',
        '👩‍🚀',
        'e\u0301',
      ),
      fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
    ),
    maxLength: 12,
  })
  .map((text) => text.replaceAll(/[\r\n]/g, ''));

const lineEnd = fc.constantFrom('\n', '\r', '\r\n');
const line = (text: fc.Arbitrary<string>): fc.Arbitrary<Line> => fc.record({ text, end: lineEnd });

/** Lines that stand within an event and change nothing. */
const noise = line(
  fc.oneof(
    lineText.map((text) => `:${text}`),
    lineText.map((text) => `x${text}`),
    lineText.map((text) => `id:${text}`),
    lineText.map((text) => `retry: ${text}`),
    fc.constantFrom('Data: no', 'data\0: no', ' data: no', 'dat', 'datas:no', 'id', 'retry'),
  ),
);

const block = fc.record({
  event: fc.option(fc.constantFrom('error', 'message', 'ping é'), { nil: undefined, freq: 3 }),
  data: fc.array(fc.record({ text: lineText, space: fc.boolean() }), { maxLength: 3 }),
  ends: fc.array(lineEnd, { minLength: 5, maxLength: 5 }),
  noise: fc.array(noise, { maxLength: 3 }),
});

type Block = typeof block extends fc.Arbitrary<infer Value> ? Value : never;

/** An event stream by the grammar of the standard: every line end, comments, unknown fields, a BOM, and what it comes
 *  to. */
export const anEventStream: fc.Arbitrary<GeneratedStream> = fc
  .record({ bom: fc.boolean(), blocks: fc.array(block, { maxLength: 6 }) })
  .map(({ bom, blocks }) => ({
    bytes: Buffer.from((bom ? '\uFEFF' : '') + written(blocks.flatMap(linesOf))),
    messages: blocks.flatMap(messageOf),
  }));

function linesOf({ event, data, ends, noise: others }: Block): Line[] {
  const end = (index: number) => ends[index] ?? '\n';
  const fields = data.map(({ text, space }, index) => ({ text: fieldOf(text, space), end: end(index) }));
  const name = event === undefined ? [] : [{ text: `event: ${event}`, end: end(3) }];
  return [...others.slice(0, 1), ...name, ...fields.slice(0, 1), ...others.slice(1), ...fields.slice(1)].concat({
    text: '',
    end: end(4),
  });
}

/** One space after the colon is taken off, so that text with a space in front needs one more. */
function fieldOf(text: string, space: boolean): string {
  if (text === '' && space) return 'data';
  return `data:${space || text.startsWith(' ') ? ' ' : ''}${text}`;
}

function messageOf({ event, data }: Block): GeneratedStream['messages'] {
  if (data.length === 0) return [];
  const text = data.map((one) => one.text).join('\n');
  return event === undefined ? [{ data: text }] : [{ event, data: text }];
}

/** A CR and the LF of a blank line behind it would be one line end. */
function written(lines: readonly Line[]): string {
  let text = '';
  for (const { text: own, end } of lines) {
    const joins = own === '' && end === '\n' && text.endsWith('\r');
    text += own + (joins ? '\r' : end);
  }
  return text;
}
