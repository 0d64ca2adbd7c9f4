import { ask } from './ask.js';
import { Connection } from './connection.js';
import type { StreamEvent } from './event-stream.js';
import type { Exchange } from './exchange.js';
import type { Call, Http } from './http.js';
import { Patience } from './patience.js';
import { pause } from './pause.js';
import { Place } from './place.js';
import { Problem } from './problem.js';
import type { ReadOptions } from './read-options.js';
import { Retelling } from './retelling.js';
import type { Frame } from './wire.js';

/** The frames of one run, each once, over as many connections as it takes. */
export class RunReader {
  /** Known as soon as an answer has begun. */
  runId: string | undefined;
  isOver = false;
  private connection: Promise<Connection | undefined> | undefined;
  private readonly patience = new Patience();
  private readonly place: Place;
  private readonly retelling = new Retelling();
  private isRetold = false;

  /** `first` is asked until it is known which run it is about; what was cut goes on from there. */
  constructor(
    private readonly http: Http,
    private readonly first: Call,
    private readonly options: ReadOptions,
    { runId, after }: { readonly runId?: string | undefined; readonly after?: string | undefined } = {},
  ) {
    this.runId = runId;
    this.place = new Place(after);
  }

  /** Resolves when there is an answer, undefined where it says that there is nothing to read. */
  open(): Promise<Connection | undefined> {
    if (this.connection === undefined) {
      this.connection = this.connect();
      // Told to whoever reads; it may be that nobody does.
      this.connection.catch(() => {});
    }
    return this.connection;
  }

  /** The run, though its reader may have left before it knew. */
  async identify(): Promise<string | undefined> {
    if (this.runId !== undefined || this.isOver) return this.runId;
    if (this.options.signal?.aborted !== true) await this.open();
    else {
      const reader = new RunReader(this.http, this.first, {});
      await reader.open();
      reader.leave();
      this.runId = reader.runId;
    }
    return this.runId;
  }

  /** Undefined at the end. Throws Problem, or the signal's reason. */
  async next(): Promise<Frame | undefined> {
    let frame: Frame | undefined;
    while (frame === undefined && !this.isOver) {
      this.options.signal?.throwIfAborted();
      const connection = await this.open();
      if (connection === undefined) this.isOver = true;
      else frame = await this.frameFrom(connection);
    }
    return frame;
  }

  /** Lets go of the connection, until the next frame is asked for. */
  leave(): void {
    const left = this.connection;
    this.connection = undefined;
    left?.then((connection) => connection?.close()).catch(() => {});
  }

  private async connect(): Promise<Connection | undefined> {
    try {
      return await this.ask();
    } catch (error) {
      // The frames are kept no more. Who knows what was sent is told the answer again.
      if (!(error instanceof Problem && error.status === 410 && this.first.body !== undefined)) throw error;
      this.isRetold = true;
      return this.ask();
    }
  }

  private ask(): Promise<Connection | undefined> {
    const { signal, onConnection } = this.options;
    onConnection?.('connecting');
    return ask(this.http, {
      call: () => this.call(),
      take: (exchange) => this.begun(exchange),
      patience: this.patience,
      signal,
      repeats: 'until-heard',
      onWait: () => onConnection?.('waiting'),
    });
  }

  private call(): Call {
    const accepted = { Accept: 'text/event-stream', ...this.first.headers };
    if (this.isRetold) return { ...this.first, headers: accepted };
    const { id } = this.place;
    const headers = id === undefined ? accepted : { ...accepted, 'Last-Event-ID': id };
    if (this.runId === undefined) return { ...this.first, headers };
    return { method: 'GET', path: `/agent/runs/${encodeURIComponent(this.runId)}/stream`, headers };
  }

  private begun(exchange: Exchange): Connection | undefined {
    const { status, headers } = exchange.response;
    if (status === 204) {
      exchange.close();
      return undefined;
    }
    const type = headers.get('Content-Type') ?? '';
    if (!/^text\/event-stream\b/i.test(type)) throw noStream(status, type);
    this.runId ??= headers.get('X-Run-Id') ?? undefined;
    this.place.restart();
    this.retelling.restart();
    this.options.onConnection?.('open');
    return new Connection(exchange, (milliseconds) => this.patience.hear(milliseconds));
  }

  /** Undefined where the next event brings nothing new, or the connection is at its end. */
  private async frameFrom(connection: Connection): Promise<Frame | undefined> {
    const event = await connection.next();
    this.options.signal?.throwIfAborted();
    if (event !== undefined) return this.taken(event, connection);
    await this.wait();
    return undefined;
  }

  private async wait(): Promise<void> {
    this.leave();
    this.options.onConnection?.('waiting');
    await pause(this.patience.afterCut(), this.options.signal);
  }

  private taken(event: StreamEvent, connection: Connection): Frame | undefined {
    if (event.data === '[DONE]') {
      this.end(connection);
      return undefined;
    }
    const frame = this.newFrame(event);
    if (frame === undefined) return undefined;
    this.runId ??= this.place.runId;
    this.patience.renew();
    this.retelling.note(frame);
    if (frame.is_final) this.end(connection);
    return frame;
  }

  /** Undefined for what was seen before. */
  private newFrame({ id, data }: StreamEvent): Frame | undefined {
    if (this.isRetold) return this.retelling.newIn(frameOf(data, id));
    return this.place.advance(id) ? frameOf(data, id) : undefined;
  }

  private end(connection: Connection): void {
    this.isOver = true;
    this.connection = undefined;
    connection.finish();
  }
}

function frameOf(data: string, id: string | undefined): Frame {
  try {
    return { ...JSON.parse(data), ...(id !== undefined && { id }) };
  } catch (cause) {
    throw new Problem({ code: 'unreadable_frame', status: 200, detail: 'A frame of the stream is no JSON.', cause });
  }
}

function noStream(status: number, type: string): Problem {
  const detail = `The answer is no stream of events but ${type || 'of no type'}.`;
  return new Problem({ code: 'no_event_stream', status, detail });
}
