import { parseArgs } from 'node:util';
import { z } from 'zod';

const wholeNumber = z.coerce.number().int().min(0);

const optionsSchema = z.object({
  store: z
    .string()
    .transform((names) => names.split(','))
    .pipe(z.array(z.enum(['redis', 'postgres', 'sqlite', 'memory']))),
  seed: wholeNumber,
  kills: wholeNumber,
  clients: wholeNumber.min(1),
  seconds: wholeNumber,
  keep: z.boolean(),
  judge: z.string().optional(),
  tally: z.string().optional(),
});

export type ChaosOptions = z.infer<typeof optionsSchema>;

export const USAGE = `npm run test:chaos -- [--store redis,postgres,sqlite,memory] [--seed N] [--kills N] [--clients N] [--seconds N] [--keep] [--judge FILE] [--tally FILE]
  --store    which stores, two at a time (redis,postgres,sqlite)
  --seed     repeats what chance decides (a new one each time); what the machine decides stays different
  --kills    how many kill -9 for each store (50); the memory store has none, and is only cut
  --clients  how many talk at once (20)
  --seconds  how long a store that is not killed is talked to (30)
  --keep     keep history and logs also when all is well
  --judge    no trial, but the judgement of a history.json that one left behind
  --tally    appends the line of counts to this file too
`;

/** Throws with a message for people. */
export function chaosOptions(args: string[]): ChaosOptions {
  const { values } = parseArgs({
    args,
    options: {
      store: { type: 'string', default: 'redis,postgres,sqlite' },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      kills: { type: 'string', default: '50' },
      clients: { type: 'string', default: '20' },
      seconds: { type: 'string', default: '30' },
      keep: { type: 'boolean', default: false },
      judge: { type: 'string' },
      tally: { type: 'string' },
    },
  });
  const parsed = optionsSchema.safeParse(values);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}
