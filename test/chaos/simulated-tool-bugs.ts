import type { Bug } from './simulated-bugs.js';
import type { ToolMessage, ToolSession, ToolTrace } from './tool-trace.js';

/** Mistakes in turns with tools. */
export const TOOL_BUGS: readonly Bug[] = [
  bug(
    'a restart forgets a call',
    'call lost',
    inMessages((all) => all.filter(({ resultOf }) => resultOf !== 'c2')),
  ),
  bug(
    'two replicas take one result',
    'call settled twice',
    inMessages((all) => [...all, ...all.slice(3, 4)]),
  ),
  bug('the results stand in front of the calls', 'result without a call', inMessages(swapped)),
  bug(
    'a result is not counted',
    'messages miscounted',
    inSession((one) => ({ ...one, messageCount: 4 })),
  ),
  bug(
    'nobody looks at what is due',
    'turn waits for ever',
    inSession((one) => ({ ...one, status: 'waiting' })),
  ),
  bug('the run that goes on is never written', 'turn did not go on', (trace) => ({
    ...trace,
    prompts: trace.prompts.slice(0, 1),
  })),
  bug(
    'a call is journalled and not stored',
    'calls differ from the journal',
    inSession((one) => ({ ...one, runs: one.runs.map((run) => ({ ...run, calls: [...run.calls, 'c3'] })) })),
  ),
  bug('a call expires as soon as it is open', 'expired too early', inMessages(expiredAfter(-60_000))),
  bug('a call expires when somebody happens to come', 'expired too late', inMessages(expiredAfter(90_000))),
  bug('the turn goes on with the first result', 'model asked before its calls were settled', (trace) => ({
    ...trace,
    prompts: trace.prompts.map((one) => ({ ...one, messages: one.messages.slice(0, 3) })),
  })),
  bug(
    'the model is told another result than the history',
    'prompt has another result',
    inMessages((all) => all.map((one) => (one.resultOf === 'c1' ? { ...one, content: 'else' } : one))),
  ),
  bug('a result that was taken is lost', 'result lost', inMessages(expiredAfter(7000))),
  bug('a call that is open is not known', 'tool request refused', (trace) => ({
    ...trace,
    posts: trace.posts.map((post) => ({ ...post, status: 404, code: 'call_not_found' })),
  })),
];

function bug(name: string, breaks: Bug['breaks'], change: (trace: ToolTrace) => ToolTrace): Bug {
  return { name, breaks, fate: 'whole', history: (history) => ({ ...history, tools: change(history.tools) }) };
}

function inSession(change: (session: ToolSession) => ToolSession): (trace: ToolTrace) => ToolTrace {
  return (trace) => ({ ...trace, sessions: trace.sessions.map(change) });
}

function inMessages(change: (messages: readonly ToolMessage[]) => readonly ToolMessage[]) {
  return inSession((session) => ({ ...session, messages: change(session.messages) }));
}

function swapped(messages: readonly ToolMessage[]): readonly ToolMessage[] {
  return [...messages.slice(2, 4), ...messages.slice(0, 2), ...messages.slice(4)];
}

function expiredAfter(milliseconds: number) {
  return (messages: readonly ToolMessage[]) =>
    messages.map((message) =>
      message.resultOf === 'c2'
        ? { ...message, status: 'expired', content: 'over', createdAt: message.createdAt + milliseconds }
        : message,
    );
}
