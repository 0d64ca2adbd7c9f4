import { randomUUID } from 'node:crypto';
import { Agent, createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { readyAt, textOf } from './process-port.js';

/** The floor: what a careful person writes by hand on bare node:http for this one job. It reads the model's events,
 *  writes our frames, one write for each read, and waits for a reader that is slow. It keeps nothing: no session, no
 *  journal, no resuming, no heartbeat, no limits, and it breaks on what is not the usual form. */
const upstream = new URL(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true });
const server = createServer((request, response) => void relay(request, response));
server.listen(0, '127.0.0.1', () => readyAt(server));

const END = '{"token":"","is_final":true,"type":"assistant_message"}';
const HEAD = {
  'Content-Type': 'text/event-stream; charset=utf-8',
  'Cache-Control': 'no-cache, no-transform',
  'X-Accel-Buffering': 'no',
};

async function relay(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { content, messages } = JSON.parse(await textOf(request));
  const runId = randomUUID();
  response.writeHead(200, { ...HEAD, 'X-Run-Id': runId });
  response.write(': ok\n\nretry: 3000\n\n');
  const body = JSON.stringify({ model: 'm', messages: messages ?? [{ role: 'user', content }], stream: true });
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
  const { hostname, port } = upstream;
  const path = '/v1/chat/completions';
  const call = httpRequest({ hostname, port, path, method: 'POST', agent, headers }, (answer) =>
    pass(answer, response, runId),
  );
  response.once('close', () => call.destroy());
  call.on('error', () => response.destroy());
  call.end(body);
}

function pass(answer: IncomingMessage, response: ServerResponse, runId: string): void {
  let rest = '';
  let number = 0;
  const frame = (data: string): string => {
    number += 1;
    return `id: ${runId}-${number}\ndata: ${data}\n\n`;
  };
  const framesOf = (block: string): string => {
    const data = block.slice('data: '.length);
    if (data === '[DONE]') return '';
    const { delta, finish_reason } = JSON.parse(data).choices[0];
    if (finish_reason !== null) return `${frame(END)}data: [DONE]\n\n`;
    const token = JSON.stringify(delta.content);
    return frame(`{"token":${token},"is_final":false,"type":"assistant_message"}`);
  };
  answer.setEncoding('utf8');
  answer.on('data', (text: string) => {
    const blocks = (rest + text).split('\n\n');
    rest = blocks.pop() ?? '';
    let frames = '';
    for (const block of blocks) frames += framesOf(block);
    if (frames === '' || response.write(frames)) return;
    answer.pause();
    response.once('drain', () => answer.resume());
  });
  answer.on('end', () => response.end());
}
