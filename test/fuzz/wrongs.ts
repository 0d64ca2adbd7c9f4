import { gzipSync } from 'node:zlib';
import type { Chance } from '../chaos/chance.js';
import { bodyOf, type Draft, setHeader } from './draft.js';

/** Makes one thing wrong; it may do nothing where there is nothing to make wrong. */
export type Wrong = (draft: Draft, chance: Chance) => void;

type AtLeastOne<Value> = readonly [Value, ...Value[]];

const ODD_VALUES = [
  null,
  true,
  0,
  -1,
  1.5,
  2 ** 60,
  [],
  {},
  [[]],
  ['user_message'],
  { toString: 1 },
  '',
  ' ',
  '\t\r\n',
  '\0',
  'a\0b',
  '\ud800',
  'a\udfff',
  '\udc00\ud800',
  '\u202e',
  '\ufeff',
  '🙂',
  'x'.repeat(129),
  '../../etc/passwd',
  '__proto__',
  'constructor',
  '%00',
  "' OR 1=1 --",
  '<script>alert(1)</script>',
] as const;

const ODD_IDS = [
  '%00',
  '%ff',
  '%',
  '%zz',
  '%E0%A4%A',
  '..',
  '%2e%2e%2f%2e%2e',
  'a%2fb',
  '%F0%9F%99%82',
  '__proto__',
  'constructor',
  'x'.repeat(2000),
  '-',
  '.',
  "'",
  '%0d%0aX-Forged:%201',
  '*',
  ';a=b',
  '99999999999999999999999999',
] as const;

const ODD_CURSORS = [
  '',
  '-1',
  'x',
  'x-',
  'x-01',
  'x--1',
  'x-1.5',
  'x-999999999999999',
  'x-9999999999999999',
  `${'x'.repeat(129)}-1`,
  'X-1',
  'x-1, x-2',
  '\xff-1',
  'é-1',
  "x-1'",
  '../x-1',
] as const;

const ODD_KEYS = ['', ' ', 'two words', 'x'.repeat(256), 'x'.repeat(2000), '\xff', 'clé', 'a\tb', ','] as const;
const ODD_TYPES = [
  'text/plain',
  'text/html',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/jsonp',
  'application/json/x',
  'application/json; charset=utf-16',
  'application/json; charset=latin1',
  'application/json; charset=utf-8; charset=utf-16',
  'application/json; charset="utf-8',
  'application/json,application/json',
  'json',
  ';',
  '',
  '\xff',
  'x'.repeat(2000),
] as const;

/** Bytes that are no UTF-8. */
const NO_CHARACTERS: AtLeastOne<readonly number[]> = [[0xff], [0xc3, 0x28], [0xed, 0xa0, 0x80], [0xf0, 0x9f]];

const ODD_HEADERS: AtLeastOne<readonly [name: string, value: string]> = [
  ['Accept', 'text/nothing'],
  ['Accept-Encoding', ';q=x'],
  ['Cookie', '\xff=;;=;'],
  ['Range', 'bytes=9-1,-'],
  ['If-None-Match', '*'],
  ['If-Modified-Since', 'never'],
  ['X-HTTP-Method-Override', 'DELETE'],
  ['X-Forwarded-For', "' OR 1=1"],
  ['X-Forwarded-Host', '<script>'],
  ['Origin', 'null'],
  ['Authorization', 'Basic ===='],
  ['TE', 'trailers, x'],
  ['Trailer', 'Content-Length'],
  ['Upgrade', 'websocket'],
  ['__proto__', 'x'],
  ['constructor', 'x'],
  ['Forwarded', 'for=;;'],
  ['Via', '\xff'],
  ['Expires', ','],
];

