import { once } from 'node:events';
import { createServer, type LookupFunction, type Socket } from 'node:net';
import { expect } from 'chai';
import { connectToAny } from '../../../../../src/adapters/outbound/llm/openai-wire/connect-to-any.js';
import { DeafListener } from '../../../../support/deaf-listener.js';
import { freePort } from '../../../../support/free-port.js';
import { named } from '../../../../support/named.js';

describe('connectToAny', () => {
  const opened: (Socket | DeafListener | ReturnType<typeof createServer>)[] = [];
  const never = new AbortController().signal;

  afterEach(() => {
    for (const one of opened.splice(0)) {
      if ('destroy' in one) one.destroy();
      else one.close();
    }
  });

  async function listen(host: string, port = 0): Promise<number> {
    const server = createServer((socket) => opened.push(socket)).listen(port, host);
    opened.push(server);
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  async function deafAt(host: string): Promise<DeafListener> {
    const listener = await DeafListener.start(host);
    opened.push(listener);
    return listener;
  }

  async function reach(port: number, lookup: LookupFunction, signal = never): Promise<string | undefined> {
    const socket = await connectToAny({ host: 'model.test', port, lookup }, signal);
    opened.push(socket);
    return socket.remoteAddress;
  }

  it('reaches the one address of a name', async () => {
    expect(await reach(await listen('127.0.0.1'), named('127.0.0.1'))).to.equal('127.0.0.1');
  });

  it('goes on to the next address at once when one refuses', async () => {
    const port = await listen('127.0.0.3');
    expect(await reach(port, named('127.0.0.1', '127.0.0.2', '127.0.0.3'))).to.equal('127.0.0.3');
  });

  it('reaches the next address when one is silent', async () => {
    const { port } = await deafAt('127.0.0.2');
    await listen('127.0.0.3', port);
    expect(await reach(port, named('127.0.0.2', '127.0.0.3'))).to.equal('127.0.0.3');
  });

  it('reaches a first address that takes a second, when the next ones do not work', async () => {
    const listener = await deafAt('127.0.0.2');
    const { port } = listener;
    const reached = reach(port, named('127.0.0.2', '127.0.0.4', '127.0.0.5'));
    setTimeout(() => listener.wake(), 600);
    expect(await reached).to.equal('127.0.0.2');
  });

  it('fails as the first address does when none works', async () => {
    const port = await freePort();
    const error = await reach(port, named('127.0.0.1', '127.0.0.2')).catch((failure: unknown) => failure);
    expect(error).to.include({ code: 'ECONNREFUSED', address: '127.0.0.1' });
  });

  it('fails as the name does', async () => {
    const away: LookupFunction = (_name, _options, tell) =>
      tell(Object.assign(new Error('gone'), { code: 'ENOTFOUND' }), []);
    expect(await reach(1, away).catch((failure: unknown) => failure)).to.have.property('code', 'ENOTFOUND');
  });
});
