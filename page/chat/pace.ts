/** Of a moment that was spent on drawing, so many are left to everything else. */
const REST = 3;
const LONGEST_REST_MILLISECONDS = 600;
/** A page that nobody looks at gets no frames. */
const UNSEEN_MILLISECONDS = 500;

/** Draws once for all that has changed since. */
export class Pace {
  private isDue = false;
  private isResting = false;
  private rest = 0;

  constructor(private readonly draw: () => void) {}

  /** With the next frame: somebody has done something. */
  readonly soon = (): void => {
    if (this.isDue) return;
    this.isDue = true;
    if (document.hidden) setTimeout(this.run, UNSEEN_MILLISECONDS);
    else requestAnimationFrame(this.run);
  };

  /** For what comes in without an end: the longer the drawing takes, the more rarely. */
  readonly calmly = (): void => {
    if (this.isDue || this.isResting) return;
    this.isResting = true;
    setTimeout(() => {
      this.isResting = false;
      this.soon();
    }, this.rest);
  };

  private readonly run = (): void => {
    this.isDue = false;
    const begun = performance.now();
    this.draw();
    // By then what was drawn has been laid out and painted, too.
    setTimeout(() => {
      this.rest = Math.min((performance.now() - begun) * REST, LONGEST_REST_MILLISECONDS);
    });
  };
}
