import { html, nothing, type TemplateResult } from 'lit';
import type { Shown } from './conversation-view.js';
import { toolIcon } from './icons.js';

/** What came of a call. */
export function toolView({ said }: Shown): TemplateResult {
  const name = said.tool_name ?? 'Tool';
  return html`<article class="tool" aria-label=${name}>
    <h2>${toolIcon}<span>${name}</span><em class=${said.status}>${STATUSES[said.status] ?? said.status}</em></h2>
    ${said.content === '' ? nothing : html`<pre tabindex="0">${said.content}</pre>`}
  </article>`;
}

const STATUSES: Readonly<Record<string, string>> = {
  ok: 'Done',
  error: 'Failed',
  rejected: 'Rejected',
  expired: 'Expired',
  skipped: 'Skipped',
};
