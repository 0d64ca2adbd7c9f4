interface VectorMessage {
  /** Undefined where the stream names no event. */
  readonly event?: string;
  readonly data: string;
}

export interface EventStreamVector {
  readonly name: string;
  readonly stream: string | Uint8Array;
  /** What must come of it. */
  readonly messages: readonly VectorMessage[];
}

const LONG = 'x'.repeat(2048);

/** What web-platform-tests (eventsource/format-*) says about the format, a stream and its messages for each of its
 *  files. Ids and waiting times are a client's affair that reconnects; here they must only not touch the messages. */
export const platformVectors: readonly EventStreamVector[] = [
  vector('format-bom', '\uFEFFdata:1\n\n\uFEFFdata:2\n\ndata:3\n\n', ['1', '3']),
  vector('format-bom-2', '\uFEFF\uFEFFdata:1\n\ndata:2\n\ndata:3\n\n', ['2', '3']),
  vector('format-comments', `data:1\r:\0\n:\r\ndata:2\n:${LONG}\rdata:3\n:data:fail\r:${LONG}\ndata:4\n\n`, [
    '1\n2\n3\n4',
  ]),
  vector('format-data-before-final-empty-line', 'retry:1000\ndata:test1\n\nid:test\ndata:test2', ['test1']),
  vector('format-field-data', 'data:\n\ndata\ndata\n\ndata:test\n\n', ['', '\n', 'test']),
  {
    name: 'format-field-event',
    stream: 'event:test\ndata:x\n\ndata:x\n\n',
    messages: [{ event: 'test', data: 'x' }, { data: 'x' }],
  },
  vector('format-field-event-empty', 'event: \ndata:data\n\n', ['data']),
  vector('format-field-id', 'id: …\nretry: 200\ndata: hello\n\n', ['hello']),
  vector('format-field-id-2', 'id: …\nretry: 200\ndata: hello\n\ndata: …\n\nid\ndata: …\n\n', ['hello', '…', '…']),
  vector('format-field-id-3', 'id:0\ndata:hello\n\nid:\ndata:hello\n\n', ['hello', 'hello']),
  ...['\0\0', 'x\0', '\0x', 'x\0x', ' \0'].map((id) =>
    vector(`format-field-id-null ${JSON.stringify(id)}`, `id:${id}\ndata:hello\n\n`, ['hello']),
  ),
  vector(
    'format-field-parsing',
    'data:\0\ndata:  2\rData:1\ndata\0:2\ndata:1\r\0data:4\nda-ta:3\rdata_5\ndata:3\rdata:\r\n data:32\ndata:4\n\n',
    ['\0\n 2\n1\n3\n\n4'],
  ),
  vector('format-field-retry', 'retry:03000\ndata:x\n\n', ['x']),
  vector('format-field-retry-bogus', 'retry:3000\nretry:1000x\ndata:x\n\n', ['x']),
  vector('format-field-retry-empty', 'retry\ndata:test\n\n', ['test']),
  vector(
    'format-field-unknown',
    'data:test\n data\ndata\nfoobar:xxx\njustsometext\n:thisisacommentyay\ndata:test\n\n',
    ['test\n\ntest'],
  ),
  vector('format-leading-space', 'data:\ttest\rdata: \ndata:test\n\n', ['\ttest\n\ntest']),
  vector('format-newlines', 'data:test\r\ndata\ndata:test\r\n\r', ['test\n\ntest']),
  vector('format-null-character', 'data:\0\n\n\n\n', ['\0']),
  vector('format-utf-8', 'data:ok…\n\n', ['ok…']),
];

/** What upstreams send beyond that. */
export const ownVectors: readonly EventStreamVector[] = [
  vector('a message', 'data:a\n\n', ['a']),
  vector('comments alone', ': ping\n\n: ping\r\n\r\n:\r\r', []),
  vector('a last message without its blank line', 'data:1\n\ndata:2\n', ['1']),
  vector('two leading spaces', 'data:  test\n\n', [' test']),
  vector('CR alone', 'data:1\rdata:2\r\rdata:3\r\r', ['1\n2', '3']),
  vector('CRLF alone', 'data:1\r\ndata:2\r\n\r\ndata:3\r\n\r\n', ['1\n2', '3']),
  vector('LF CR mixed', 'data:1\n\rdata:2\r\n\n', ['1', '2']),
  vector('CJK and emoji', 'data:世界🙂👩‍🚀\n\n', ['世界🙂👩‍🚀']),
  vector('bytes that are no UTF-8', Buffer.from([...Buffer.from('data:a'), 0xff, 0xc3, ...Buffer.from('b\n\n')]), [
    'a\uFFFD\uFFFDb',
  ]),
  vector('half a character at the end of a line', Buffer.from([...Buffer.from('data:a'), 0xf0, 0x9f, 0x0a, 0x0a]), [
    'a\uFFFD',
  ]),
  vector('an event that has no data', 'event: test\n\ndata:x\n\n', ['x']),
  vector('colons in the value', 'data:a:b: c\n\n', ['a:b: c']),
  vector('blank lines only', '\n\n\r\n\r\n\r\r', []),
  vector('nothing', '', []),
];

function vector(name: string, stream: string | Uint8Array, data: readonly string[]): EventStreamVector {
  return { name, stream, messages: data.map((text) => ({ data: text })) };
}
