import { html, type TemplateResult } from 'lit';
import { guard } from 'lit/directives/guard.js';
import '../views/copy-button.js';

const LINES = 100;

/** A block of code. Its lines stand in groups, so that a long one that grows changes in its last group only. */
export function codeView(code: string, language: string): TemplateResult {
  const groups = groupsOf(code).map((lines) => guard([lines], () => html`<span class="lines">${lines}</span>`));
  return html`<div class="code">
    <div class="code-bar">
      <span class="language">${language.split(/\s/, 1).join('')}</span>
      <copy-button .text=${code} .name=${'Copy code'}></copy-button>
    </div>
    <pre tabindex="0"><code>${groups}</code></pre>
  </div>`;
}

function groupsOf(code: string): readonly string[] {
  const lines = code.split('\n');
  const groups: string[] = [];
  for (let from = 0; from < lines.length; from += LINES) {
    const end = from + LINES < lines.length ? '\n' : '';
    groups.push(lines.slice(from, from + LINES).join('\n') + end);
  }
  return groups;
}
