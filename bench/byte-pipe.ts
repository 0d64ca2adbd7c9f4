import { Agent, createServer, request as httpRequest } from 'node:http';
import { readyAt, textOf } from './process-port.js';

/** The physical limit: the bytes of the model as they are, and nobody looks at them. */
const { hostname, port } = new URL(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true });
const server = createServer(async (request, response) => {
  const { content, messages } = JSON.parse(await textOf(request));
  const body = JSON.stringify({ messages: messages ?? [{ role: 'user', content }] });
  const headers = { 'Content-Length': Buffer.byteLength(body) };
  const call = httpRequest({ hostname, port, path: '/', method: 'POST', agent, headers }, (answer) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    answer.pipe(response);
  });
  response.once('close', () => call.destroy());
  call.on('error', () => response.destroy());
  call.end(body);
});
server.listen(0, '127.0.0.1', () => readyAt(server));
