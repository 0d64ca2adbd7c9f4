/** How far a stream was read. It tells what is new from what was seen, whatever the service repeats. */
export class Place {
  private run: string | undefined;
  private number = 0;
  /** Frames without an id, of all connections and of the one that is read: each of those tells them from the first. */
  private unnumbered = 0;
  private unnumberedHere = 0;

  /** Behind the frame with this id. */
  constructor(public id: string | undefined) {
    if (id !== undefined) [this.run, this.number] = partsOf(id);
  }

  get runId(): string | undefined {
    return this.run;
  }

  /** A new connection begins. */
  restart(): void {
    this.unnumberedHere = 0;
  }

  /** Whether a frame with this id is new. */
  advance(id: string | undefined): boolean {
    if (id === undefined) return this.advanceUnnumbered();
    const [run, number] = partsOf(id);
    if (id === this.id || (run === this.run && number <= this.number)) return false;
    this.id = id;
    this.run = run;
    this.number = number;
    return true;
  }

  private advanceUnnumbered(): boolean {
    this.unnumberedHere += 1;
    if (this.unnumberedHere <= this.unnumbered) return false;
    this.unnumbered = this.unnumberedHere;
    return true;
  }
}

function partsOf(id: string): [run: string, number: number] {
  const dash = id.lastIndexOf('-');
  return [id.slice(0, Math.max(0, dash)), Number(id.slice(dash + 1))];
}
