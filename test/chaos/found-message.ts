import { z } from 'zod';
import { callHttp } from '../support/http-client.js';
import { within } from '../support/within.js';
import { finalAnswer } from './final-answer.js';
import type { SentMessage } from './history.js';
import { messagesIn } from './model-answer.js';
import { sessionName, sessionNamed, userHeader } from './session-name.js';
import { CHAOS_KEY } from './trial-key.js';

const messagesSchema = z.object({ messages: z.array(z.object({ content: z.string(), run_id: z.string() })) });
const runSchema = z.object({ session_id: z.string() });

const ANSWER_WITHIN_MS = 5000;

/** The run of a message in its session's history; undefined where it is not there, or not yet, or nobody answers. */
export async function runOf(origin: string, { number, session }: SentMessage): Promise<string | undefined> {
  const { user, id } = sessionNamed(session);
  const headers = { 'X-Internal-Auth': CHAOS_KEY, ...userHeader(user) };
  const asked = callHttp(origin, { path: `/agent/sessions/${id}/messages`, headers });
  const answer = await within(ANSWER_WITHIN_MS, asked).catch(() => undefined);
  const messages = answer?.status === 200 ? messagesSchema.parse(answer.json).messages : [];
  return messages.find(({ content }) => messagesIn(content).includes(number))?.run_id;
}

/** The session that a message began without naming it. */
export async function sessionOf(origin: string, { session }: SentMessage, run: string): Promise<string> {
  const { user } = sessionNamed(session);
  const answer = await finalAnswer(origin, `/agent/runs/${run}`, user);
  return answer.status === 404 ? session : sessionName({ user, id: runSchema.parse(answer.json).session_id });
}
