import { html, nothing, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { ref } from 'lit/directives/ref.js';
import { repeat } from 'lit/directives/repeat.js';
import type { Chat } from '../chat/chat.js';
import type { Conversation } from '../chat/conversation.js';
import type { Said } from '../chat/said.js';
import { answerView } from './answer-view.js';
import type { Desk } from './desk.js';
import { downIcon } from './icons.js';
import { questionView } from './question-view.js';
import { toolView } from './tool-view.js';
import { troubleView } from './trouble-view.js';
import { welcomeView } from './welcome-view.js';

/** The messages of a session, and what is to be said about the last of them. */
export function conversationView(chat: Chat, conversation: Conversation, desk: Desk): TemplateResult {
  const { messages, isLoading } = conversation;
  const isEmpty = messages.length === 0 && !isLoading;
  return html`<div class="scroller ${isEmpty ? 'is-empty' : ''}" ${ref(desk.end.attach)}>
    ${isEmpty && conversation.trouble === undefined ? welcomeView(chat) : nothing}
    <div class="log" role="log" aria-label="Conversation" aria-busy=${conversation.isAnswering} tabindex="0">
      ${repeat(
        messages,
        ({ id }) => id,
        (said, at) => saidView({ chat, conversation, messages, desk, said, at }),
      )}
      ${conversation.isSilent ? html`<div class="thinking" role="img" aria-label="Thinking"><i></i><i></i><i></i></div>` : nothing}
      ${troubleView(chat, conversation)}
    </div>
    ${desk.end.isAtEnd ? nothing : html`<button type="button" class="to-end" aria-label="Scroll to the end" title="Scroll to the end" @click=${desk.end.goToEnd}>${downIcon}</button>`}
  </div>`;
}

/** A message with all that it is shown among. */
export interface Shown {
  readonly chat: Chat;
  readonly conversation: Conversation;
  readonly messages: readonly Said[];
  readonly desk: Desk;
  readonly said: Said;
  readonly at: number;
}

/** Made anew only where something of it has changed: there may be thousands. */
function saidView(shown: Shown): unknown {
  const { chat, conversation, messages, desk, said, at } = shown;
  const next = messages[at + 1];
  const seen = [
    said,
    next?.role,
    next?.run_id,
    conversation.isAnswering,
    said.tool_calls && conversation.openCalls,
    chat.records?.of(said.run_id),
    chat.thoughts?.of(said.id),
    desk.editing === said.id,
  ];
  return guard(seen, () => VIEWS[said.role](shown));
}

const VIEWS = { user: questionView, assistant: answerView, tool: toolView } as const;
