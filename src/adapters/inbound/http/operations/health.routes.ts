import { z } from 'zod';
import { json, problems } from '../documented.js';
import type { Endpoint } from '../endpoint.js';

const healthSchema = z
  .object({ status: z.literal('healthy'), service: z.literal('agent-runtime'), version: z.string() })
  .meta({ id: 'Health' });

const readySchema = z.object({ status: z.literal('ready') }).meta({ id: 'Ready' });

/** Whether the process lives, and whether it takes new messages. `checkReady` rejects with the reason when it does
 *  not. */
export function healthRoutes(version: string, checkReady: () => Promise<void>): readonly Endpoint[] {
  return [
    {
      method: 'get',
      path: '/health',
      access: 'public',
      operation: { summary: 'The process lives', responses: { 200: json(healthSchema, 'It does') } },
      handle(_request, response) {
        response.json({ status: 'healthy', service: 'agent-runtime', version } satisfies z.input<typeof healthSchema>);
      },
    },
    {
      method: 'get',
      path: '/health/ready',
      access: 'public',
      operation: {
        summary: 'New messages are taken',
        responses: { 200: json(readySchema, 'They are'), ...problems(503) },
      },
      async handle(_request, response) {
        await checkReady();
        response.json({ status: 'ready' } satisfies z.input<typeof readySchema>);
      },
    },
  ];
}
