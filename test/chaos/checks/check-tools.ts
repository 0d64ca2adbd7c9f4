import type { Facts } from '../facts.js';
import type { History } from '../history.js';
import { nobodyUp, RECONNECT_MS, replicaStopping, replicasLost, storeAway } from '../timeline.js';
import { CLIENT_TIME_MS } from '../tool-model.js';
import type { PromptEntry, ToolMessage, ToolPost, ToolSession } from '../tool-trace.js';
import type { Rule, Violation } from '../violation.js';

/** A replica looks three times in a lease of 15 s, and another one may be the first to look after a death. */
const EXPIRY_MS = 25_000;
const CLOCK_MS = 1000;
/** A run that was begun is asked for at once, or taken over. */
const GOES_ON_MS = 60_000;
const ANSWERED: ReadonlySet<string> = new Set(['ok', 'error', 'rejected']);

/** Every call is settled once, as somebody was told; the model is asked when all are settled; a turn that waits goes
 *  on, or its time is over; and the history has the calls of the journal. */
export function checkTools({ history }: Facts): readonly Violation[] {
  const { prompts, sessions, posts } = history.tools;
  return [
    ...sessions.flatMap((session) => [
      ...settledOnce(session),
      ...agreement(session),
      ...expiry(history, session),
      ...stopped(history, session),
    ]),
    ...prompts.flatMap(({ session, messages }) => openInPrompt(session, messages)),
    ...prompts.flatMap(({ session, messages }) => otherResults(sessions, session, messages)),
    ...posts.flatMap((post) => [...lostResult(sessions, post), ...unforeseen(history, post)]),
  ];
}

function settledOnce({ id, status, messageCount, messages }: ToolSession): readonly Violation[] {
  const asked = messages.flatMap(({ calls }) => calls);
  const settled = messages.flatMap(({ resultOf }) => resultOf ?? []);
  const twice = (ids: readonly string[]) => ids.filter((one, place) => ids.indexOf(one) !== place);
  const about = `session ${id}`;
  return [
    ...(status === 'idle' ? [] : [{ rule: 'turn waits for ever' as const, about, detail: `it is ${status}` }]),
    ...found('call lost', about, status === 'idle' ? asked.filter((one) => !settled.includes(one)) : []),
    ...found('call settled twice', about, [...twice(settled), ...twice(asked)]),
    ...found('result without a call', about, misplacedResults(messages)),
    ...found(
      'messages miscounted',
      about,
      messageCount === messages.length ? [] : [`${messageCount} for ${messages.length}`],
    ),
  ];
}

/** Each stands behind who asked for it, in the order of the calls. */
function misplacedResults(messages: readonly PromptEntry[]): readonly string[] {
  let asked: readonly string[] = [];
  return messages.flatMap(({ role, calls, resultOf }) => {
    if (role !== 'tool') asked = calls;
    if (resultOf === undefined) return [];
    const place = asked.indexOf(resultOf);
    asked = asked.slice(place + 1);
    return place === -1 ? [resultOf] : [];
  });
}

function agreement({ id, messages, runs }: ToolSession): readonly Violation[] {
  return runs.flatMap((run) => {
    const stored = messages.flatMap((message) => (message.run === run.id ? message.calls : []));
    if (run.finishReason !== 'tool_calls' || stored.join() === run.calls.join()) return [];
    return found('calls differ from the journal', `session ${id}, run ${run.id}`, [`${stored} for ${run.calls}`]);
  });
}

/** In time, and not before. A call that is approved has its time anew. */
function expiry(history: History, { id, messages }: ToolSession): readonly Violation[] {
  return messages.flatMap(({ resultOf, status, createdAt }) => {
    const times = history.tools.sightings.filter(({ session, callId }) => session === id && callId === resultOf);
    if (times.length === 0) return [];
    const first = Math.min(...times.map(({ expiresAt }) => expiresAt));
    const last = Math.max(...times.map(({ expiresAt }) => expiresAt)) + CLIENT_TIME_MS;
    const excused = 2 * storeAway(history, first, createdAt) + nobodyUp(history, first, createdAt);
    const about = `session ${id}, call ${resultOf}`;
    if (status === 'expired' && createdAt < first - CLOCK_MS)
      return found('expired too early', about, [`${first - createdAt} ms before its time`]);
    return createdAt > last + EXPIRY_MS + excused
      ? found('expired too late', about, [`${createdAt - last} ms after its time`])
      : [];
  });
}

