import type { Door, ModelCall } from './history.js';

/** How a simulated run comes out. `rerun`: its owner died before a token, and the next one answered. `orphaned`: its
 *  owner died with tokens. `poison`: one owner after the other died before a token. The last two: the model failed. */
export type Fate = 'whole' | 'cancelled' | 'interrupted' | 'rerun' | 'orphaned' | 'poison' | 'refused' | 'broken';

export interface FatePlan {
  /** How many calls of the model end with the death of the replica that made them. */
  readonly deaths: number;
  /** How the call after those comes out, if there is one. */
  readonly lastCall: ModelCall['outcome'];
  readonly written: 'all' | 'some' | 'none' | 'until the break';
  readonly finishReason: string;
  readonly status: string;
  readonly error: string | undefined;
}

const well = {
  lastCall: 'whole',
  written: 'all',
  finishReason: 'stop',
  status: 'completed',
  error: undefined,
} as const;

export const FATES: Readonly<Record<Fate, FatePlan>> = {
  whole: { ...well, deaths: 0 },
  rerun: { ...well, deaths: 1 },
  cancelled: {
    deaths: 0,
    lastCall: 'left',
    written: 'some',
    finishReason: 'cancelled',
    status: 'cancelled',
    error: undefined,
  },
  interrupted: {
    deaths: 0,
    lastCall: 'left',
    written: 'some',
    finishReason: 'interrupted',
    status: 'interrupted',
    error: undefined,
  },
  orphaned: {
    deaths: 1,
    lastCall: undefined,
    written: 'some',
    finishReason: 'interrupted',
    status: 'interrupted',
    error: undefined,
  },
  poison: {
    deaths: 2,
    lastCall: undefined,
    written: 'none',
    finishReason: 'error',
    status: 'failed',
    error: 'run_failed',
  },
  refused: {
    deaths: 0,
    lastCall: 'refused',
    written: 'none',
    finishReason: 'error',
    status: 'failed',
    error: 'upstream_unavailable',
  },
  broken: {
    deaths: 0,
    lastCall: 'broken',
    written: 'until the break',
    finishReason: 'error',
    status: 'failed',
    error: 'upstream_truncated',
  },
};

export const FATE_WEIGHTS: Readonly<Record<Fate, number>> = {
  whole: 6,
  cancelled: 2,
  interrupted: 2,
  rerun: 2,
  orphaned: 2,
  poison: 1,
  refused: 1,
  broken: 1,
};

export const DOOR_WEIGHTS: Readonly<Record<Door, number>> = { native: 4, completions: 1, responses: 1, 'ai-sdk': 1 };
