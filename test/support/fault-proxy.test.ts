import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { FaultProxy } from './fault-proxy.js';
import { until } from './until.js';
import { within } from './within.js';

describe('FaultProxy', () => {
  const clients: Peer[] = [];
  /** What the server behind the proxy has accepted. It sends back what it gets. */
  const accepted: Peer[] = [];
  let server: Server;
  let proxy: FaultProxy;

  beforeEach(async () => {
    server = createServer((socket) => accepted.push(new Peer(socket.pipe(socket))));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    proxy = await FaultProxy.start(portOf(server));
  });

  afterEach(async () => {
    await proxy.close();
    for (const { socket } of [...clients.splice(0), ...accepted.splice(0)]) socket.destroy();
    if (server.listening) server.close();
  });

  it('passes every byte both ways', async () => {
    const client = await open();
    const text = 'wörter '.repeat(500_000);
    client.socket.end(text);
    await client.closed;
    expect(client.received === text).to.equal(true);
    await until(() => proxy.connections === 0);
  });

  it('resets both sides of every connection when it cuts, and takes new ones', async () => {
    const peers = [await open(), await open()];
    await until(() => accepted.length === 2);
    proxy.cut();
    for (const peer of [...peers, ...accepted]) expect(await peer.closed).to.equal('ECONNRESET');
    await expectEcho(await open());
  });

  it('refuses new connections until it accepts them again, and keeps the old ones', async () => {
    const old = await open();
    await expectEcho(old);
    proxy.refuse();
    const refused = dial();
    expect(await refused.closed).to.equal('ECONNRESET');
    await expectEcho(old);
    expect(accepted).to.have.length(1);
    proxy.accept();
    await expectEcho(await open());
  });

  it('holds the bytes of both ways while it stalls, on old and on new connections, and brings them in order', async () => {
    const old = await open();
    await until(() => accepted.length === 1);
    proxy.stall();
    const young = await open();
    young.socket.write('one ');
    old.socket.write('one ');
    accepted[0]?.socket.write('(unasked) ');
    await delay(100);
    old.socket.write('two');
    expect([old.received, young.received]).to.deep.equal(['', '']);
    expect(accepted.map(({ received }) => received).join('')).to.equal('');
    proxy.flow();
    await until(() => old.received === '(unasked) one two' && young.received === 'one ');
  });

  it('tells neither side of the other one’s end while it stalls', async () => {
    const [ending, resetting] = [await open(), await open()];
    await until(() => accepted.length === 2);
    proxy.stall();
    ending.socket.end();
    accepted[1]?.socket.resetAndDestroy();
    await delay(100);
    expect(accepted[0]?.socket.readableEnded).to.equal(false);
    expect(resetting.socket.closed).to.equal(false);
    proxy.flow();
    expect(await resetting.closed).to.equal('ECONNRESET');
    expect(await accepted[0]?.closed).to.equal('in good order');
  });

  it('cuts what it has stalled', async () => {
    const client = await open();
    proxy.stall();
    client.socket.write('lost');
    proxy.cut();
    expect(await client.closed).to.equal('ECONNRESET');
  });

  it('loses the answer that it is told to lose, with its connection, and no other', async () => {
    const [first, second] = [await open(), await open()];
    proxy.loseAnswer(2);
    await expectEcho(first);
    second.socket.write('lost');
    expect(await second.closed).to.equal('ECONNRESET');
    expect(second.received).to.equal('');
    expect(accepted.map(({ received }) => received)).to.include('lost');
    expect(proxy.loseNothing()).to.equal(false);
    await expectEcho(first);
    proxy.loseAnswer(1);
    expect(proxy.loseNothing()).to.equal(true);
    await expectEcho(first);
  });

  it('brings each byte later by the delay, each way', async () => {
    const client = await open();
    proxy.delay(100);
    const start = performance.now();
    client.socket.write('echo');
    await until(() => client.received === 'echo');
    expect(performance.now() - start).to.be.at.least(195);
  });

  it('lets nothing overtake what is delayed, when the delay gets shorter', async () => {
    const client = await open();
    proxy.delay(200);
    client.socket.write('first ');
    await delay(50);
    proxy.delay(0);
    client.socket.write('second');
    await until(() => client.received.length > 6);
    expect(client.received).to.equal('first second');
  });

  it('resets a connection whose server is not there', async () => {
    server.close();
    expect(await dial().closed).to.equal('ECONNRESET');
    await until(() => proxy.connections === 0);
  });

  it('closes while it stalls, and its port is free then', async () => {
    const client = await open();
    proxy.stall();
    const { port } = proxy;
    await proxy.close();
    expect(await client.closed).to.equal('ECONNRESET');
    expect(await new Peer(connect(port, '127.0.0.1')).closed).to.equal('ECONNREFUSED');
    proxy = await FaultProxy.start(portOf(server));
  });

  function dial(): Peer {
    const client = new Peer(connect(proxy.port, '127.0.0.1'));
    clients.push(client);
    return client;
  }

  async function open(): Promise<Peer> {
    const client = dial();
    await once(client.socket, 'connect');
    return client;
  }
});

/** One end of a connection, with what it has received and how it was closed. */
class Peer {
  received = '';
  /** The code of the error, or `in good order`. */
  readonly closed: Promise<string>;

  constructor(readonly socket: Socket) {
    let end = 'in good order';
    socket.setEncoding('utf8');
    socket.on('data', (text) => {
      this.received += text;
    });
    socket.on('error', (error) => {
      end = 'code' in error ? `${error.code}` : error.message;
    });
    this.closed = new Promise((resolve) => socket.on('close', () => resolve(end)));
  }
}

async function expectEcho(peer: Peer): Promise<void> {
  peer.socket.write('echo');
  await within(
    5000,
    until(() => peer.received === 'echo'),
  );
  peer.received = '';
}

function portOf(server: Server): number {
  return addressOf(server).port;
}

function addressOf(server: Server): AddressInfo {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server is not listening.');
  return address;
}
