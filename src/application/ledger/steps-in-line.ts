/** Lets steps that would get in each other's way be made one after the other. */
export class StepsInLine {
  /** By what they are about, the last step of each line. */
  private readonly lines = new Map<string, Promise<unknown>>();

  /** Begins the step at once where nobody is in line. Else it begins when the one ahead is over, however that ended. */
  take<Result>(about: string, step: () => Promise<Result>): Promise<Result> {
    const ahead = this.lines.get(about);
    const taken = ahead === undefined ? step() : ahead.then(step, step);
    const leave = (): void => {
      if (this.lines.get(about) === taken) this.lines.delete(about);
    };
    this.lines.set(about, taken);
    taken.then(leave, leave);
    return taken;
  }
}
