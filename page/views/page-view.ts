import { html, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import { addressOf } from '../chat/address.js';
import type { Chat } from '../chat/chat.js';
import { composerView } from './composer-view.js';
import { conversationView } from './conversation-view.js';
import { deleteView } from './delete-view.js';
import type { Desk } from './desk.js';
import { menuIcon, newIcon } from './icons.js';
import { keyView } from './key-view.js';
import { sessionsView } from './sessions-view.js';

/** The whole page, as everything is by now. */
export function pageView(chat: Chat, desk: Desk): TemplateResult {
  const { conversation, phase } = chat;
  if (phase === 'asking') return keyView(chat);
  if (phase === 'closed' || conversation === undefined) return html`${nothing}`;
  document.title = titleOf(chat);
  return html`
    <div class="page ${desk.isDrawerOpen ? 'drawer-open' : ''}">
      ${barView(desk)} ${sessionsView(chat, desk)}
      <main>
        ${keyed(conversation.sessionId, conversationView(chat, conversation, desk))}
        ${composerView(chat, conversation, desk)}
      </main>
    </div>
    ${deleteView(chat, desk)}
  `;
}

function titleOf({ conversation, sessions }: Chat): string {
  const entry = sessions?.entries.find(({ session_id }) => session_id === conversation?.sessionId);
  return entry === undefined ? 'agent-runtime' : `${entry.title ?? entry.session_id} · agent-runtime`;
}

function barView(desk: Desk): TemplateResult {
  return html`<header class="bar">
    <button
      type="button"
      class="quiet icon drawer"
      aria-label="Sessions"
      aria-expanded=${desk.isDrawerOpen}
      @click=${() => desk.set({ isDrawerOpen: !desk.isDrawerOpen })}
    >${menuIcon}</button>
    <h1>agent-runtime</h1>
    <button type="button" class="quiet new" @click=${() => begin(desk)}>${newIcon}<span>New chat</span></button>
  </header>`;
}

function begin(desk: Desk): void {
  desk.clear();
  location.hash = addressOf(undefined);
  document.querySelector<HTMLTextAreaElement>('.composer textarea')?.focus();
}
