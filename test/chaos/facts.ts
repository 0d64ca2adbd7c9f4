import type { Exchange, FinalRun, History, ModelCall, NumberedFrame, SentMessage, WireFrame } from './history.js';
import { messagesIn } from './model-answer.js';

/** A history, with what belongs together brought together. */
export class Facts {
  readonly exchanges: ReadonlyMap<number, readonly Exchange[]>;
  readonly calls: ReadonlyMap<number, readonly ModelCall[]>;
  readonly runs: ReadonlyMap<string, FinalRun>;
  private readonly messages: ReadonlyMap<number, SentMessage>;
  private readonly messageOfRun = new Map<string, number>();
  private readonly runsOfMessage = new Map<number, Set<string>>();

  constructor(readonly history: History) {
    this.messages = new Map(history.sent.map((message) => [message.number, message]));
    this.runs = new Map(history.runs.map((run) => [run.id, run]));
    this.exchanges = Map.groupBy(history.exchanges, ({ message }) => message);
    this.calls = Map.groupBy(history.calls, ({ message }) => message);
    // A page that comes back gets the latest answer of its session, whose ever that is.
    for (const { message, run, way } of history.exchanges)
      if (run !== undefined && way !== 'reconnect') this.connect(message, run);
    for (const { role, content, run } of history.sessions.flatMap(({ messages }) => messages)) {
      const [number] = messagesIn(content);
      if (role === 'user' && number !== undefined) this.connect(number, run);
    }
  }

  message(number: number): SentMessage | undefined {
    return this.messages.get(number);
  }

  exchangesOf(message: number): readonly Exchange[] {
    return this.exchanges.get(message) ?? [];
  }

  callsOf(message: number): readonly ModelCall[] {
    return this.calls.get(message) ?? [];
  }

  /** Its runs, as clients saw them and as they are stored: there should be one at most. */
  runIdsOf(message: number): readonly string[] {
    return [...(this.runsOfMessage.get(message) ?? [])];
  }

  /** Undefined for a run that nobody asked for. */
  messageOf(run: string): SentMessage | undefined {
    return this.messages.get(this.messageOfRun.get(run) ?? 0);
  }

  /** The runs of a session in the order of its history. */
  turnsOf(session: string): readonly FinalRun[] {
    const stored = this.history.sessions.find(({ id }) => id === session)?.messages ?? [];
    const ids = new Set(stored.map(({ run }) => run));
    return [...ids].flatMap((id) => this.runs.get(id) ?? []);
  }

  private connect(message: number, run: string): void {
    this.messageOfRun.set(run, message);
    const runs = this.runsOfMessage.get(message) ?? new Set();
    this.runsOfMessage.set(message, runs.add(run));
  }
}

/** Those of the frames that have an id. */
export function numberedFrames(frames: readonly WireFrame[]): readonly NumberedFrame[] {
  return frames.filter((frame) => frame.type !== 'done' && frame.type !== 'unreadable');
}

export function textOf(frames: readonly WireFrame[]): string {
  return frames.map((frame) => (frame.type === 'token' ? frame.text : '')).join('');
}

/** For people: which exchange. */
export function nameOf({ message, way, openedAt, run }: Exchange): string {
  return `message ${message}, ${way} at ${new Date(openedAt).toISOString()}${run === undefined ? '' : `, run ${run}`}`;
}