/** What comes past the server's own reading of HTTP and is the application's to refuse. */
export const wrongRequests: Readonly<Record<string, Wrong>> = {
  'a field of a wrong kind': (draft, chance) => changeField(draft, chance, chance.oneOf(ODD_VALUES)),
  'a field missing': (draft, chance) => changeField(draft, chance, undefined),
  'a field huge': (draft, chance) => changeField(draft, chance, 'x'.repeat(chance.oneOf([20_000, 70_000, 300_000]))),
  'a field deep': (draft, chance) => setRaw(draft, (json) => json.replace('{', `{"deep":${nested(chance)},`)),
  'a field extra': (draft, chance) => {
    if (draft.fields)
      draft.fields[chance.oneOf(['extra', 'id', 'toString', 'hasOwnProperty', ''])] = chance.oneOf(ODD_VALUES);
  },
  'a field twice': (draft) => setRaw(draft, (json) => json.replace('{', '{"session_id":1,"content":null,')),
  'a poisoned prototype': (draft) =>
    setRaw(draft, (json) => json.replace('{', '{"__proto__":{"status":500},"constructor":{"prototype":1},')),
  'numbers beyond all bounds': (draft) =>
    setRaw(draft, (json) => json.replace('{', '{"a":1e999,"b":-1e-999,"on_busy":1e400,')),
  'no object': (draft, chance) =>
    setRaw(draft, () => chance.oneOf(['[]', 'null', '1', '"x"', 'true', '[{}]', '-0', nested(chance)])),
  'no JSON': (draft, chance) =>
    setRaw(draft, () =>
      chance.oneOf(['', ' ', '{', '}', '{]', 'Hello', "{'a':1}", 'NaN', '{"a":}', '\0', '<a/>', '{}{}']),
    ),
  'JSON broken off': (draft, chance) => setRaw(draft, (json) => json.slice(0, chance.between(0, json.length - 1))),
  'JSON with a letter changed': (draft, chance) => {
    const body = bodyOf(draft);
    if (body === undefined || draft.body !== undefined) return;
    body[chance.between(0, body.length - 1)] = chance.between(0, 255);
    draft.body = body;
  },
  'no UTF-8': (draft, chance) => setBytes(draft, (body) => inserted(body, chance.oneOf(NO_CHARACTERS), chance)),
  'UTF-16': (draft) => setRaw(draft, (json) => json, 'utf16le'),
  'a BOM': (draft) => setRaw(draft, (json) => `\ufeff${json}`),
  'random bytes': (draft, chance) =>
    setBytes(draft, () => Uint8Array.from({ length: chance.between(0, 300) }, () => chance.between(0, 255))),
  gzip: (draft, chance) => {
    if (chance.odds(0.7)) setBytes(draft, (body) => gzipSync(body));
    setHeader(
      draft,
      'Content-Encoding',
      chance.oneOf(['gzip', 'GZIP', 'gzip, gzip', 'br', 'deflate', 'x-none', '', ',']),
    );
  },
  'a body where none belongs': (draft, chance) => {
    draft.body ??= bodyOf(draft) ?? Buffer.from(chance.oneOf(['{}', 'x', '\0'.repeat(1000), 'x'.repeat(100_000)]));
  },
  'no body': (draft) => setBytes(draft, () => new Uint8Array()),
  'no length': (draft) => {
    draft.framing = 'chunked';
  },
  'a wrong content type': (draft, chance) => setHeader(draft, 'Content-Type', chance.oneOf(ODD_TYPES)),
  'no content type': (draft) => setHeader(draft, 'Content-Type', undefined),
  'two content types': (draft) => draft.headers.push(['Content-Type', 'text/plain']),
  'no key': (draft) => setHeader(draft, 'X-Internal-Auth', undefined),
  'a wrong key': (draft, chance) =>
    setHeader(
      draft,
      'X-Internal-Auth',
      chance.oneOf(['', 'x', 'clé', '\xff\xfe', 'x'.repeat(2000), 'undefined', 'null']),
    ),
  'two keys': (draft) => draft.headers.push(['X-Internal-Auth', 'another']),
  'a bad Last-Event-ID': (draft, chance) => setHeader(draft, 'Last-Event-ID', chance.oneOf(ODD_CURSORS)),
  'two Last-Event-IDs': (draft) => draft.headers.push(['Last-Event-ID', 'x-1'], ['Last-Event-ID', 'y-2']),
  'a bad Idempotency-Key': (draft, chance) => setHeader(draft, 'Idempotency-Key', chance.oneOf(ODD_KEYS)),
  'two Idempotency-Keys': (draft) => draft.headers.push(['Idempotency-Key', 'x'], ['idempotency-key', 'y']),
  'a bad X-Request-Id': (draft, chance) =>
    setHeader(draft, 'X-Request-Id', chance.oneOf(['', 'two words', '\xff', 'x'.repeat(129), '<a>', '"', 'a;b'])),
  'odd headers': (draft, chance) => {
    const [name, value] = chance.oneOf(ODD_HEADERS);
    draft.headers.push([name, value]);
  },
  'many headers': (draft, chance) => {
    for (let index = 0; index < chance.between(50, 400); index += 1) draft.headers.push([`X-${index}`, 'x']);
  },
  'a bad query': (draft, chance) => {
    const name = chance.oneOf(['limit', 'cursor', 'last_event_id', 'limit[]', 'limit[a]', '__proto__', 'x', '']);
    const value = chance.oneOf([
      '',
      '0',
      '-1',
      '201',
      '1e2',
      '٣',
      '%00',
      '%',
      '%ff',
      'x'.repeat(2000),

      'a&b=%zz',
      ...ODD_IDS,
    ]);
    draft.query += `${draft.query && '&'}${name}=${value}`;
  },
  'a query twice': (draft, chance) => {
    const name = chance.oneOf(['limit', 'cursor', 'last_event_id']);
    draft.query = `${name}=1&${name}=2&${name}`;
  },
  'an odd id': (draft, chance) => {
    const parts = draft.path.split('/');
    parts[chance.between(1, parts.length - 1)] = chance.oneOf(ODD_IDS);
    draft.path = parts.join('/');
  },
  'an odd path': (draft, chance) => {
    const { path } = draft;
    draft.path = chance.oneOf([
      `/${path}`,
      `${path}/`,
      `${path}//x`,
      path.toUpperCase(),
      `${path};x`,
      `${path}%20`,
      `/.${path}`,
      '/',
      '*',
    ]);
  },
  'another method': (draft, chance) => {
    draft.method = chance.oneOf([
      'GET',
      'HEAD',
      'POST',
      'PUT',
      'PATCH',
      'DELETE',
      'OPTIONS',
      'TRACE',
      'PROPFIND',
      'QUERY',
      'PURGE',
    ]);
  },
};

