import { type Attempt, bytesOf, USUAL_PATIENCE_MS } from './attempt.js';

interface Shape {
  readonly name: string;
  /** Each a write of its own. */
  readonly pieces: readonly string[];
  readonly halfCloses?: boolean;
  readonly maySayNothing?: boolean;
  readonly mustBeRefused?: boolean;
}

/** The session of the request that hides behind another one, and must never be. */
export const SMUGGLED_SESSION = 'smuggled';

/** Longer than the service waits for the rest of a request. */
const SLOW_PATIENCE_MS = 90_000;

/** What no client that knows HTTP sends: requests whose end two readers see in different places, broken lines, half
 *  requests. */
export function rawShapes(key: string): readonly Attempt[] {
  return [...[...smuggling(key), ...lines(key), ...bodies(key)].map(attemptOf), ...oddShapes(key)];
}

/** Odd and yet right, or nothing that could be answered. */
function oddShapes(key: string): readonly Attempt[] {
  return [...harmless(key), ...fragments(key)].map(attemptOf);
}

/** Those that the service has to wait for. */
export function slowShapes(key: string): readonly Attempt[] {
  const { post, json } = partsFor(key);
  return [
    { name: 'slow: nothing at all', pieces: [], maySayNothing: true },
    { name: 'slow: half a head', pieces: ['GET /health HTTP/1.1\r\nHost: x\r\n'] },
    { name: 'slow: half a body', pieces: [`${post}Content-Length: ${json.length}\r\n\r\n${json.slice(0, 9)}`] },
    { name: 'slow: half a chunk', pieces: [`${post}Transfer-Encoding: chunked\r\n\r\n5\r\n{`] },
  ].map((shape) => ({ ...attemptOf(shape), milliseconds: SLOW_PATIENCE_MS }));
}

function attemptOf({ name, pieces, halfCloses = false, maySayNothing = false, mustBeRefused = false }: Shape): Attempt {
  const [, method = '', target = ''] = /^(\S*) (\S*)/.exec(pieces.join('')) ?? [];
  return {
    name,
    method,
    path: target.replace(/\?.*/, ''),
    pieces: pieces.map(bytesOf),
    halfCloses,
    maySayNothing,
    mustBeRefused,
    milliseconds: USUAL_PATIENCE_MS,
  };
}

function partsFor(key: string) {
  const head = `Host: localhost\r\nX-Internal-Auth: ${key}\r\n`;
  const json = '{"session_id":"raw","type":"user_message","content":"Hi"}';
  const hidden = JSON.stringify({ session_id: SMUGGLED_SESSION, type: 'user_message', content: 'Hi' });
  const post = `POST /agent/message HTTP/1.1\r\n${head}Content-Type: application/json\r\n`;
  const chunk = `${json.length.toString(16)}\r\n${json}\r\n`;
  const smuggled = `${post}Content-Length: ${hidden.length}\r\n\r\n${hidden}`;
  const get = `GET /health HTTP/1.1\r\n${head}`;
  return { head, json, post, chunk, smuggled, get, close: 'Connection: close\r\n' };
}

