import { html, nothing, type TemplateResult } from 'lit';
import type { Chat } from '../chat/chat.js';

/** Asks for the key. It is no field of type password, so that no browser keeps it: it is gone with the tab. */
export function keyView(chat: Chat): TemplateResult {
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const field = event.target instanceof HTMLFormElement ? event.target.elements.namedItem('key') : null;
    if (field instanceof HTMLInputElement && field.value.trim() !== '') void chat.tryKey(field.value.trim());
  };
  return html`<main class="key">
    <form @submit=${submit}>
      <h1>agent-runtime</h1>
      <p id="about-key">This service opens with its internal key. It stays in this tab, and is gone when you close it.</p>
      <label for="key">Key</label>
      <input id="key" name="key" type="text" autocomplete="off" autocapitalize="off" spellcheck="false" autofocus
        aria-describedby="about-key" aria-invalid=${chat.keyTrouble === undefined ? nothing : 'true'} />
      <p role="alert">${chat.keyTrouble}</p>
      <button type="submit" class="main">Open</button>
    </form>
  </main>`;
}
