import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import express, { type Response } from 'express';
import { PiecewiseJson } from '../../../../src/adapters/inbound/http/piecewise-json.js';
import { aTurn } from '../../../support/a-turn.js';
import { freePort } from '../../../support/free-port.js';

/** In milliseconds; with real sockets, whose own timers these are. */
const STALL = 400;
const PIECE = 'x'.repeat(1024 * 1024);
const PIECES = 32;

describe('PiecewiseJson', () => {
  let server: Server;
  let client: Socket;
  let response: Response;

  beforeEach(async () => {
    const port = await freePort();
    const asked = Promise.withResolvers<Response>();
    server = express()
      .use((_request, answer) => asked.resolve(answer))
      .listen(port, '127.0.0.1');
    await once(server, 'listening');
    client = connect({ port, host: '127.0.0.1' });
    client.on('error', () => {});
    client.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
    response = await asked.promise;
  });
  afterEach(() => {
    client.destroy();
    server.close();
  });

  async function writeAll(): Promise<void> {
    const answer = new PiecewiseJson(response, '"', STALL);
    for (let written = 0; written < PIECES && !response.closed; written += 1) await answer.add(PIECE);
    answer.end('"');
  }

  it('drops a reader that takes nothing, and holds no more than a piece for it', async () => {
    const writing = writeAll();
    let most = 0;
    for (; !response.closed; await delay(STALL / 40)) most = Math.max(most, response.writableLength);
    await writing;
    expect(most).to.be.within(1, 2 * PIECE.length);
    expect(response.writableFinished).to.equal(false);
  });

  it('lets others have their turn behind each piece, also when the system takes it at once', async () => {
    client.resume();
    const answer = new PiecewiseJson(response, '"');
    for (let written = 0; written < 3; written += 1) {
      const turn = aTurn();
      await answer.add(PIECE.slice(0, 64 * 1024));
      expect(turn.isOver).to.equal(true);
    }
  });

  it('gives all of it to a client that reads slowly, however long that takes', async () => {
    const begun = performance.now();
    let bytes = 0;
    client.on('data', (piece) => {
      bytes += piece.length;
      client.pause();
      setTimeout(() => client.resume(), STALL / 200);
    });
    await Promise.all([writeAll(), once(response, 'close')]);
    expect(response.writableFinished).to.equal(true);
    expect(performance.now() - begun, 'so long that it proves something').to.be.greaterThan(2 * STALL);
    while (bytes < PIECES * PIECE.length) await delay(STALL / 10);
  });

  it('sends a small one whole, with its length', async () => {
    const answer = new PiecewiseJson(response, '[', STALL);
    expect(answer.add('1')).to.equal(undefined);
    expect(response.headersSent).to.equal(false);
    answer.end(']');
    const [head] = await once(client, 'data');
    expect(String(head)).to.match(/^HTTP\/1\.1 200 OK\r\n/);
    expect(String(head))
      .to.include('Content-Type: application/json; charset=utf-8')
      .and.include('Content-Length: 3\r\n');
    expect(String(head)).to.match(/\r\n\r\n\[1\]$/);
  });
});