function smuggling(key: string): readonly Shape[] {
  const { post, json, chunk, smuggled, get } = partsFor(key);
  const chunkedEnd = '0\r\n\r\n';
  const cases: Record<string, string> = {
    'CL and TE': `${post}Content-Length: ${json.length}\r\nTransfer-Encoding: chunked\r\n\r\n${chunkedEnd}`,
    'TE and CL': `${post}Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunk}${chunkedEnd}`,
    'two CLs': `${post}Content-Length: ${json.length}\r\nContent-Length: 1\r\n\r\n${json}`,
    'two equal CLs': `${post}Content-Length: ${json.length}\r\nContent-Length: ${json.length}\r\n\r\n${json}`,
    'a list of CLs': `${post}Content-Length: ${json.length}, ${json.length}\r\n\r\n${json}`,
    'CL with a sign': `${post}Content-Length: +${json.length}\r\n\r\n${json}`,
    'CL below zero': `${post}Content-Length: -1\r\n\r\n${json}`,
    'CL in hex': `${post}Content-Length: 0x10\r\n\r\n${json}`,
    'CL beyond 64 bits': `${post}Content-Length: 99999999999999999999999\r\n\r\n${json}`,
    'CL empty': `${post}Content-Length: \r\n\r\n${json}`,
    'CL with words': `${post}Content-Length: 5 5\r\n\r\n${json}`,
    'TE: xchunked': `${post}Transfer-Encoding: xchunked\r\n\r\n${chunk}${chunkedEnd}`,
    'TE: chunked, identity': `${post}Transfer-Encoding: chunked, identity\r\n\r\n${chunk}${chunkedEnd}`,
    'TE: gzip, chunked': `${post}Transfer-Encoding: gzip, chunked\r\n\r\n${chunk}${chunkedEnd}`,
    'TE: identity': `${post}Transfer-Encoding: identity\r\n\r\n${chunk}${chunkedEnd}`,
    'TE with a tab inside': `${post}Transfer-Encoding: chu\tnked\r\n\r\n${chunk}${chunkedEnd}`,
    'a space before the colon of TE': `${post}Transfer-Encoding : chunked\r\n\r\n${chunk}${chunkedEnd}`,
    'a space before the colon of CL': `${post}Content-Length : ${json.length}\r\n\r\n${json}`,
    'CL folded': `${post}Content-Length:\r\n ${json.length}\r\n\r\n${json}`,
    'a line folded': `${get}X-Folded: a\r\n b\r\n\r\n`,
    'a first line folded': 'GET /health HTTP/1.1\r\n Host: x\r\n\r\n',
    'a bare LF in the head': `${get.replaceAll('\r\n', '\n')}\n`,
    'a bare LF before TE': `${post}X: y\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n${chunkedEnd}`,
    'a bare CR in the head': `${get}X: a\rTransfer-Encoding: chunked\r\n\r\n`,
    'two Hosts': `${get}Host: elsewhere\r\n\r\n`,
    'a chunk size with a sign': `${post}Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n${chunkedEnd}`,
    'a chunk size in 0x': `${post}Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n${chunkedEnd}`,
    'a chunk size beyond 64 bits': `${post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello\r\n${chunkedEnd}`,
    'a chunk size that is none': `${post}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n${chunkedEnd}`,
    'a chunk longer than it says': `${post}Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n${chunkedEnd}`,
    'a chunk that ends in LF': `${post}Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n`,
    'a chunk with a huge extension': `${post}Transfer-Encoding: chunked\r\n\r\n5;${'x'.repeat(20_000)}\r\nhello\r\n${chunkedEnd}`,
  };
  return Object.entries(cases).map(([name, text]) => ({
    name: `smuggling: ${name}`,
    pieces: [text + smuggled],
    mustBeRefused: true,
  }));
}

function lines(key: string): readonly Shape[] {
  const { head, get, close } = partsFor(key);
  const cases: Record<string, string> = {
    'HTTP/0.9': 'GET /health\r\n',
    'HTTP/0.9 without a path': 'GET\r\n\r\n',
    'HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'HTTP/2.0': `GET /health HTTP/2.0\r\n${head}\r\n`,
    'HTTP/1.2': `GET /health HTTP/1.2\r\n${head}\r\n`,
    'HTTP/9': `GET /health HTTP/9\r\n${head}\r\n`,
    'http in small letters': `GET /health http/1.1\r\n${head}\r\n`,
    'another protocol': `GET /health ICE/1.0\r\n${head}\r\n`,
    TLS: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    SSH: 'SSH-2.0-OpenSSH_9.0\r\n',
    SMTP: 'EHLO x\r\n',
    Redis: '*1\r\n$4\r\nPING\r\n',
    'NUL bytes': '\0'.repeat(64),
    'random letters': 'qwertz\r\n\r\n',
    CONNECT: `CONNECT localhost:1 HTTP/1.1\r\n${head}\r\n`,
    'an unknown method': `FOO /health HTTP/1.1\r\n${head}\r\n`,
    'a method in small letters': `get /health HTTP/1.1\r\n${head}\r\n`,
    'a method with a colon': `GE:T /health HTTP/1.1\r\n${head}\r\n`,
    'a target with a space': `GET /hea lth HTTP/1.1\r\n${head}\r\n`,
    'a target with a control character': `GET /\x01 HTTP/1.1\r\n${head}\r\n`,
    'no target': `GET  HTTP/1.1\r\n${head}\r\n`,
    'a target without a slash': `GET health HTTP/1.1\r\n${head}\r\n`,
    'a header without a colon': `${get}nonsense\r\n\r\n`,
    'a header without a name': `${get}: x\r\n\r\n`,
    'a header name with a space': `${get}A B: x\r\n\r\n`,
    'a header name with a control character': `${get}A\x01: x\r\n\r\n`,
    'NUL in a header': `${get}X: a\0b\r\n\r\n`,
    'a header of 20 KB': `${get}X: ${'x'.repeat(20_000)}\r\n\r\n`,
    'headers of 200 KB': `${get}${`X: ${'x'.repeat(200)}\r\n`.repeat(1000)}\r\n`,
    'a target of 20 KB': `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n${head}\r\n`,
    'no Host': `GET /health HTTP/1.1\r\n${close}\r\n`,
    'Expect: 200-maybe': `${get}Expect: 200-maybe\r\n${close}\r\n`,
    'Expect: nothing': `${get}Expect: \r\n${close}\r\n`,
  };
  return Object.entries(cases).map(([name, text]) => ({
    name: `lines: ${name}`,
    pieces: [text],
    // What begins no line of a request may be closed without a word, when its end tells that no more of it comes.
    halfCloses: !text.endsWith('\r\n\r\n'),
  }));
}

