/** So near to the end counts as the end, in pixels. */
const NEAR = 32;

/** Keeps the end of a conversation in sight for as long as its reader is there. */
export class EndKeeper {
  isAtEnd = true;
  private scroller: Element | undefined;
  private readonly grown = new ResizeObserver(() => this.follow());

  constructor(private readonly changed: () => void) {}

  /** For lit's `ref`. */
  readonly attach = (scroller: Element | undefined): void => {
    this.grown.disconnect();
    this.scroller?.removeEventListener('scroll', this.look);
    this.scroller = scroller;
    if (scroller === undefined) return;
    scroller.addEventListener('scroll', this.look, { passive: true });
    for (const part of [scroller, ...scroller.children]) this.grown.observe(part);
  };

  readonly goToEnd = (): void => {
    this.set(true);
    this.follow();
  };

  private readonly look = (): void => {
    const { scroller } = this;
    if (scroller) this.set(scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR);
  };

  private follow(): void {
    if (this.isAtEnd && this.scroller) this.scroller.scrollTop = this.scroller.scrollHeight;
  }

  private set(isAtEnd: boolean): void {
    if (this.isAtEnd === isAtEnd) return;
    this.isAtEnd = isAtEnd;
    this.changed();
  }
}
