import { noChange } from 'lit';
import { AsyncDirective } from 'lit/async-directive.js';
import { directive, type ElementPart } from 'lit/directive.js';

/** Calls a function when its element comes into sight, once. */
class WhenSeen extends AsyncDirective {
  private observer: IntersectionObserver | undefined;

  override render(_act: () => void): unknown {
    return noChange;
  }

  override update({ element }: ElementPart, [act]: [() => void]): unknown {
    if (this.observer !== undefined) return noChange;
    this.observer = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      this.observer?.disconnect();
      act();
    });
    this.observer.observe(element);
    return noChange;
  }

  protected override disconnected(): void {
    this.observer?.disconnect();
    this.observer = undefined;
  }
}

export const whenSeen = directive(WhenSeen);
