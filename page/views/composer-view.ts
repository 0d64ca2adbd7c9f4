import { html, nothing, type TemplateResult } from 'lit';
import type { Chat } from '../chat/chat.js';
import type { Conversation } from '../chat/conversation.js';
import type { Desk } from './desk.js';
import { sendIcon, stopIcon } from './icons.js';
import { isSending, taken } from './text-field.js';

/** Where messages are written. */
export function composerView(chat: Chat, conversation: Conversation, desk: Desk): TemplateResult {
  const { isAnswering } = conversation;
  const send = (form: Element | null): void => {
    const field = form?.querySelector('textarea');
    if (!field || isAnswering || field.value.trim() === '') return;
    chat.say(taken(field));
    desk.end.goToEnd();
  };
  const press = (event: KeyboardEvent): void => {
    if (!isSending(event) || !(event.target instanceof Element)) return;
    event.preventDefault();
    send(event.target.closest('form'));
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (event.target instanceof Element) send(event.target);
  };
  return html`<div class="foot">
    <div role="status" class="status">${conversation.answering.isReconnecting ? html`<span>Reconnecting…</span>` : nothing}</div>
    <form class="composer" @submit=${submit}>
      <textarea aria-label="Message" rows="1" autofocus placeholder=${hintOf(conversation)} @keydown=${press}></textarea>
      <div class="composer-bar">
        ${agentView(chat)}
        ${
          isAnswering
            ? html`<button type="button" class="round" aria-label="Stop" title="Stop (Escape)" @click=${() => conversation.stop()}>${stopIcon}</button>`
            : html`<button type="submit" class="round" aria-label="Send" title="Send (Enter)">${sendIcon}</button>`
        }
      </div>
    </form>
  </div>`;
}

function hintOf({ openCalls, messages }: Conversation): string {
  if (openCalls.length > 0) return 'Decide above, or write something else';
  return messages.length === 0 ? 'Write a message' : 'Reply';
}

function agentView(chat: Chat): TemplateResult | typeof nothing {
  if (chat.agents.length < 2) return nothing;
  const choose = ({ target }: Event): void => {
    if (target instanceof HTMLSelectElement) chat.chooseAgent(target.value);
  };
  return html`<select aria-label="Agent" .value=${chat.agent ?? ''} @change=${choose}>
    ${chat.agents.map(({ name, description }) => html`<option value=${name} title=${description ?? ''} ?selected=${name === chat.agent}>${name}</option>`)}
  </select>`;
}
