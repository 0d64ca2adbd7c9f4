/** Of a moment that was spent on showing, so many are left to everything else. */
const REST = 3;
/** A page that nobody looks at gets no frames. */
const UNSEEN_MILLISECONDS = 500;

/** Calls `show` once for all that has changed since, at most once a frame; where showing takes long, more rarely. */
export class Pace {
  private isDue = false;
  private restedAt = 0;

  constructor(private readonly show: () => void) {}

  readonly request = (): void => {
    if (this.isDue) return;
    this.isDue = true;
    const rest = this.restedAt - performance.now();
    if (document.hidden) setTimeout(this.run, UNSEEN_MILLISECONDS);
    else if (rest > 16) setTimeout(() => requestAnimationFrame(this.run), rest);
    else requestAnimationFrame(this.run);
  };

  private readonly run = (): void => {
    this.isDue = false;
    const begun = performance.now();
    this.show();
    // By then what was shown has been laid out and painted, too.
    setTimeout(() => {
      const now = performance.now();
      this.restedAt = now + (now - begun) * REST;
    });
  };
}
