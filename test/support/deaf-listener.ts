import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** A listener that accepts nobody, with no room for one more: the system drops who asks, and asks again a second
 *  later. Awake, it answers each request with one event stream. */
export class DeafListener {
  private constructor(
    readonly port: number,
    private readonly listener: ChildProcess,
    private readonly waiting: readonly Socket[],
  ) {}

  static async start(host: string, { port = 0, events = '' } = {}): Promise<DeafListener> {
    const answer = `answer.setHeader('Content-Type','text/event-stream').end(${JSON.stringify(events)})`;
    const listening = `listen({port:${port},host:'${host}',backlog:1},function(){console.log(this.address().port)})`;
    const script = `require('node:http').createServer((_,answer)=>${answer}).${listening}`;
    const listener = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
    const bound = Number(String(await once(listener.stdout, 'data')));
    listener.kill('SIGSTOP');
    const waiting: Socket[] = [];
    for (let place = 0; place < 2; place += 1) {
      const socket = connect(bound, host).on('error', () => {});
      waiting.push(socket);
      await once(socket, 'connect');
    }
    return new DeafListener(bound, listener, waiting);
  }

  wake(): void {
    this.listener.kill('SIGCONT');
  }

  close(): void {
    for (const socket of this.waiting) socket.destroy();
    this.listener.kill('SIGKILL');
  }
}
