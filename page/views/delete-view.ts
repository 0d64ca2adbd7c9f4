import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Chat } from '../chat/chat.js';
import { wordsOf } from '../chat/trouble.js';
import type { Desk } from './desk.js';

/** Asks before a session is deleted. */
export function deleteView(chat: Chat, desk: Desk): TemplateResult | typeof nothing {
  const { deleting } = desk;
  if (deleting === undefined) return nothing;
  const title = chat.sessions?.entries.find(({ session_id }) => session_id === deleting)?.title ?? deleting;
  const close = (): void => desk.set({ deleting: undefined });
  const remove = (): void => {
    close();
    chat.remove(deleting).catch((error: unknown) => desk.set({ trouble: wordsOf(error) }));
  };
  return html`<dialog role="alertdialog" aria-labelledby="delete-title" aria-describedby="delete-words" ${ref(shown)} @close=${close}>
    <h2 id="delete-title">Delete this chat?</h2>
    <p id="delete-words">“${title}” and all of its messages will be gone for good.</p>
    <div class="choices">
      <button type="button" @click=${close}>Cancel</button>
      <button type="button" class="main danger" @click=${remove}>Delete</button>
    </div>
  </dialog>`;
}

function shown(dialog: Element | undefined): void {
  queueMicrotask(() => dialog instanceof HTMLDialogElement && !dialog.open && dialog.showModal());
}
