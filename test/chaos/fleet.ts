import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { freePort } from '../support/free-port.js';
import type { ReplicaLife } from './history.js';
import { Replica } from './replica.js';

export interface FleetOptions {
  readonly size: number;
  readonly logFolder: string;
  /** Of the replica with this name. */
  readonly settings: (name: string) => Readonly<Record<string, string>>;
}

const WATCH_MS = 100;

/** All replicas of one trial. One that dies without being told to is started again, and its life tells how it ended. */
export class Fleet {
  private watching = true;
  /** Replicas that somebody is ending or starting. */
  private readonly busy = new Set<Replica>();
  private watch: Promise<void> = Promise.resolve();

  /** No replica outlives this process. */
  private readonly abandon = () => {
    for (const replica of this.replicas) replica.abandon();
  };

  private constructor(readonly replicas: readonly Replica[]) {}

  static async start({ size, logFolder, settings }: FleetOptions): Promise<Fleet> {
    const replicas: Replica[] = [];
    for (let index = 1; index <= size; index += 1) {
      const name = `replica-${index}`;
      const logPath = join(logFolder, `${name}.log`);
      replicas.push(new Replica({ name, port: await freePort(), settings: settings(name), logPath }));
    }
    const fleet = new Fleet(replicas);
    process.on('exit', fleet.abandon);
    try {
      await Promise.all(replicas.map((replica) => replica.start()));
    } catch (error) {
      fleet.abandon();
      throw error;
    }
    fleet.watch = fleet.reviveCrashed();
    return fleet;
  }

  get ports(): readonly number[] {
    return this.replicas.map(({ options }) => options.port);
  }

  get lives(): readonly ReplicaLife[] {
    return this.replicas.flatMap(({ lives }) => lives).sort((left, right) => left.from - right.from);
  }

  /** Those that can work and that nobody is ending. */
  get alive(): readonly Replica[] {
    return this.replicas.filter((replica) => replica.upSince !== undefined && !this.busy.has(replica));
  }

  /** While it lasts, the replica belongs to whoever asked. */
  async use(replica: Replica, act: () => Promise<void>): Promise<void> {
    this.busy.add(replica);
    try {
      await act();
    } finally {
      this.busy.delete(replica);
    }
  }

  async close(): Promise<void> {
    this.watching = false;
    await this.watch;
    await Promise.all(this.replicas.map((replica) => replica.kill()));
    process.off('exit', this.abandon);
  }

  private async reviveCrashed(): Promise<void> {
    while (this.watching) {
      const dead = this.replicas.filter((replica) => replica.upSince === undefined && !this.busy.has(replica));
      await Promise.all(dead.map((replica) => this.use(replica, () => replica.start())));
      await delay(WATCH_MS);
    }
  }
}
