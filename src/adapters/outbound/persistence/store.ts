import { z } from 'zod';
import type { StepObserver } from '../../../application/ledger/step-observer.js';
import type { Clock } from '../../../application/ports/clock.js';
import type { Logger } from '../../../application/ports/logger.js';
import type { RunAudience } from '../../../application/ports/run-audience.js';
import type { RunJournal } from '../../../application/ports/run-journal.js';
import type { RunLeases } from '../../../application/ports/run-leases.js';
import type { RunRepository } from '../../../application/ports/run-repository.js';
import type { SessionLedger } from '../../../application/ports/session-ledger.js';
import type { SessionRepository } from '../../../application/ports/session-repository.js';

/** The ports over one set of data: they share their transactions. */
export interface Store {
  readonly sessions: SessionRepository;
  readonly runs: RunRepository;
  readonly journal: RunJournal;
  readonly leases: RunLeases;
  readonly audience: RunAudience;
  /** What the first four stand on. */
  readonly ledger: SessionLedger;
  /** What it holds outlives this process: another one can write a run that this one does not come to. */
  readonly outlivesProcess: boolean;
  /** Resolves when the store can be used; rejects with StoreUnavailable when it cannot. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** What stands in the way, and what the operator can do about it, in one sentence. */
export class StoreNotUsable extends Error {}

export interface StoreDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a run stays with a writer that is not heard of. */
  readonly leaseMilliseconds: number;
  readonly observer?: StepObserver;
}

/** A kind of store: one scheme of AGENT_RUNTIME__STORE_URL. */
export interface StoreKind {
  /** The settings it reads, named as in the environment without the AGENT_RUNTIME__ prefix. Of the schema's type only
   *  the core: the compiler takes seconds to compare whole ones. */
  readonly configSchema: z.core.$ZodType;
  /** Several processes may have it open at once. */
  readonly isShared: boolean;
  /** `settings` is what `configSchema` reads; it must have passed it. Does not wait for a server that is away: until it
   *  is there, the ports throw StoreUnavailable. Rejects with StoreNotUsable when waiting would not help. */
  open(settings: Settings, dependencies: StoreDependencies): Promise<Store>;
}

/** The environment's variables without their prefix, unset and empty ones left out. */
type Settings = Readonly<Record<string, string>>;

/** Ties a store's schema to its factory, so that neither the configuration nor the container learns its settings. */
export function defineStore<Schema extends z.core.$ZodType>(definition: {
  configSchema: Schema;
  isShared: boolean;
  open(config: z.output<Schema>, dependencies: StoreDependencies): Promise<Store>;
}): StoreKind {
  const { configSchema, isShared, open } = definition;
  return {
    configSchema,
    isShared,
    open: (settings, dependencies) => open(z.parse(configSchema, settings), dependencies),
  };
}
