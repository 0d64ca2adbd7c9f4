import { html, type TemplateResult } from 'lit';
import { ref } from 'lit/directives/ref.js';
import type { Shown } from './conversation-view.js';
import { editIcon } from './icons.js';
import { isSending } from './text-field.js';

/** What the user said. */
export function questionView(shown: Shown): TemplateResult {
  const { conversation, desk, said } = shown;
  if (desk.editing === said.id) return html`<article class="you" aria-label="You">${editView(shown)}</article>`;
  return html`<article class="you" aria-label="You">
    <div class="bubble">${said.content}</div>
    <div class="actions">
      <button type="button" class="quiet icon" aria-label="Edit" title="Edit" ?disabled=${conversation.isAnswering || said.run_id === ''}
        @click=${() => desk.set({ editing: said.id })}>${editIcon}</button>
    </div>
  </article>`;
}

function editView({ conversation, desk, said }: Shown): TemplateResult {
  const keep = (form: Element | null): void => {
    const content = form?.querySelector('textarea')?.value.trim() ?? '';
    if (content === '') return;
    desk.set({ editing: undefined });
    desk.end.goToEnd();
    void conversation.say({ content, replaces: said.run_id });
  };
  const press = (event: KeyboardEvent): void => {
    if (!(event.target instanceof Element)) return;
    if (event.key === 'Escape') desk.set({ editing: undefined });
    else if (isSending(event)) keep(event.target.closest('form'));
    else return;
    event.preventDefault();
  };
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (event.target instanceof Element) keep(event.target);
  };
  return html`<form class="edit" @submit=${submit}>
    <textarea aria-label="Edit message" rows="1" .value=${said.content} @keydown=${press} ${ref(focused)}></textarea>
    <div class="choices">
      <button type="button" @click=${() => desk.set({ editing: undefined })}>Cancel</button>
      <button type="submit" class="main">Save</button>
    </div>
  </form>`;
}

function focused(field: Element | undefined): void {
  queueMicrotask(() => field instanceof HTMLTextAreaElement && field.focus());
}
