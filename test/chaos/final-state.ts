import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { finalAnswer } from './final-answer.js';
import type { Exchange, FinalRun, FinalSession, SentMessage } from './history.js';
import { sessionName, sessionNamed, userHeader } from './session-name.js';
import { FOR_EVER, StreamReading } from './stream-reading.js';
import { CHAOS_KEY } from './trial-key.js';

const messagesSchema = z.object({
  messages: z.array(
    z.object({ role: z.enum(['user', 'assistant']), content: z.string(), status: z.string(), run_id: z.string() }),
  ),
});

const runSchema = z.object({
  session_id: z.string(),
  status: z.string(),
  finish_reason: z.string().nullable(),
  attempts: z.number(),
  created_at: z.string(),
  ended_at: z.string().nullable(),
});

type RunView = z.infer<typeof runSchema>;

export interface FinalState {
  readonly sessions: readonly FinalSession[];
  readonly runs: readonly FinalRun[];
}

const AT_ONCE = 16;
const LOOK_AGAIN_MS = 250;
const ANSWER_WITHIN_MS = 5000;

/** Reads how everything stands, once all runs have ended, or when the time for that is over. */
export class FinalStateReader {
  constructor(
    private readonly origin: string,
    /** When runs that have not ended are taken as they are. */
    private readonly deadline: number,
  ) {}

  async read(sent: readonly SentMessage[], exchanges: readonly Exchange[]): Promise<FinalState> {
    const names = [...new Set(sent.map(({ session }) => session))];
    const before = await inParallel(names, (name) => this.session(name));
    const sessions = new Map(sent.map(({ number, session }) => [number, session]));
    const seen = exchanges.flatMap(({ run, message }) =>
      run === undefined ? [] : [[run, sessions.get(message) ?? ''] as const],
    );
    const stored = before.flatMap(({ id, messages }) => messages.map(({ run }) => [run, id] as const));
    const runs = await inParallel([...new Map([...seen, ...stored])], ([id, session]) => this.run(id, session));
    return { sessions: await inParallel(names, (name) => this.session(name)), runs: runs.flatMap((run) => run ?? []) };
  }

  private async session(name: string): Promise<FinalSession> {
    const { user, id } = sessionNamed(name);
    const answer = await finalAnswer(this.origin, `/agent/sessions/${id}/messages`, user);
    const messages = answer.status === 404 ? [] : messagesSchema.parse(answer.json).messages;
    return { id: name, messages: messages.map(({ run_id: run, ...message }) => ({ ...message, run })) };
  }

  /** As the user of its session sees it. Undefined when the service does not know it: the checker misses it then. */
  private async run(id: string, session: string): Promise<FinalRun | undefined> {
    const { user } = sessionNamed(session);
    const view = await this.endedRun(id, user);
    if (view === undefined) return undefined;
    return {
      id,
      session: sessionName({ user, id: view.session_id }),
      status: view.status,
      finishReason: view.finish_reason ?? undefined,
      attempts: view.attempts,
      createdAt: Date.parse(view.created_at),
      endedAt: view.ended_at === null ? undefined : Date.parse(view.ended_at),
      journal: await this.journal(id, user),
    };
  }

  private async endedRun(id: string, user: string | undefined): Promise<RunView | undefined> {
    for (;;) {
      const answer = await finalAnswer(this.origin, `/agent/runs/${id}`, user);
      if (answer.status === 404) return undefined;
      const view = runSchema.parse(answer.json);
      if (view.ended_at !== null || Date.now() > this.deadline) return view;
      await delay(LOOK_AGAIN_MS);
    }
  }

  /** From the start. Of a run that has not ended, what there is. */
  private async journal(id: string, user: string | undefined): Promise<FinalRun['journal']> {
    const headers = { 'X-Internal-Auth': CHAOS_KEY, 'Last-Event-ID': `${id}-0`, ...userHeader(user) };
    const call = { method: 'GET', path: `/agent/runs/${id}/stream`, headers, body: '' } as const;
    const patience = { headMs: ANSWER_WITHIN_MS, silenceMs: ANSWER_WITHIN_MS, frames: FOR_EVER, totalMs: FOR_EVER };
    const { frames } = await StreamReading.read(this.origin, call, patience);
    return frames;
  }
}

async function inParallel<Item, Result>(
  items: readonly Item[],
  act: (item: Item) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  const waiting = items.entries();
  const work = async () => {
    for (const [index, item] of waiting) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return results;
}
