import { html, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Chat } from '../chat/chat.js';
import type { Desk } from './desk.js';
import { entryView } from './session-entry-view.js';

/** The sidebar. */
export function sessionsView(chat: Chat, desk: Desk): TemplateResult {
  const { sessions } = chat;
  const entries = sessions?.entries ?? [];
  return html`<nav aria-label="Sessions">
    ${
      entries.length > 0
        ? html`<ul>${repeat(
            entries,
            ({ session_id }) => session_id,
            (entry) => entryView(entry, chat, desk),
          )}</ul>`
        : nothing
    }
    ${sessions?.isKnown && entries.length === 0 ? html`<p class="hint">Your chats will be here.</p>` : nothing}
    ${sessions?.hasMore ? html`<button type="button" class="quiet" @click=${() => sessions.more()}>Older chats</button>` : nothing}
  </nav>
  <div class="veil" @click=${() => desk.set({ isDrawerOpen: false })}></div>`;
}
