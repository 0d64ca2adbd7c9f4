import { setTimeout as delay } from 'node:timers/promises';
import type { Chance } from './chance.js';
import type { Fleet } from './fleet.js';
import type { StoreOutage } from './history.js';
import type { Replica } from './replica.js';
import type { StoreRestart } from './store-under-test.js';

export interface NemesisOptions {
  readonly fleet: Fleet;
  readonly storeRestarts: readonly StoreRestart[];
  readonly chance: Chance;
  /** It goes on until it has killed so many. */
  readonly kills: number;
  readonly tell: (sentence: string) => void;
}

type Blow = 'kill' | 'freeze' | 'stop' | 'store';

/** A replica looks for orphans about every 5 s, so one that has been up for longer has done so. */
const SETTLED_MS = 5500;
/** A lease lasts 15 s, and whoever takes up the run of a frozen replica may take some more to answer it. */
const FREEZE_MS = [16_000, 26_000] as const;
const PAUSE_MS = [1000, 2200] as const;
/** When no replica can be spared. */
const LOOK_AGAIN_MS = 200;
const RESTART_AFTER_MS = [0, 1200] as const;
const MOST_FROZEN = 2;

/** Whatever befalls a fleet, by chance and seed: kill -9, a freeze that outlasts a lease, SIGTERM, and its store going
 *  away. Several at once, but never all replicas. */
export class Nemesis {
  readonly counts: Record<Blow, number> = { kill: 0, freeze: 0, stop: 0, store: 0 };
  readonly outages: StoreOutage[] = [];
  private readonly underway = new Set<Promise<void>>();
  private readonly failures: unknown[] = [];
  private readonly startedAt = Date.now();
  private watch: Replica | undefined;
  private heir: Replica | undefined;
  private frozen = 0;
  private storeIsAway = false;

  constructor(private readonly options: NemesisOptions) {}

  /** Resolves when all that it brought down is up again; rejects when something stays down. */
  async strike(): Promise<void> {
    const { chance, kills } = this.options;
    while (this.counts.kill < kills) {
      await delay(chance.between(...PAUSE_MS));
      const blow = this.chooseBlow();
      if (blow === 'store') this.begin(blow, this.restartStore());
      else await this.strikeReplica(blow);
    }
    await Promise.all(this.underway);
    if (this.failures.length > 0) throw new AggregateError(this.failures, 'Something did not come up again.');
  }

  private chooseBlow(): Blow {
    const { storeRestarts, fleet, chance } = this.options;
    const alone = fleet.replicas.length === 1;
    return chance.weighted({
      kill: 10,
      stop: 2,
      freeze: alone || this.frozen >= MOST_FROZEN ? 0 : 4,
      store: storeRestarts.length === 0 || this.storeIsAway ? 0 : 1,
    });
  }

  /** As soon as one can be spared. */
  private async strikeReplica(blow: Exclude<Blow, 'store'>): Promise<void> {
    let victim = this.chooseVictim();
    for (; victim === undefined; victim = this.chooseVictim()) await delay(LOOK_AGAIN_MS);
    const struck = victim;
    const act = { kill: this.kill, freeze: this.freeze, stop: this.stop }[blow];
    this.begin(
      blow,
      this.options.fleet.use(struck, () => act.call(this, struck)),
    );
  }

  /** Undefined when each that is alive is needed or has only just started. One keeps watch, so that takeover has a
   *  bound at all, and one is to follow it. As soon as that one has been up for long enough, it is the old watch that
   *  is struck. */
  private chooseVictim(): Replica | undefined {
    const { fleet, chance } = this.options;
    const { alive } = fleet;
    if (fleet.replicas.length === 1) return alive.find(({ isRested }) => isRested);
    this.watch = stillAlive(this.watch, alive) ?? alive[0];
    const others = alive.filter((replica) => replica !== this.watch);
    this.heir = stillAlive(this.heir, others) ?? others[0];
    if (this.heir !== undefined && isSettled(this.heir)) {
      const { watch } = this;
      this.watch = this.heir;
      this.heir = undefined;
      return watch;
    }
    const [first, ...rest] = others.filter((replica) => replica !== this.heir && replica.isRested);
    return first === undefined ? undefined : chance.oneOf([first, ...rest]);
  }

  private begin(blow: Blow, act: Promise<void>): void {
    this.counts[blow] += 1;
    const done = act.then(
      () => void this.underway.delete(done),
      (error: unknown) => void this.failures.push(error),
    );
    this.underway.add(done);
  }

  private async kill(victim: Replica): Promise<void> {
    this.tell(`kill -9 ${victim.options.name}`);
    await victim.kill();
    await this.startAgain(victim);
  }

  private async stop(victim: Replica): Promise<void> {
    this.tell(`SIGTERM ${victim.options.name}`);
    await victim.stop();
    await this.startAgain(victim);
  }

  private async freeze(victim: Replica): Promise<void> {
    const milliseconds = this.options.chance.between(...FREEZE_MS);
    this.tell(`freeze ${victim.options.name} for ${milliseconds} ms`);
    this.frozen += 1;
    await victim.freeze(milliseconds);
    this.frozen -= 1;
    this.tell(`thawed ${victim.options.name}`);
  }

  private async restartStore(): Promise<void> {
    const [first, ...others] = this.options.storeRestarts;
    if (first === undefined) return;
    const { name, restart } = this.options.chance.oneOf([first, ...others]);
    this.tell(`store: ${name}`);
    this.storeIsAway = true;
    const from = Date.now();
    await restart();
    this.outages.push({ from, to: Date.now() });
    this.storeIsAway = false;
  }

  private async startAgain(victim: Replica): Promise<void> {
    await delay(this.options.chance.between(...RESTART_AFTER_MS));
    await victim.start();
  }

  private tell(sentence: string): void {
    this.options.tell(`${((Date.now() - this.startedAt) / 1000).toFixed(1).padStart(6)} s  ${sentence}`);
  }
}

function stillAlive(replica: Replica | undefined, alive: readonly Replica[]): Replica | undefined {
  return alive.find((one) => one === replica);
}

function isSettled({ upSince }: Replica): boolean {
  return upSince !== undefined && upSince < Date.now() - SETTLED_MS;
}
