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

/** The ports over one set of data. */
export interface Store {
  readonly sessions: SessionRepository;
  readonly runs: RunRepository;
  readonly journal: RunJournal;
  readonly leases: RunLeases;
  readonly audience: RunAudience;
  /** The other ports are made over this one. */
  readonly ledger: SessionLedger;
  /** The data outlives this process, so another process can go on with a run. */
  readonly outlivesProcess: boolean;
  /** Resolves when the store can be used. Rejects with StoreUnavailable when it cannot. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Says in one sentence what stands in the way, and what the operator can do about it. */
export class StoreNotUsable extends Error {}

export interface StoreDependencies {
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a run stays with a writer that nobody hears of. */
  readonly leaseMilliseconds: number;
  readonly observer?: StepObserver;
}

/** A kind of store: one scheme of AGENT_RUNTIME__STORE_URL. */
export interface StoreKind {
  /** The settings that it reads, named as in the environment without the prefix AGENT_RUNTIME__. The type is the
   *  core one, because the compiler takes seconds to compare whole schemas. */
  readonly configSchema: z.core.$ZodType;
  /** Several processes may have it open at once. */
  readonly isShared: boolean;
  /** `settings` have passed `configSchema`. Does not wait for a server that is away: until it is there, the ports
   *  throw StoreUnavailable. Rejects with StoreNotUsable when waiting would not help. */
  open(settings: Settings, dependencies: StoreDependencies): Promise<Store>;
}

/** The environment's variables without their prefix, and without unset and empty ones. */
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
