import type { Session } from 'agent-runtime/client';
import { html, nothing, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import { addressOf } from '../chat/address.js';
import type { Chat } from '../chat/chat.js';
import { wordsOf } from '../chat/trouble.js';
import type { Desk } from './desk.js';
import { moreIcon } from './icons.js';
import { menuView } from './menu-view.js';

/** One session of the sidebar. */
export function entryView(entry: Session, chat: Chat, desk: Desk): TemplateResult {
  const { session_id: id } = entry;
  const title = entry.title ?? id;
  const isCurrent = id === chat.conversation?.sessionId;
  if (desk.renaming === id) return html`<li>${titleView(title, id, chat, desk)}</li>`;
  return html`<li class=${isCurrent ? 'current' : ''}>
    <a href=${addressOf(id)} aria-current=${isCurrent ? 'page' : nothing} title=${title} @click=${() => desk.clear()}>${title}</a>
    ${entry.status === 'idle' ? nothing : html`<span class="mark ${entry.status}" title=${MARKS[entry.status] ?? ''}></span>`}
    <button
      type="button"
      class="quiet icon"
      aria-label=${`Menu of ${title}`}
      aria-haspopup="menu"
      aria-expanded=${desk.menuOf === id}
      @click=${() => desk.set({ menuOf: desk.menuOf === id ? undefined : id })}
    >${moreIcon}</button>
    ${desk.menuOf === id ? menuView(title, id, desk) : nothing}
  </li>`;
}

const MARKS: Readonly<Record<string, string>> = { running: 'is answering', waiting: 'waits for you' };

function titleView(title: string, id: string, chat: Chat, desk: Desk): TemplateResult {
  const keep = (field: HTMLInputElement): void => {
    if (desk.renaming !== id) return;
    desk.set({ renaming: undefined });
    const wanted = field.value.trim();
    if (wanted === '' || wanted === title) return;
    chat.sessions?.rename(id, wanted).catch((error: unknown) => desk.set({ trouble: wordsOf(error) }));
  };
  const press = (event: KeyboardEvent): void => {
    if (event.isComposing || !(event.target instanceof HTMLInputElement)) return;
    if (event.key === 'Enter') keep(event.target);
    if (event.key !== 'Escape') return;
    event.preventDefault();
    desk.set({ renaming: undefined });
  };
  return html`<input class="title" aria-label="Title" maxlength="200" .value=${title} ${ref(selected)}
    @keydown=${press} @blur=${({ target }: FocusEvent) => target instanceof HTMLInputElement && keep(target)} />`;
}

function selected(field: Element | undefined): void {
  if (!(field instanceof HTMLInputElement)) return;
  // Not before it is in the page.
  queueMicrotask(() => field.select());
}
