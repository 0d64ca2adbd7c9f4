import { parseArgs } from 'node:util';
import type { Size } from './figure.js';
import { FIGURES } from './figures.js';
import { SUBJECTS } from './subjects.js';

export interface BenchOptions {
  readonly size: Size;
  readonly rounds: number;
  readonly figures: readonly string[];
  readonly subjects: readonly string[];
  readonly peers: boolean;
  readonly out: string | undefined;
}

const FULL: Size = {
  streams: 100,
  tokens: 200,
  requests: 2000,
  slow: 5000,
  idleSeconds: 60,
  turns: 1000,
  sessions: 10_000,
};
const QUICK: Size = {
  streams: 100,
  tokens: 100,
  requests: 500,
  slow: 1000,
  idleSeconds: 10,
  turns: 200,
  sessions: 3000,
};

export const USAGE = `npm run bench -- [--quick] [--rounds N] [--only a,b] [--subjects a,b] [--peers] [--out FILE]
  --quick     smaller, and one round: to see that it works, not to publish
  --rounds    how often each figure is measured, subject by subject in turn (5); the median counts
  --only      ${Object.keys(FIGURES).join(', ')}
  --subjects  ${Object.keys(SUBJECTS).join(', ')}
  --peers     also the AI SDK in Express and Portkey's gateway, which it installs from npm for that
  --out       writes the table to this file too
`;

/** Throws with a message for people. */
export function benchOptions(args: string[]): BenchOptions {
  const { values } = parseArgs({
    args,
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      only: { type: 'string' },
      subjects: { type: 'string' },
      peers: { type: 'boolean', default: false },
      out: { type: 'string' },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds must be a whole number from 1 on.');
  return {
    size: values.quick ? QUICK : FULL,
    rounds,
    figures: chosen('--only', values.only, Object.keys(FIGURES)),
    subjects: chosen('--subjects', values.subjects, Object.keys(SUBJECTS)),
    peers: values.peers,
    out: values.out,
  };
}

function chosen(option: string, given: string | undefined, legal: readonly string[]): readonly string[] {
  const names = given?.split(',').map((name) => name.trim()) ?? legal;
  const unknown = names.filter((name) => !legal.includes(name));
  if (unknown.length > 0) throw new Error(`${option} does not know ${unknown.join(', ')}.`);
  return legal.filter((name) => names.includes(name));
}
