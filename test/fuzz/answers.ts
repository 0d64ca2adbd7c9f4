export interface RawAnswer {
  readonly status: number;
  /** By their names in small letters; the last one of a name wins. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the body came to its end. */
  readonly isWhole: boolean;
}

interface Head {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly bodyFrom: number;
}

/** The answers that these bytes hold, in order, without those that only announce another one (1xx). What is no HTTP is
 *  an answer of status 0. `hasClosed`: whether no more can come, so that a body without a length is whole. */
export function answersIn(bytes: Buffer, method: string, hasClosed: boolean): readonly RawAnswer[] {
  const answers: RawAnswer[] = [];
  // A character is a byte here.
  let rest = bytes.toString('latin1');
  while (rest !== '') {
    const head = headOf(rest);
    if (head === undefined) return [...answers, { status: 0, headers: {}, body: utf8(rest), isWhole: hasClosed }];
    const { body, length, isWhole } = bodyOf(rest.slice(head.bodyFrom), head, method, hasClosed);
    if (head.status >= 200) answers.push({ ...head, body: utf8(body), isWhole });
    rest = rest.slice(head.bodyFrom + length);
  }
  return answers;
}

function headOf(text: string): Head | undefined {
  const [head = '', status = ''] = /^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n(?:[^\r\n]+\r\n)*\r\n/.exec(text) ?? [];
  if (head === '') return undefined;
  const lines = head.split('\r\n').slice(1, -2);
  const headers = lines.map((line) => /^([^:]+): *(.*)$/.exec(line)?.slice(1) ?? []);
  return {
    status: Number(status),
    headers: Object.fromEntries(headers.map(([name = '', value = '']) => [name.toLowerCase(), value])),
    bodyFrom: head.length,
  };
}

function bodyOf(text: string, { status, headers }: Head, method: string, hasClosed: boolean) {
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) {
    return { body: '', length: 0, isWhole: true };
  }
  if (headers['transfer-encoding'] === 'chunked') return chunked(text);
  const length = headers['content-length'];
  if (length === undefined) return { body: text, length: text.length, isWhole: hasClosed };
  return { body: text.slice(0, Number(length)), length: Number(length), isWhole: text.length >= Number(length) };
}

function chunked(text: string) {
  let body = '';
  let place = 0;
  while (true) {
    const [line = '', size = ''] = /^([\da-f]+)\r\n/i.exec(text.slice(place, place + 20)) ?? [];
    const from = place + line.length;
    const length = Number.parseInt(size, 16);
    if (line === '' || text.length < from + length + 2) return { body, length: text.length, isWhole: false };
    body += text.slice(from, from + length);
    place = from + length + 2;
    if (length === 0) return { body, length: place, isWhole: true };
  }
}

function utf8(text: string): string {
  return Buffer.from(text, 'latin1').toString();
}
