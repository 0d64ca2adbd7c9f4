/** The service says something every 15 seconds. Who hears nothing for so long is cut off. */
const SILENCE_MILLISECONDS = 45_000;

/** One request and what is answered to it. Silence breaks it, and so does the signal. */
export class Exchange {
  private readonly controller = new AbortController();
  private readonly leave = () => this.controller.abort(this.signal?.reason);
  private reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  private giveUp: (reason: unknown) => void = () => {};
  private answer: Response | undefined;

  private constructor(private readonly signal: AbortSignal | undefined) {
    this.controller.signal.addEventListener('abort', () => this.giveUp(this.controller.signal.reason));
    signal?.addEventListener('abort', this.leave, { once: true });
  }

  /** Throws the signal's reason when it is aborted, and whatever fetch throws. */
  static async open(
    send: (signal: AbortSignal) => Promise<Response>,
    signal: AbortSignal | undefined,
  ): Promise<Exchange> {
    signal?.throwIfAborted();
    const exchange = new Exchange(signal);
    try {
      exchange.answer = await exchange.heard(send(exchange.controller.signal));
      return exchange;
    } catch (error) {
      exchange.close();
      throw error;
    }
  }

  get response(): Response {
    if (this.answer === undefined) throw new Error('There is no answer.');
    return this.answer;
  }

  /** The next bytes; undefined at the end. Throws where the connection breaks. */
  async read(): Promise<Uint8Array | undefined> {
    this.reader ??= this.response.body?.getReader();
    if (this.reader === undefined) return undefined;
    const { value } = await this.heard(this.reader.read());
    return value;
  }

  /** All that comes, as text. */
  async text(): Promise<string> {
    const decoder = new TextDecoder();
    let text = '';
    for (let bytes = await this.read(); bytes !== undefined; bytes = await this.read())
      text += decoder.decode(bytes, { stream: true });
    this.close();
    return text + decoder.decode();
  }

  /** Lets go of the connection. What is still awaited fails. */
  close(): void {
    this.signal?.removeEventListener('abort', this.leave);
    this.controller.abort(new Error('The connection was given up.'));
  }

  /** Only what is waited for counts: a reader may take as long as it likes. */
  private heard<Value>(waiting: Promise<Value>): Promise<Value> {
    const silence = () => this.controller.abort(new Error('The connection was silent for too long.'));
    const timer = setTimeout(silence, SILENCE_MILLISECONDS);
    return new Promise<Value>((resolve, reject) => {
      this.giveUp = reject;
      waiting.then(resolve, reject);
    }).finally(() => clearTimeout(timer));
  }
}
