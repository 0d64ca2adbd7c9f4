import { html, nothing, type TemplateResult } from 'lit';
import type { MarkedToken, Token, Tokens } from 'marked';
import { codeView } from './code-view.js';
import { inlineView } from './inline-view.js';
import { knownTokens } from './known-tokens.js';

/** A block of Markdown. Markup in it is shown as the text it is. */
export function blockView(token: MarkedToken): unknown {
  switch (token.type) {
    case 'space':
    case 'def':
      return nothing;
    case 'paragraph':
      return paragraphView(token);
    case 'heading':
      return headingView(token);
    case 'hr':
      return html`<hr>`;
    case 'code':
      return codeView(token.text, token.lang ?? '');
    case 'blockquote':
      return html`<blockquote>${blockViews(token.tokens)}</blockquote>`;
    case 'list':
      return listView(token);
    case 'table':
      return tableView(token);
    case 'html':
      return html`<p class="as-it-is">${token.text.trimEnd()}</p>`;
    default:
      return inlineView([token]);
  }
}

/** A browser lays a paragraph out as a whole, so a very long one is shown in parts. */
const LONG = 16_384;

function paragraphView({ raw, tokens }: Tokens.Paragraph): TemplateResult {
  if (raw.length < LONG) return html`<p>${inlineView(tokens)}</p>`;
  const parts: Token[][] = [];
  let size = LONG;
  for (const token of tokens) {
    if (size >= LONG) parts.push([]);
    size = (size >= LONG ? 0 : size) + token.raw.length;
    parts.at(-1)?.push(token);
  }
  return html`<p>${parts.map((part) => html`<span class="part">${inlineView(part)}</span>`)}</p>`;
}

function blockViews(tokens: readonly Token[]): readonly unknown[] {
  return knownTokens(tokens).map(blockView);
}

/** The page itself has the first level. */
function headingView({ depth, tokens }: Tokens.Heading): TemplateResult {
  const content = inlineView(tokens);
  if (depth === 1) return html`<h2>${content}</h2>`;
  if (depth === 2) return html`<h3>${content}</h3>`;
  if (depth === 3) return html`<h4>${content}</h4>`;
  return html`<h5>${content}</h5>`;
}

function listView({ ordered, start, items }: Tokens.List): TemplateResult {
  const entries = items.map(({ tokens, task }) => html`<li class=${task ? 'has-task' : ''}>${blockViews(tokens)}</li>`);
  return ordered ? html`<ol start=${start === '' ? 1 : start}>${entries}</ol>` : html`<ul>${entries}</ul>`;
}

function tableView({ header, rows }: Tokens.Table): TemplateResult {
  const head = header.map(({ tokens, align }) => html`<th scope="col" class=${align ?? ''}>${inlineView(tokens)}</th>`);
  const body = rows.map((row) => html`<tr>${row.map(cellView)}</tr>`);
  return html`<div class="table" tabindex="0" role="region" aria-label="Table"><table>
    <thead><tr>${head}</tr></thead><tbody>${body}</tbody>
  </table></div>`;
}

function cellView({ tokens, align }: Tokens.TableCell): TemplateResult {
  return html`<td class=${align ?? ''}>${inlineView(tokens)}</td>`;
}
