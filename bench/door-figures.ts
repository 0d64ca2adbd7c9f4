import type { Ask } from './ask.js';
import { type Figure, PEERS, type Size } from './figure.js';
import { cpu, together } from './load.js';
import type { Subject } from './subject.js';

const EVERY = 20;
const TURNS = 2;

/** What a paced token costs through a door, in times of what it costs on our own wire: both of one process, in turn. */
export function doorFigure(name: string, ask: Ask): Figure {
  return {
    title: `${name}: a paced token, against the native one`,
    unit: 'x',
    against: undefined,
    target: 1.2,
    without: ['raw', 'pipe', 'sqlite', 'redis', 'postgres', ...PEERS],
    async measure(subject, size) {
      const through = { ...subject, ask, speaksFrames: false };
      await paced(through, size);
      let native = 0;
      let door = 0;
      for (let turn = 0; turn < TURNS; turn += 1) {
        native += await cpu(subject, () => paced(subject, size));
        door += await cpu(subject, () => paced(through, size));
      }
      return door / native;
    },
  };
}

function paced(subject: Subject, { streams, tokens }: Size): Promise<void> {
  return together(subject, streams, { tokens, every: EVERY });
}
