import { html, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Desk } from './desk.js';
import { deleteIcon, editIcon } from './icons.js';

/** The menu of a session: arrows and Tab lead through it, Escape and leaving it close it. */
export function menuView(title: string, id: string, desk: Desk): TemplateResult {
  const close = (): void => desk.set({ menuOf: undefined });
  const left = ({ relatedTarget, currentTarget }: FocusEvent): void => {
    const isInside =
      currentTarget instanceof Element &&
      relatedTarget instanceof Node &&
      currentTarget.parentElement?.contains(relatedTarget);
    if (!isInside && desk.menuOf === id) close();
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') move(event);
    if (event.key !== 'Escape') return;
    event.preventDefault();
    close();
    document.querySelector<HTMLElement>(`[aria-label="${CSS.escape(`Menu of ${title}`)}"]`)?.focus();
  };
  return html`<div role="menu" aria-label=${title} @keydown=${press} @focusout=${left} ${ref(focusedFirst)}>
    <button type="button" role="menuitem" @click=${() => desk.set({ menuOf: undefined, renaming: id })}>${editIcon}Rename</button>
    <button type="button" role="menuitem" class="danger" @click=${() => desk.set({ menuOf: undefined, deleting: id })}>${deleteIcon}Delete</button>
  </div>`;
}

/** There are two. */
function move(event: KeyboardEvent): void {
  event.preventDefault();
  const { target } = event;
  if (!(target instanceof HTMLElement)) return;
  const other = target.nextElementSibling ?? target.previousElementSibling;
  if (other instanceof HTMLElement) other.focus();
}

function focusedFirst(menu: Element | undefined): void {
  queueMicrotask(() => menu?.querySelector<HTMLElement>('[role=menuitem]')?.focus());
}
