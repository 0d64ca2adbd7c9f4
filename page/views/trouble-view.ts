import type { Run } from 'agent-runtime/client';
import { html, nothing, type TemplateResult } from 'lit';
import type { Chat } from '../chat/chat.js';
import type { Conversation } from '../chat/conversation.js';
import { type Said, turnOf } from '../chat/said.js';
import type { Trouble } from '../chat/trouble.js';
import { whenSeen } from './when-seen.js';

/** Why there is no answer, or no whole one, and a way on. */
export function troubleView(chat: Chat, conversation: Conversation): unknown {
  const { isAnswering, isLoading, messages, trouble } = conversation;
  if (isAnswering || isLoading) return nothing;
  if (trouble !== undefined) return boxView(trouble);
  const last = messages.at(-1);
  if (last === undefined || conversation.openCalls.length > 0) return nothing;
  const run = chat.records?.of(last.run_id);
  const words = chat.records?.knows(last.run_id) ? wordsFor(last, run) : undefined;
  const asked = messages[turnOf(messages, messages.length - 1)]?.run_id;
  const again = asked === undefined ? undefined : () => void conversation.say({ replaces: asked });
  const look = html`<span ${whenSeen(() => chat.records?.want(last.run_id))}></span>`;
  return words === undefined ? look : html`${look}${boxView({ words, again })}`;
}

/** Of the last message and its run; undefined where there is nothing to be said. */
function wordsFor(last: Said, run: Run | undefined): string | undefined {
  if (run?.error) return run.error.message;
  if (last.status === 'failed') return 'The answer failed.';
  return isAnswer(last) || isGoingOn(run) ? undefined : unanswered(last, run);
}

function isAnswer({ role, tool_calls = [] }: Said): boolean {
  return role === 'assistant' && tool_calls.length === 0;
}

function isGoingOn(run: Run | undefined): boolean {
  return run?.status === 'queued' || run?.status === 'running';
}

function unanswered({ role }: Said, run: Run | undefined): string {
  return (role === 'user' && ENDINGS[run?.status ?? '']) || 'This was not answered.';
}

const ENDINGS: Readonly<Record<string, string>> = {
  cancelled: 'Stopped before the answer began.',
  interrupted: 'Interrupted before the answer began.',
  completed: 'The model said nothing.',
};

function boxView({ words, again }: Trouble): TemplateResult {
  return html`<div class="trouble" role="alert">
    <p>${words}</p>
    ${again === undefined ? nothing : html`<button type="button" @click=${again}>Try again</button>`}
  </div>`;
}
