import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { type SinonFakeTimers, useFakeTimers } from 'sinon';
import { OpenAnswers } from '../../../src/infrastructure/server/open-answers.js';
import { freePort } from '../../support/free-port.js';

const TOO_MUCH_TO_BUFFER = Buffer.alloc(32 * 1024 * 1024);

describe('OpenAnswers', () => {
  let clock: SinonFakeTimers;
  let server: Server;
  let client: Socket;
  let answers: OpenAnswers;
  let response: ServerResponse;

  beforeEach(async () => {
    clock = useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    answers = new OpenAnswers();
    answers.watch();
    server = createServer();
    const port = await freePort();
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    client = connect({ port, host: '127.0.0.1' });
    client.on('error', () => {});
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    [, response] = await once(server, 'request');
    answers.add(response);
  });
  afterEach(() => {
    answers.unwatch();
    clock.restore();
    client.destroy();
    server.close();
  });

  it('cuts the connection of a client that does not read what is written for it', async () => {
    response.end(TOO_MUCH_TO_BUFFER);
    clock.tick(30_000);
    expect(response.destroyed).to.equal(false);
    clock.tick(30_000);
    expect(response.destroyed).to.equal(true);
    await once(response, 'close');
    expect(answers.size).to.equal(0);
  });

  it('waits for answers that are still being written', async () => {
    response.write('the first part');
    clock.tick(600_000);
    expect(response.destroyed).to.equal(false);
    expect(answers.size).to.equal(1);
  });

  it('lets go what was read', async () => {
    client.resume();
    response.end('an answer');
    await once(response, 'close');
    expect(answers.size).to.equal(0);
  });

  it('knows the connections on which an answer has begun', async () => {
    const { socket } = response.req;
    expect(answers.hasBegunOn(socket)).to.equal(false);
    response.write('the first part');
    expect(answers.hasBegunOn(socket)).to.equal(true);
  });
});