/** The model is told what became of its calls when somebody has answered each, unless the turn was stopped, or its
 *  replica died. */
function stopped(history: History, { id, messages }: ToolSession): readonly Violation[] {
  const { prompts, posts } = history.tools;
  if (posts.some(({ session, what }) => session === id && what === 'cancel')) return [];
  const told = new Set(prompts.flatMap((prompt) => prompt.messages.map(({ resultOf }) => resultOf)));
  return messages.flatMap(({ calls, run }) => {
    const results = messages.filter(({ resultOf }) => resultOf !== undefined && calls.includes(resultOf));
    const settledAt = Math.max(...results.map(({ createdAt }) => createdAt));
    const isAnswered = results.length > 0 && results.every(({ status }) => ANSWERED.has(status));
    if (!isAnswered || calls.every((one) => told.has(one))) return [];
    if (replicasLost(history, settledAt - CLOCK_MS, settledAt + GOES_ON_MS) > 0) return [];
    return found('turn did not go on', `session ${id}, run ${run}`, [`nobody was told of ${calls}`]);
  });
}

function openInPrompt(session: string, messages: readonly PromptEntry[]): readonly Violation[] {
  const wrong = messages.flatMap(({ calls }, place) => {
    const behind = messages.slice(place + 1, place + 1 + calls.length).map(({ resultOf }) => resultOf);
    return behind.join() === calls.join() && messages[place + 1 + calls.length]?.role !== 'tool' ? [] : calls;
  });
  const results = messages.flatMap(({ resultOf }) => resultOf ?? []);
  const asked = messages.flatMap(({ calls }) => calls);
  const free = results.filter((one) => !asked.includes(one));
  return found('model asked before its calls were settled', `session ${session}`, [...new Set([...wrong, ...free])]);
}

/** What the model was told of a call is what the history tells. */
function otherResults(
  sessions: readonly ToolSession[],
  id: string,
  messages: readonly PromptEntry[],
): readonly Violation[] {
  const wrong = messages.filter(({ resultOf, content }) => {
    const stored = resultOf === undefined ? undefined : storedResult(sessions, id, resultOf);
    return resultOf !== undefined && stored?.content !== content;
  });
  return found(
    'prompt has another result',
    `session ${id}`,
    wrong.map(({ content }) => content),
  );
}

function storedResult(sessions: readonly ToolSession[], id: string, callId: string): ToolMessage | undefined {
  const session = sessions.find((one) => one.id === id);
  return session?.messages.find(({ resultOf }) => resultOf === callId);
}

/** Who was told that a result is taken finds it in the history. */
function lostResult(
  sessions: readonly ToolSession[],
  { session, callId, result, status }: ToolPost,
): readonly Violation[] {
  if (status !== 200 || result === undefined || callId === undefined) return [];
  const stored = storedResult(sessions, session, callId);
  const about = `session ${session}, call ${callId}`;
  return stored?.content === result ? [] : found('result lost', about, [`${stored?.content} for ${result}`]);
}

const FORESEEN: Readonly<Record<ToolPost['what'], readonly string[]>> = {
  message: ['200 ', '409 session_busy', '429 queue_full'],
  result: ['200 ', '409 call_settled'],
  decision: ['200 ', '409 call_settled', '409 call_not_awaiting_approval'],
  cancel: ['200 ', '202 '],
};

function unforeseen(history: History, { session, what, sentAt, status, code, callId }: ToolPost): readonly Violation[] {
  const told = `${status} ${code ?? ''}`;
  if (status === undefined || FORESEEN[what].includes(told)) return [];
  const [from, to] = [sentAt - RECONNECT_MS, sentAt + RECONNECT_MS];
  if (status >= 500 && (storeAway(history, from, to) > 0 || replicaStopping(history, from, to))) return [];
  // A run that failed for the death of its replicas is told as that.
  if (status >= 500 && (code === 'run_failed' || code === 'store_unavailable')) return [];
  return found('tool request refused', `session ${session}, ${what} ${callId ?? ''}`, [told]);
}

function found(rule: Rule, about: string, details: readonly string[]): readonly Violation[] {
  return details.map((detail) => ({ rule, about, detail }));
}
