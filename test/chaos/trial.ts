import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { agentsFile } from '../support/agents-file.js';
import { Balancer } from './balancer.js';
import { Chance } from './chance.js';
import { Client } from './client.js';
import { finalListings } from './final-listings.js';
import { type FinalState, FinalStateReader } from './final-state.js';
import { finalTools } from './final-tools.js';
import { Fleet } from './fleet.js';
import type { History, Sighting } from './history.js';
import { Nemesis } from './nemesis.js';
import type { Observations } from './observations.js';
import { sightingsIn } from './sightings.js';
import type { StoreUnderTest } from './store-under-test.js';
import { Stranger } from './stranger.js';
import { ToolClient } from './tool-client.js';
import { TOOL_AGENTS } from './tool-model.js';
import type { ToolObservations, ToolSession } from './tool-trace.js';
import { CHAOS_KEY } from './trial-key.js';
import { Upstream } from './upstream.js';

export interface TrialOptions {
  readonly store: StoreUnderTest;
  readonly seed: number;
  readonly kills: number;
  readonly clients: number;
  /** How long clients talk at least. */
  readonly seconds: number;
  /** For logs and for the history. */
  readonly folder: string;
  readonly tell: (sentence: string) => void;
}

const REPLICAS = 6;
/** Beside the others, in sessions of their own. */
const TOOL_CLIENTS = 4;
const STRANGERS = 2;
const GRACE_S = 3;
/** Small enough to be reached. */
const QUEUE_LIMIT = 3;
/** Thirteen replicas and three stores share this machine, so a slow second says nothing of a replica. What an
 *  overloaded one answers has its own tests. */
const NEVER_OVERLOADED_MS = 60_000;
/** What a takeover may take after the last kill, and the answers to what still queues. */
const QUIET_WITHIN_MS = 90_000;

/** One store, a fleet on it, clients, and whatever befalls them. */
export class Trial {
  private readonly observations: Observations = { sent: [], exchanges: [], cancels: [], peeks: [] };
  private readonly toolsSeen: ToolObservations = { sightings: [], posts: [] };
  private readonly chance: Chance;
  private calm = false;

  constructor(private readonly options: TrialOptions) {
    this.chance = new Chance(options.seed);
  }

  /** The history, which is in the folder then too. */
  async run(): Promise<History> {
    const upstream = await Upstream.start();
    const fleet = await this.startFleet(upstream);
    const balancer = await Balancer.start(fleet.ports);
    try {
      const nemesis = await this.disturb(fleet, balancer.origin);
      const reader = new FinalStateReader(balancer.origin, Date.now() + QUIET_WITHIN_MS);
      const final = await reader.read(this.observations.sent, this.observations.exchanges);
      const tools = await finalTools(balancer.origin, this.toolsSeen.posts, Date.now() + QUIET_WITHIN_MS);
      const listings = await finalListings(balancer.origin);
      const history = await this.history(fleet, upstream, nemesis, { ...final, listings }, tools);
      await writeFile(join(this.options.folder, 'history.json'), JSON.stringify(history));
      return history;
    } finally {
      await balancer.close();
      await fleet.close();
      await upstream.close();
    }
  }

  /** As it is now: what is closed afterwards is no part of it. */
  private async history(
    fleet: Fleet,
    { calls, toolPrompts: prompts }: Upstream,
    { outages }: Nemesis,
    final: FinalState & Pick<History, 'listings'>,
    sessions: readonly ToolSession[],
  ): Promise<History> {
    const { exchanges } = this.observations;
    const sightings = await this.sightings(fleet);
    exchanges.sort((left, right) => left.openedAt - right.openedAt);
    const tools = { ...this.toolsSeen, prompts, sessions };
    return structuredClone({
      ...this.observations,
      calls,
      lives: fleet.lives,
      outages,
      sightings,
      tools,
      ...final,
    });
  }

  private startFleet(upstream: Upstream): Promise<Fleet> {
    const { store, folder } = this.options;
    const { agents: named, ...rest } = TOOL_AGENTS;
    const agents = agentsFile(named, rest);
    return Fleet.start({
      size: store.isShared ? REPLICAS : 1,
      logFolder: folder,
      settings: (name) => ({
        STORE_URL: store.url,
        LLM_MODE: 'proxy',
        LLM_PROXY_URL: upstream.urlFor(name),
        AGENTS_FILE: agents,
        INTERNAL_API_KEY: CHAOS_KEY,
        SHUTDOWN_GRACE_S: String(GRACE_S),
        QUEUE_LIMIT: String(QUEUE_LIMIT),
        MAX_EVENT_LOOP_DELAY_MS: String(NEVER_OVERLOADED_MS),
      }),
    });
  }

  /** Clients talk while the nemesis strikes; resolves when all is up and every client is through. */
  private async disturb(fleet: Fleet, origin: string): Promise<Nemesis> {
    const { store, kills, clients, seconds, tell } = this.options;
    const nemesis = new Nemesis({
      fleet,
      storeRestarts: store.restarts,
      chance: this.chance.beside(-2),
      kills: store.isDurable ? kills : 0,
      tell,
    });
    const talks = Array.from({ length: clients }, (_, index) =>
      new Client({
        index,
        origin,
        chance: this.chance.beside(index),
        observations: this.observations,
        isCalm: () => this.calm,
      }).converse(),
    );
    const toolTalks = Array.from({ length: TOOL_CLIENTS }, (_, index) =>
      new ToolClient({
        index,
        origin,
        chance: this.chance.beside(-10 - index),
        observations: this.toolsSeen,
        isCalm: () => this.calm,
      }).converse(),
    );
    const strangers = Array.from({ length: STRANGERS }, (_, index) =>
      new Stranger({
        origin,
        chance: this.chance.beside(-100 - index),
        observations: this.observations,
        isCalm: () => this.calm,
      }).pry(),
    );
    try {
      await Promise.all([nemesis.strike(), delay(seconds * 1000)]);
    } finally {
      this.calm = true;
    }
    await Promise.all([...talks, ...toolTalks, ...strangers]);
    return nemesis;
  }

  private async sightings(fleet: Fleet): Promise<readonly Sighting[]> {
    const found: Sighting[] = [];
    for (const { options } of fleet.replicas) {
      found.push(...sightingsIn(await readFile(options.logPath, 'utf8'), options.name));
    }
    return found;
  }
}
