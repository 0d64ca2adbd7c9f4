import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Asked, contentOf, drain, open, stream } from './client.js';
import { cpuOf, rssOf } from './process-cost.js';
import type { Scenario } from './scenario.js';
import type { Subject } from './subjects.js';

/** How large the quick run is, and how large the honest one. */
export interface Size {
  readonly streams: number;
  readonly tokens: number;
  readonly requests: number;
  readonly idle: number;
  readonly turns: number;
  readonly sessions: number;
}

export interface Figure {
  readonly title: string;
  readonly unit: string;
  /** `x`: times the floor; `+`: above the floor; undefined: as it is. */
  readonly against: 'x' | '+' | undefined;
  readonly target: number;
  /** Subjects that it says nothing about. */
  readonly without: readonly string[];
  measure(subject: Subject, size: Size): Promise<number>;
}

/** They do not send our frames, which the times are read from. */
const PEERS = ['ai-sdk', 'portkey'];

const BATCHES_OF = 10;
const MEBIBYTE = 1024 * 1024;

/** By the names that --only takes. */
export const FIGURES: Readonly<Record<string, Figure>> = {
  paced: {
    title: 'CPU per 1,000 tokens, one token per write',
    unit: 'ms',
    against: 'x',
    target: 1.3,
    without: [],
    async measure(subject, { streams, tokens }) {
      const scenario = { tokens, every: 10 };
      return (await cpu(subject, () => together(subject, streams, scenario))) / ((streams * tokens) / 1000);
    },
  },
  burst: {
    title: 'CPU per 1,000 tokens, in large reads',
    unit: 'ms',
    against: 'x',
    target: 1.1,
    without: [],
    async measure(subject, { tokens }) {
      const scenario = { tokens: tokens * 100, every: 0 };
      return (
        (await cpu(subject, () => together(subject, BATCHES_OF, scenario))) / ((BATCHES_OF * scenario.tokens) / 1000)
      );
    },
  },
  short: {
    title: 'CPU per 20-token request',
    unit: 'ms',
    against: 'x',
    target: 2.2,
    without: [],
    async measure(subject, { requests }) {
      return (await cpu(subject, () => inTurn(subject, requests, { tokens: 20, every: 0 }))) / requests;
    },
  },
  ttft: {
    title: 'time to first token, one client, p50',
    unit: 'ms',
    against: '+',
    target: 1.5,
    without: ['pipe', ...PEERS],
    async measure(subject) {
      const times: number[] = [];
      for (let count = 0; count < 200; count += 1) {
        const { firstToken } = await stream(subject, fresh({ tokens: 2, every: 1 }));
        times.push(firstToken);
      }
      return percentile(times, 0.5);
    },
  },
  'age-p50': ageAt(0.5, 1),
  'age-p99': ageAt(0.99, 20),
  idle: {
    title: 'memory per open slow stream',
    unit: 'KiB',
    against: 'x',
    target: 1.8,
    without: [],
    async measure(subject, { idle }) {
      const before = await rssOf(subject.pid);
      const responses = [];
      for (let count = 0; count < idle; count += 100) {
        const opened = Array.from({ length: 100 }, () => open(subject, fresh({ tokens: 1, every: 1, hangs: true })));
        for (const response of await Promise.all(opened)) responses.push(response.on('error', () => {}).resume());
      }
      await delay(2000);
      const after = await rssOf(subject.pid);
      for (const response of responses) response.destroy();
      await delay(1000);
      return (after - before) / idle / 1024;
    },
  },
  growth: {
    title: 'one session growing: CPU per MiB of history sent',
    unit: 'ms',
    against: 'x',
    target: 1.2,
    without: [],
    measure: grow,
  },
  sessions: {
    title: 'memory per one-turn session',
    unit: 'KiB',
    against: undefined,
    target: 5,
    without: ['raw', 'pipe', 'sqlite', 'redis', 'postgres', ...PEERS],
    async measure(subject, { sessions }) {
      const scenario = { tokens: 5, every: 0 };
      const before = (await subject.heap()) ?? 0;
      await inTurn(subject, sessions, scenario);
      return (((await subject.heap()) ?? 0) - before) / sessions / 1024;
    },
  },
};

function ageAt(share: number, target: number): Figure {
  return {
    title: `age of a token at 100 streams, p${share * 100}`,
    unit: 'ms',
    against: '+',
    target,
    without: ['pipe', ...PEERS],
    async measure(subject, { streams, tokens }) {
      const scenario = { tokens, every: 20, dated: true };
      const read = Array.from({ length: streams }, () => stream(subject, fresh(scenario)));
      return percentile(
        (await Promise.all(read)).flatMap(({ ages }) => ages),
        share,
      );
    },
  };
}

/** A message and its answer stay in the session: the next message sends them all again. */
async function grow(subject: Subject, { turns }: Size): Promise<number> {
  const sessionId = randomUUID();
  const padding = 'x'.repeat(1000);
  const asked = { sessionId, scenario: { tokens: 20, every: 0 }, padding };
  const history: { role: string; content: string }[] = [];
  const answer = { role: 'assistant', content: 'w0 '.repeat(20) };
  let sent = 0;
  const used = await cpu(subject, async () => {
    for (let turn = 0; turn < turns; turn += 1) {
      history.push({ role: 'user', content: contentOf(asked) });
      sent += turn * (padding.length + answer.content.length + 100);
      await read(subject, subject.keepsNothing ? { ...asked, messages: history } : asked);
      history.push(answer);
    }
  });
  return used / (sent / MEBIBYTE);
}

/** Milliseconds of the subject's CPU that this took. */
async function cpu(subject: Subject, act: () => Promise<void>): Promise<number> {
  const before = await cpuOf(subject.pid);
  await act();
  return (await cpuOf(subject.pid)) - before;
}

/** So many streams at once, each read to its end. */
export async function together(subject: Subject, streams: number, scenario: Scenario): Promise<void> {
  await Promise.all(Array.from({ length: streams }, () => read(subject, fresh(scenario))));
}

/** So many requests, ten at a time. */
export async function inTurn(subject: Subject, requests: number, scenario: Scenario): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let count = 0; count < requests / BATCHES_OF; count += 1) await read(subject, fresh(scenario));
  };
  await Promise.all(Array.from({ length: BATCHES_OF }, lane));
}

async function read(subject: Subject, asked: Asked): Promise<void> {
  if (subject.speaksFrames) await stream(subject, asked);
  else await drain(subject, asked);
}

function fresh(scenario: Scenario): Asked {
  return { sessionId: randomUUID(), scenario };
}

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
