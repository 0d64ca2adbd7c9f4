import { html, LitElement } from 'lit';
import { guard } from 'lit/directives/guard.js';
import { blockView } from './block-view.js';
import { type Block, MarkdownReader } from './markdown-reader.js';

/** A model's text as Markdown, also while it grows. */
export class MarkdownText extends LitElement {
  static override properties = { text: { attribute: false } };
  declare text: string;
  private readonly reader = new MarkdownReader();

  /** In the page's own tree, where its styles are. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): unknown {
    return this.reader.read(this.text).map((block) => guard([block.raw, block.token?.type], () => shown(block)));
  }
}

function shown({ raw, token }: Block): unknown {
  return token === undefined ? html`<p class="as-it-is">${raw}</p>` : blockView(token);
}

customElements.define('markdown-text', MarkdownText);
