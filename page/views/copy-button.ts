import { html, LitElement, type TemplateResult } from 'lit';
import { checkIcon, copyIcon } from './icons.js';

/** How long it shows that it has copied. */
const THANKS_MILLISECONDS = 1600;

/** Copies a text, and shows that it did. */
export class CopyButton extends LitElement {
  static override properties = { text: { attribute: false }, name: { attribute: false }, done: { state: true } };
  declare text: string;
  declare name: string;
  declare done: boolean;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<button type="button" class="quiet icon" aria-label=${this.name} title=${this.name} @click=${this.copy}>
      ${this.done ? checkIcon : copyIcon}
    </button>`;
  }

  private async copy(): Promise<void> {
    await copied(this.text);
    this.done = true;
    setTimeout(() => {
      this.done = false;
    }, THANKS_MILLISECONDS);
  }
}

/** A browser has a clipboard only where the page came by TLS or from this machine. */
async function copied(text: string): Promise<void> {
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const field = document.createElement('textarea');
  field.value = text;
  document.body.append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
}

customElements.define('copy-button', CopyButton);
