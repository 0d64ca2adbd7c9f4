import { parseArgs } from 'node:util';
import { z } from 'zod';

const wholeNumber = z.coerce.number().int().min(0);

const optionsSchema = z.object({
  seed: wholeNumber,
  splits: wholeNumber,
  requests: wholeNumber,
  tally: z.string().optional(),
});

export type FuzzOptions = z.infer<typeof optionsSchema>;

export const USAGE = `npm run test:fuzz -- [--seed N] [--splits N] [--requests N] [--tally FILE]
  --seed      repeats what chance decides (a new one each time)
  --splits    how many event streams are cut at random (1000000)
  --requests  how many malformed requests are sent (10000)
  --tally     appends the line of counts to this file too
`;

/** Throws with a message for people. */
export function fuzzOptions(args: string[]): FuzzOptions {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      splits: { type: 'string', default: '1000000' },
      requests: { type: 'string', default: '10000' },
      tally: { type: 'string' },
    },
  });
  const parsed = optionsSchema.safeParse(values);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  return parsed.data;
}
