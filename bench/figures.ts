import { setTimeout as delay } from 'node:timers/promises';
import { DOORS } from './ask.js';
import { open, stream } from './client.js';
import { doorFigure } from './door-figures.js';
import { type Figure, PEERS } from './figure.js';
import { grow } from './growing-session.js';
import { cpu, fresh, inTurn, LANES, together } from './load.js';
import { exactCpuOf, rssOf } from './process-cost.js';

/** Until what a start and a warm-up leave behind is done: the heap is made smaller, connections are closed. */
const SETTLING_MS = 20_000;

/** By the names that --only takes. */
export const FIGURES: Readonly<Record<string, Figure>> = {
  'paced-2000': paced(2000, 1.4),
  'paced-5000': paced(5000, 1.3),
  burst: {
    title: 'CPU per 1,000 tokens, in large reads',
    unit: 'ms',
    against: 'x',
    target: 1.1,
    without: [],
    async measure(subject, { tokens }) {
      const scenario = { tokens: tokens * 100, every: 0 };
      return (await cpu(subject, () => together(subject, LANES, scenario))) / ((LANES * scenario.tokens) / 1000);
    },
  },
  short: {
    title: 'CPU per 20-token request',
    unit: 'ms',
    against: 'x',
    target: 2.5,
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
    title: 'CPU of an idle process, per second',
    unit: 'ms',
    against: undefined,
    target: 1,
    without: ['pipe', ...PEERS],
    async measure(subject, { idleSeconds }) {
      await delay(SETTLING_MS);
      const before = await exactCpuOf(subject.pid);
      await delay(idleSeconds * 1000);
      return ((await exactCpuOf(subject.pid)) - before) / idleSeconds;
    },
  },
  slow: {
    title: 'memory per open slow stream',
    unit: 'KiB',
    against: 'x',
    target: 1.5,
    without: [],
    async measure(subject, { slow }) {
      const before = await rssOf(subject.pid);
      const responses = [];
      for (let count = 0; count < slow; count += 100) {
        const opened = Array.from({ length: 100 }, () => open(subject, fresh({ tokens: 1, every: 1, hangs: true })));
        for (const response of await Promise.all(opened)) responses.push(response.on('error', () => {}).resume());
      }
      await delay(2000);
      const after = await rssOf(subject.pid);
      for (const response of responses) response.destroy();
      await delay(1000);
      return (after - before) / slow / 1024;
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
  'door-chat': doorFigure('Chat Completions', DOORS.chat),
  'door-responses': doorFigure('Responses', DOORS.responses),
  'door-ai-sdk': doorFigure('AI SDK', DOORS.aiSdk),
  'door-ag-ui': doorFigure('AG-UI', DOORS.agUi),
};

/** So many tokens of all streams together in a second. */
function paced(perSecond: number, target: number): Figure {
  return {
    title: `CPU per 1,000 tokens, one token per write, at ${perSecond.toLocaleString('en')} tokens/s`,
    unit: 'ms',
    against: 'x',
    target,
    without: [],
    async measure(subject, { streams, tokens }) {
      const scenario = { tokens, every: (streams * 1000) / perSecond };
      return (await cpu(subject, () => together(subject, streams, scenario))) / ((streams * tokens) / 1000);
    },
  };
}

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

function percentile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length * share)] ?? Number.NaN;
}
