import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { OpenAnswers } from '../../../src/infrastructure/server/open-answers.js';
import { freePort } from '../../support/free-port.js';

/** In milliseconds; with real sockets, whose own timers these are. */
const STALL = 400;
const TOO_MUCH_TO_BUFFER = Buffer.alloc(32 * 1024 * 1024);

describe('OpenAnswers', () => {
  let server: Server;
  let client: Socket;
  let answers: OpenAnswers;
  let response: ServerResponse;

  beforeEach(async () => {
    answers = new OpenAnswers(STALL);
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
    client.destroy();
    server.close();
  });

  it('cuts the connection of a client that does not read what is written for it', async () => {
    response.end(TOO_MUCH_TO_BUFFER);
    await once(response, 'close');
    expect(response.writableFinished).to.equal(false);
    expect(answers.size).to.equal(0);
  });

  it('gives all of it to a client that reads slowly, however long that takes', async () => {
    const begun = performance.now();
    response.end(TOO_MUCH_TO_BUFFER);
    let bytes = 0;
    client.on('data', (piece) => {
      bytes += piece.length;
      client.pause();
      setTimeout(() => client.resume(), STALL / 200);
    });
    await once(response, 'close');
    expect(response.writableFinished).to.equal(true);
    expect(performance.now() - begun, 'so long that it proves something').to.be.greaterThan(2 * STALL);
    while (bytes < TOO_MUCH_TO_BUFFER.length) await delay(STALL / 10);
  });

  it('waits for answers that are still being written', async () => {
    response.write('the first part');
    await delay(3 * STALL);
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
