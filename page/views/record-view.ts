import type { Run } from 'agent-runtime/client';
import { html, nothing, type TemplateResult } from 'lit';
import type { Shown } from './conversation-view.js';
import { whenSeen } from './when-seen.js';

/** Which model answered, and how many tokens that took. It is asked for when somebody sees the answer. */
export function recordView({ chat, said }: Shown): TemplateResult {
  const run = chat.records?.of(said.run_id);
  return html`<p class="record" ${whenSeen(() => chat.records?.want(said.run_id))}>${run === undefined ? nothing : wordsFor(run)}</p>`;
}

function wordsFor({ model, usage }: Run): string {
  const tokens = usage === null ? [] : [`${usage.prompt_tokens} + ${usage.completion_tokens} tokens`];
  return [...(model === null ? [] : [model]), ...tokens].join(' · ');
}
