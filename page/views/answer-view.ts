import { html, nothing, type TemplateResult } from 'lit';
import { turnOf } from '../chat/said.js';
import '../markdown/markdown-text.js';
import { callView } from './call-view.js';
import type { Shown } from './conversation-view.js';
import './copy-button.js';
import { againIcon } from './icons.js';
import { recordView } from './record-view.js';
import { whenSeen } from './when-seen.js';

/** What the model said. */
export function answerView(shown: Shown): TemplateResult {
  const { said, chat, messages } = shown;
  const isSeen = whenSeen(() => chat.thoughts?.want(said, messages));
  const isWriting = said.status === 'writing';
  return html`<article class="answer ${isWriting ? 'is-writing' : ''}" aria-label="Assistant" ${isSeen}>
    ${reasoningView(said.reasoning || chat.thoughts?.of(said.id), said.content)}
    <markdown-text class="prose" .text=${said.content}></markdown-text>
    ${(said.tool_calls ?? []).map((call) => callView(call, shown))}
    ${STATUSES[said.status] === undefined ? nothing : html`<p class="note">${STATUSES[said.status]}</p>`}
    ${isWriting || !isLastOfTurn(shown) ? nothing : footView(shown)}
  </article>`;
}

const STATUSES: Readonly<Record<string, string>> = {
  incomplete: 'Cut here: the answer was not completed.',
  cancelled: 'Stopped here.',
  interrupted: 'Interrupted here.',
};

function reasoningView(reasoning = '', content: string): TemplateResult | typeof nothing {
  if (reasoning === '') return nothing;
  return html`<details class="reasoning" aria-label="Reasoning" ?open=${content === ''}>
    <summary>Reasoning</summary>
    <div class="thoughts">${reasoning.trim()}</div>
  </details>`;
}

/** Only there it is known to be the answer, and no step on the way to it. */
function isLastOfTurn({ conversation, messages, at, said }: Shown): boolean {
  const next = messages[at + 1];
  const isWaiting = (said.tool_calls ?? []).some(({ call_id }) =>
    conversation.openCalls.some((open) => open.call_id === call_id),
  );
  return !isWaiting && (next === undefined || next.role === 'user');
}

function footView(shown: Shown): TemplateResult {
  const { conversation, messages, said, at, desk } = shown;
  const asked = messages[turnOf(messages, at)]?.run_id ?? said.run_id;
  const again = (): void => {
    desk.end.goToEnd();
    void conversation.say({ replaces: asked });
  };
  return html`<footer>
    <div class="actions">
      <copy-button .text=${said.content} .name=${'Copy'}></copy-button>
      <button type="button" class="quiet icon" aria-label="Regenerate" title="Regenerate" ?disabled=${conversation.isAnswering} @click=${again}>${againIcon}</button>
    </div>
    ${recordView(shown)}
  </footer>`;
}