function changeField(draft: Draft, chance: Chance, value: unknown): void {
  const names = Object.keys(draft.fields ?? {});
  const name = names[chance.between(0, names.length - 1)];
  if (draft.fields !== undefined && name !== undefined) draft.fields[name] = value;
}

function setRaw(draft: Draft, change: (json: string) => string, encoding: BufferEncoding = 'utf8'): void {
  if (draft.fields === undefined || draft.body !== undefined) return;
  draft.body = Buffer.from(change(JSON.stringify(draft.fields)), encoding);
}

function setBytes(draft: Draft, change: (body: Uint8Array) => Uint8Array): void {
  const body = bodyOf(draft);
  if (body !== undefined) draft.body = change(body);
}

function inserted(body: Uint8Array, bytes: readonly number[], chance: Chance): Uint8Array {
  const place = chance.between(0, body.length);
  return Buffer.concat([body.subarray(0, place), Uint8Array.from(bytes), body.subarray(place)]);
}

function nested(chance: Chance): string {
  const depth = chance.oneOf([50, 1000, 10_000, 30_000]);
  return chance.odds(0.5)
    ? '['.repeat(depth) + ']'.repeat(depth)
    : `${'{"a":'.repeat(depth / 5)}1${'}'.repeat(depth / 5)}`;
}
