import { randomUUID } from 'node:crypto';
import type { Asked } from './ask.js';
import { drain, stream } from './client.js';
import { cpuOf } from './process-cost.js';
import type { Scenario } from './scenario.js';
import type { Subject } from './subject.js';

export const LANES = 10;

/** Milliseconds of the subject's CPU that this took. */
export async function cpu(subject: Subject, act: () => Promise<void>): Promise<number> {
  const before = await cpuOf(subject.pid);
  await act();
  return (await cpuOf(subject.pid)) - before;
}

/** So many streams at once, each read to its end. */
export async function together(subject: Subject, streams: number, scenario: Scenario): Promise<void> {
  await Promise.all(Array.from({ length: streams }, () => read(subject, fresh(scenario))));
}

/** So many requests, ten at a time where nothing else is said. */
export async function inTurn(subject: Subject, requests: number, scenario: Scenario, lanes = LANES): Promise<void> {
  const lane = async (): Promise<void> => {
    for (let count = 0; count < requests / lanes; count += 1) await read(subject, fresh(scenario));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

export async function read(subject: Subject, asked: Asked): Promise<void> {
  if (subject.speaksFrames) await stream(subject, asked);
  else await drain(subject, asked);
}

export function fresh(scenario: Scenario): Asked {
  return { sessionId: randomUUID(), scenario };
}
