import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** A network between a client and a server on this machine that fails when the test says so. It keeps nobody's event
 *  loop alive by itself. */
export class FaultProxy {
  private readonly server: Server;
  private readonly pairs = new Set<readonly [client: Socket, server: Socket]>();
  private refuses = false;
  private latency = 0;
  /** How many pieces of the server's still arrive until one is lost. */
  private untilLoss: number | undefined;
  /** What stalled bytes wait for. */
  private gate: PromiseWithResolvers<void> | undefined;

  private constructor(private readonly targetPort: number) {
    this.server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) =>
      this.take(client),
    );
  }

  static async start(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort);
    proxy.server.listen(0, '127.0.0.1').unref();
    await once(proxy.server, 'listening');
    return proxy;
  }

  /** In front of the server that a URL leads to, with the URL that leads through it. */
  static async inFrontOf(url: string): Promise<{ readonly proxy: FaultProxy; readonly url: string }> {
    const through = new URL(url);
    const proxy = await FaultProxy.start(Number(through.port));
    through.port = `${proxy.port}`;
    return { proxy, url: through.href };
  }

  get port(): number {
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('The proxy is closed.');
    return address.port;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.pairs.size;
  }

  /** Resets every open connection, on both sides. */
  cut(): void {
    for (const pair of this.pairs) for (const socket of pair) reset(socket);
  }

  /** From now on, resets every new connection at once. Open ones stay. */
  refuse(): void {
    this.refuses = true;
  }

  accept(): void {
    this.refuses = false;
  }

  /** Holds every byte, every end and every reset, both ways: each side still has its connection, and hears nothing. */
  stall(): void {
    this.gate ??= Promise.withResolvers();
    for (const pair of this.pairs) for (const socket of pair) socket.pause();
  }

  /** Lets go what was held, in order. */
  flow(): void {
    this.gate?.resolve();
    this.gate = undefined;
    for (const pair of this.pairs) for (const socket of pair) socket.resume();
  }

  /** From now on, brings every byte so much later, each way. */
  delay(milliseconds: number): void {
    this.latency = milliseconds;
  }

  /** Loses an answer of the server's, and its connection with it: the server has done what it was asked. `count` is 1
   *  for the next one, on whichever connection it comes. */
  loseAnswer(count: number): void {
    this.untilLoss = count;
  }

  /** Takes that back. Returns whether it has not come to it. */
  loseNothing(): boolean {
    const isLeft = this.untilLoss !== undefined;
    this.untilLoss = undefined;
    return isLeft;
  }

  async close(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    this.cut();
    this.gate?.resolve();
    await closed;
  }

  private take(client: Socket): void {
    if (this.refuses) {
      reset(client);
      return;
    }
    const server = connect({ port: this.targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    const pair = [client, server] as const;
    this.pairs.add(pair);
    this.carry(client, server, () => false);
    this.carry(server, client, () => this.losesThisOne());
    for (const socket of pair) {
      socket.unref();
      socket.on('close', () => {
        if (pair.every(({ closed }) => closed)) this.pairs.delete(pair);
      });
      if (this.gate === undefined) socket.resume();
      else socket.pause();
    }
  }

  private losesThisOne(): boolean {
    if (this.untilLoss === undefined) return false;
    this.untilLoss -= 1;
    if (this.untilLoss > 0) return false;
    this.untilLoss = undefined;
    return true;
  }

  /** One direction. What has arrived waits in line, so that a shorter delay overtakes nothing. */
  private carry(from: Socket, to: Socket, isLost: () => boolean): void {
    let line = Promise.resolve();
    const later = (action: () => void) => {
      const due = performance.now() + this.latency;
      line = line.then(() => this.passage(due)).then(action);
    };
    from.on('data', (bytes) => {
      if (isLost()) {
        reset(from);
        reset(to);
        return;
      }
      later(() => {
        if (!to.write(bytes)) from.pause();
      });
    });
    to.on('drain', () => {
      if (this.gate === undefined) from.resume();
    });
    from.on('end', () => later(() => to.end()));
    from.on('error', () => later(() => reset(to)));
  }

  private async passage(due: number): Promise<void> {
    const left = due - performance.now();
    if (left > 0) await delay(left);
    while (this.gate !== undefined) await this.gate.promise;
  }
}

/** A socket whose end is just being sent is only closed: Node does not reset it, and then never comes to the end of its
 *  own process. */
function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