function bodies(key: string): readonly Shape[] {
  const { post, json, chunk, get, head } = partsFor(key);
  const cases: Record<string, string> = {
    'nothing of it': `${post}Content-Length: ${json.length}\r\n\r\n`,
    'half of it': `${post}Content-Length: ${json.length}\r\n\r\n${json.slice(0, 9)}`,
    'less than it says': `${post}Content-Length: ${json.length + 1}\r\n\r\n${json}`,
    'a chunk cut': `${post}Transfer-Encoding: chunked\r\n\r\n${chunk.slice(0, 20)}`,
    'no last chunk': `${post}Transfer-Encoding: chunked\r\n\r\n${chunk}`,
    'half a last chunk': `${post}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n`,
    'half a trailer': `${post}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\nX-A: b`,
    'half a head': get,
    'half a line': 'GET /hea',
    'half a version': 'GET /health HTTP/1',
    'half a header': `${get}X-Half`,
    'a key cut': `GET /health HTTP/1.1\r\n${head.slice(0, -4)}`,
  };
  return Object.entries(cases).map(([name, text]) => ({ name: `cut: ${name}`, pieces: [text], halfCloses: true }));
}

/** Odd, and yet right: whatever comes back must be an answer. */
function harmless(key: string): readonly Shape[] {
  const { post, json, chunk, get, head, close } = partsFor(key);
  const cases: Record<string, readonly string[]> = {
    'byte by byte': [...`${get}${close}\r\n`],
    'the absolute form': [`GET http://localhost/health HTTP/1.1\r\n${head}${close}\r\n`],
    'the absolute form of elsewhere': [`GET http://elsewhere.invalid/health?x#y HTTP/1.1\r\n${head}${close}\r\n`],
    'the absolute form of another scheme': [`GET ftp://x/health HTTP/1.1\r\n${head}${close}\r\n`],
    'the absolute form without a path': [`GET foo://x HTTP/1.1\r\n${head}${close}\r\n`],
    'the absolute form of no address': [`GET http://[::/health HTTP/1.1\r\n${head}${close}\r\n`],
    'the asterisk form': [`OPTIONS * HTTP/1.1\r\n${head}${close}\r\n`],
    'a fragment': [`GET /health#x HTTP/1.1\r\n${head}${close}\r\n`],
    'HTTP/1.0': ['GET /health HTTP/1.0\r\n\r\n'],
    'blank lines before': [`\r\n\r\n${get}${close}\r\n`],
    pipelined: [get, '\r\n', get, '\r\n', `${get}${close}\r\n`],
    'pipelined in one write': [[get, get, get, `${get}${close}`, ''].join('\r\n')],
    'a body of GET': [`${get}Content-Length: 3\r\n${close}\r\nabc`],
    'pipelined behind a refused body': [`${post}Content-Length: 1\r\n\r\n{${get}${close}\r\n`],
    'a chunk extension': [
      `${post}Transfer-Encoding: chunked\r\n${close}\r\n${chunk.replace('\r\n', ';a=b\r\n')}0\r\n\r\n`,
    ],
    'a trailer': [`${post}Transfer-Encoding: chunked\r\n${close}\r\n${chunk}0\r\nX-Internal-Auth: other\r\n\r\n`],
    'Expect: 100-continue': [`${post}Content-Length: ${json.length}\r\nExpect: 100-continue\r\n${close}\r\n`, json],
    'an upgrade': [`${get}Connection: Upgrade\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n\r\n`],
    'a web socket': [
      `${get}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
    ],
    'Connection: nonsense': [`${get}Connection: keep-alive, close, x\r\n\r\n`],
    'Keep-Alive: nonsense': [`${get}Keep-Alive: timeout=-1\r\n${close}\r\n`],
  };
  return Object.entries(cases).map(([name, pieces]) => ({ name: `odd: ${name}`, pieces }));
}

/** Nothing that could be answered. */
function fragments(key: string): readonly Shape[] {
  const { post, json, get } = partsFor(key);
  const cases: Record<string, string> = {
    nothing: '',
    'a blank line': '\r\n',
    'a whole request': `${get}\r\n`,
    'a whole message': `${post}Content-Length: ${json.length}\r\n\r\n${json}`,
  };
  return Object.entries(cases).map(([name, text]) => ({
    name: `half-closed: ${name}`,
    pieces: [text],
    halfCloses: true,
    maySayNothing: true,
  }));
}
