import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { expect } from 'chai';
import sinon from 'sinon';
import { SseResponse } from '../../../../src/adapters/inbound/http/sse-response.js';
import { aTurn } from '../../../support/a-turn.js';

describe('SseResponse', () => {
  const server = createServer();
  let client: Socket;
  let response: ServerResponse;
  let clock: sinon.SinonFakeTimers;

  beforeEach(async () => {
    clock = sinon.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port }: AddressInfo = JSON.parse(JSON.stringify(server.address()));
    client = connect(port, '127.0.0.1').on('error', () => {});
    client.pause().write('GET / HTTP/1.1\r\nHost: test\r\n\r\n');
    [, response] = await once(server, 'request');
  });

  afterEach(async () => {
    clock.restore();
    client.destroy();
    server.close();
    await once(server, 'close');
  });

  /** Until the system's own buffers are full too, and stay so for many turns of the event loop. */
  async function fillUp(sse: SseResponse): Promise<void> {
    do {
      while (sse.write(`data: ${'x'.repeat(64 * 1024)}\n\n`));
      for (let turn = 0; turn < 500 && response.writableNeedDrain; turn += 1) await new Promise(setImmediate);
    } while (!response.writableNeedDrain);
  }

  it('drops a reader that takes nothing for 30 s while it is behind', async () => {
    const sse = new SseResponse(response);
    sse.open({});
    await fillUp(sse);
    const drained = sse.drained();
    clock.tick(29_999);
    expect(response.destroyed).to.equal(false);
    clock.tick(1);
    await drained;
    expect(response.destroyed).to.equal(true);
  });

  it('lets others have their turn before it goes on, also when the system takes all at once', async () => {
    const sse = new SseResponse(response);
    sse.open({});
    expect(sse.write(`data: ${'x'.repeat(64 * 1024)}\n\n`)).to.equal(false);
    const turn = aTurn();
    await sse.drained();
    expect(turn.isOver).to.equal(true);
  });

  it('drops a reader that does not take the last bytes either', async () => {
    const sse = new SseResponse(response);
    sse.open({});
    await fillUp(sse);
    sse.end();
    clock.tick(29_999);
    expect(response.closed).to.equal(false);
    clock.tick(1);
    await once(response, 'close');
    expect(response.writableFinished).to.equal(false);
  });

  it('leaves no timer behind when its reader takes all, or is gone', async () => {
    const sse = new SseResponse(response);
    sse.open({});
    client.resume();
    sse.end();
    await once(response, 'close');
    expect(clock.countTimers()).to.equal(0);
    sse.end();
    expect(clock.countTimers()).to.equal(0);
  });
});
