import { parseArgs } from 'node:util';
import { z } from 'zod';

const optionsSchema = z.object({
  minutes: z.coerce.number().min(10),
  streams: z.coerce.number().int().min(1),
  seed: z.coerce.number().int().min(0),
  tally: z.string().optional(),
});

export type SoakOptions = z.infer<typeof optionsSchema>;

export const USAGE = `npm run soak -- [--minutes N] [--streams N] [--seed N] [--tally FILE]
  --minutes  how long (30, at least 10); the first fifth is for warming up
  --streams  how many streams are read at a time (200)
  --seed     repeats what chance decides (a new one each time); what the machine decides stays different
  --tally    appends the line of counts to this file too
`;

/** Throws with a message for people. */
export function soakOptions(args: string[]): SoakOptions {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: 'string', default: '30' },
      streams: { type: 'string', default: '200' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      tally: { type: 'string' },
    },
  });
  const parsed = optionsSchema.safeParse(values);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}
