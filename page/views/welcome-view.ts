import { html, nothing, type TemplateResult } from 'lit';
import type { Chat } from '../chat/chat.js';

/** What is seen before anything was said. */
export function welcomeView(chat: Chat): TemplateResult {
  const agent = chat.agents.find(({ name }) => name === chat.agent);
  const isMock = agent?.model.startsWith('mock:') === true;
  return html`<div class="welcome">
    <h2>What is on your mind?</h2>
    ${isMock ? mockView() : nothing}
    ${!isMock && agent?.description ? html`<p>${agent.description}</p>` : nothing}
  </div>`;
}

const EXAMPLES = ['Tell me something', '/think hard about a simple question', '/call read_file {"path":"notes.txt"}'];

/** Whoever has just started the service meets the mock. */
function mockView(): TemplateResult {
  return html`<p>A mock model answers: it repeats what you say. Try it, reload in the middle, and nothing is lost.</p>
    <div class="examples">${EXAMPLES.map((example) => html`<button type="button" @click=${() => write(example)}>${example}</button>`)}</div>`;
}

function write(text: string): void {
  const field = document.querySelector<HTMLTextAreaElement>('.composer textarea');
  if (field === null) return;
  field.value = text;
  field.focus();
}
