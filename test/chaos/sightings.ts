import { z } from 'zod';
import type { Sighting } from './history.js';
import { parsedJson } from './parsed-json.js';

const lineSchema = z.object({ timestamp: z.string(), runId: z.string(), epoch: z.number().optional() });

/** Where a replica's log names a run. This is how the trial knows who had taken a run up when it died: the service says
 *  it to nobody else. Lines without a run, or broken off, tell nothing. */
export function sightingsIn(log: string, replica: string): readonly Sighting[] {
  return log.split('\n').flatMap((line) => {
    const parsed = lineSchema.safeParse(parsedJson(line));
    if (!parsed.success) return [];
    const { runId: run, timestamp, epoch } = parsed.data;
    return [{ run, replica, at: Date.parse(timestamp), epoch }];
  });
}
