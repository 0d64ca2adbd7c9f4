import { type Facts, textOf } from '../facts.js';
import type { FinalRun, FinalSession, SentMessage, StoredMessage } from '../history.js';
import { messagesIn } from '../model-answer.js';
import type { Rule, Violation } from '../violation.js';

/** The history holds every accepted message once, as it was sent, and right behind it the answer, once, as it was
 *  journalled. */
export function checkHistory(facts: Facts): readonly Violation[] {
  return [
    ...facts.history.sent.flatMap((message) => storedMessage(facts, message)),
    ...facts.history.runs.flatMap((run) => storedAnswer(facts, run)),
    ...facts.history.sessions.flatMap(misplacedAnswers),
  ];
}

function storedMessage(facts: Facts, message: SentMessage): readonly Violation[] {
  const broken = (rule: Rule, detail: string) => [{ rule, about: `message ${message.number}`, detail }];
  const stored = messagesOf(facts, message.session).filter(
    ({ role, content }) => role === 'user' && messagesIn(content).includes(message.number),
  );
  const [first] = stored;
  if (stored.length > 1) return broken('message stored twice', `${stored.length} times in session ${message.session}`);
  if (first === undefined)
    return wasAccepted(facts, message) ? broken('message lost', `session ${message.session}`) : [];
  if (first.content !== message.content) return broken('message altered', first.content);
  return wasRefused(facts, message) ? broken('refused message stored', `run ${first.run}`) : [];
}

function wasAccepted(facts: Facts, { number }: SentMessage): boolean {
  return facts.exchangesOf(number).some(({ run }) => run !== undefined);
}

/** Every request was refused for a reason that leaves no doubt. A store that was away may have taken the message all
 *  the same, and so may a replica whose answer never came. The AI SDK's door does not say which it was. */
function wasRefused(facts: Facts, { number }: SentMessage): boolean {
  return facts.exchangesOf(number).every(({ status, code }) => {
    if (status === undefined || status < 400 || status >= 504) return false;
    return code !== 'store_unavailable' && (code !== undefined || status < 500);
  });
}

const STATUS_OF_ANSWER: Readonly<Record<string, string>> = {
  stop: 'complete',
  length: 'incomplete',
  content_filter: 'incomplete',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  error: 'failed',
};

function storedAnswer(facts: Facts, run: FinalRun): readonly Violation[] {
  if (run.endedAt === undefined) return [];
  const broken = (rule: Rule, detail: string) => [{ rule, about: `run ${run.id}`, detail }];
  const text = textOf(run.journal);
  const answers = messagesOf(facts, run.session).filter((entry) => entry.role === 'assistant' && entry.run === run.id);
  const [answer] = answers;
  if (answers.length > 1) return broken('answer stored twice', `${answers.length} times`);
  if (answer === undefined) return text === '' ? [] : broken('answer lost', text);
  if (text === '') return broken('answer without text', answer.content);
  if (answer.content !== text) return broken('answer differs from the journal', difference(text, answer.content));
  const status = STATUS_OF_ANSWER[run.finishReason ?? ''];
  return answer.status === status ? [] : broken('ending differs', `the answer is ${answer.status}, not ${status}`);
}

function misplacedAnswers({ id, messages }: FinalSession): readonly Violation[] {
  return messages.flatMap(({ role, run }, index) => {
    const before = messages[index - 1];
    if (role === 'user' || (before?.role === 'user' && before.run === run)) return [];
    return [{ rule: 'answer out of place', about: `session ${id}`, detail: `run ${run}, entry ${index + 1}` }];
  });
}

function messagesOf(facts: Facts, session: string): readonly StoredMessage[] {
  return facts.history.sessions.find(({ id }) => id === session)?.messages ?? [];
}

function difference(journal: string, stored: string): string {
  const at = [...journal].findIndex((character, index) => character !== [...stored][index]);
  return `${journal.length} characters in the journal, ${stored.length} stored; first difference at ${at}`;
}
