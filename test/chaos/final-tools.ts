import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { finalAnswer } from './final-answer.js';
import type { ToolMessage, ToolPost, ToolRun, ToolSession } from './tool-trace.js';

const sessionSchema = z.object({ status: z.string(), message_count: z.number() });
const messagesSchema = z.object({
  messages: z.array(
    z.object({
      role: z.string(),
      content: z.string(),
      status: z.string(),
      run_id: z.string(),
      created_at: z.string(),
      call_id: z.string().optional(),
      tool_calls: z.array(z.object({ call_id: z.string() })).optional(),
    }),
  ),
});
const runSchema = z.object({ finish_reason: z.string().nullable() });

const LOOK_AGAIN_MS = 500;

/** How the sessions of turns with tools stand, once each is idle, or when the time for that is over. */
export async function finalTools(
  origin: string,
  posts: readonly ToolPost[],
  deadline: number,
): Promise<readonly ToolSession[]> {
  const ids = [...new Set(posts.map(({ session }) => session))];
  return (await Promise.all(ids.map((id) => finalSession(origin, id, deadline)))).flatMap((one) => one ?? []);
}

/** Undefined where none of its messages was accepted. */
async function finalSession(origin: string, id: string, deadline: number): Promise<ToolSession | undefined> {
  let answer = await finalAnswer(origin, `/agent/sessions/${id}`);
  while (answer.status === 200 && answer.json.status !== 'idle' && Date.now() < deadline) {
    await delay(LOOK_AGAIN_MS);
    answer = await finalAnswer(origin, `/agent/sessions/${id}`);
  }
  if (answer.status === 404) return undefined;
  const { status, message_count: messageCount } = sessionSchema.parse(answer.json);
  const messages = await finalMessages(origin, id);
  const runIds = [...new Set(messages.map(({ run }) => run))];
  const runs = await Promise.all(runIds.map((run) => finalRun(origin, run)));
  return { id, status, messageCount, messages, runs };
}

async function finalMessages(origin: string, id: string): Promise<readonly ToolMessage[]> {
  const { messages } = messagesSchema.parse((await finalAnswer(origin, `/agent/sessions/${id}/messages`)).json);
  return messages.map(({ role, content, status, run_id: run, created_at, call_id: resultOf, tool_calls = [] }) => {
    const calls = tool_calls.map((call) => call.call_id);
    return { role, content, status, run, createdAt: Date.parse(created_at), resultOf, calls };
  });
}

async function finalRun(origin: string, id: string): Promise<ToolRun> {
  const { finish_reason } = runSchema.parse((await finalAnswer(origin, `/agent/runs/${id}`)).json);
  const journal = finish_reason === null ? '' : (await finalAnswer(origin, `/agent/runs/${id}/stream`)).text;
  const calls = Array.from(journal.matchAll(/"type":"tool_call","call_id":"([^"]+)"/g), ([, callId]) => callId ?? '');
  return { id, finishReason: finish_reason ?? undefined, calls };
}
