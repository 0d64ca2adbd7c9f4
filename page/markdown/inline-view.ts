import { html, type TemplateResult } from 'lit';
import type { MarkedToken, Token, Tokens } from 'marked';
import { withoutReferences } from './character-references.js';
import { knownTokens } from './known-tokens.js';
import { safeAddress } from './safe-address.js';

/** A run of text: every word of it gets into the page as text, and only these elements can come of it. */
export function inlineView(tokens: readonly Token[] = []): readonly unknown[] {
  return knownTokens(tokens).map(viewOf);
}

function viewOf(token: MarkedToken): unknown {
  switch (token.type) {
    case 'strong':
      return html`<strong>${inlineView(token.tokens)}</strong>`;
    case 'em':
      return html`<em>${inlineView(token.tokens)}</em>`;
    case 'del':
      return html`<del>${inlineView(token.tokens)}</del>`;
    case 'codespan':
      return html`<code>${token.text}</code>`;
    case 'br':
      return html`<br>`;
    case 'link':
      return linkView(token);
    case 'image':
      return imageView(token);
    case 'checkbox':
      return taskView(token);
    case 'text':
      return textView(token);
    case 'html':
      return markupView(token);
    default:
      return 'text' in token ? token.text : token.raw;
  }
}

function taskView({ checked }: Tokens.Checkbox): TemplateResult {
  return checked
    ? html`<span class="task" role="img" aria-label="Done">☑</span> `
    : html`<span class="task" role="img" aria-label="To do">☐</span> `;
}

function textView({ text, tokens }: Tokens.Text): unknown {
  return tokens === undefined ? withoutReferences(text) : inlineView(tokens);
}

/** Of all markup, models write this one where they mean it. */
function markupView({ text }: Tokens.HTML | Tokens.Tag): unknown {
  return /^<br\s*\/?>$/i.test(text) ? html`<br>` : text;
}

function linkView({ href, tokens }: Tokens.Link): unknown {
  const address = safeAddress(href);
  return address === undefined ? inlineView(tokens) : anchor(address, inlineView(tokens));
}

/** Nothing is loaded: who wants to see it follows the link. */
function imageView({ href, text }: Tokens.Image): unknown {
  const address = safeAddress(href);
  const name = `Image: ${withoutReferences(text) || 'without a name'}`;
  return address === undefined ? name : anchor(address, name);
}

function anchor(address: string, content: unknown): TemplateResult {
  return html`<a href=${address} target="_blank" rel="noopener noreferrer nofollow">${content}</a>`;
}
