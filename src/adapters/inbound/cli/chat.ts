import { randomUUID } from 'node:crypto';
import type { Writable } from 'node:stream';
import { AgentRuntime, Problem, type UserMessage } from 'agent-runtime/client';
import { lastQuestion } from './last-question.js';
import { Terminal, type TerminalStreams } from './terminal.js';
import { TurnInTerminal } from './turn-in-terminal.js';
import { visibleLine, visibleText } from './visible-text.js';

export interface ChatOptions extends TerminalStreams {
  readonly url: string;
  readonly key: string;
  readonly sessionId: string | undefined;
  readonly agent: string | undefined;
  readonly userId: string | undefined;
  /** For what went wrong. */
  readonly errors: Writable;
  /** Resolves at every signal to stop. */
  readonly onSignal: (act: () => void) => void;
}

const SESSIONS_SHOWN = 20;
/** How long a service may take to say who answers. */
const FIRST_ANSWER_MILLISECONDS = 5000;

/** A conversation in the terminal. Resolves with the exit code. */
export async function chat(options: ChatOptions): Promise<number> {
  const terminal = new Terminal(options);
  try {
    const { url, key, userId } = options;
    const runtime = new AgentRuntime({ baseUrl: url, key, userId });
    await checkAgent(runtime, options.agent);
    await new Chat(runtime, terminal, options).converse();
    return 0;
  } catch (error) {
    options.errors.write(`${visibleText(inWords(error, options.url))}\n`);
    return 1;
  } finally {
    terminal.close();
  }
}

class Chat {
  private sessionId: string;
  private turn: TurnInTerminal | undefined;
  private readonly leaving = new AbortController();
  private readonly commands: Readonly<Record<string, () => Promise<void> | void>> = {
    '/new': () => this.begin(newSession()),
    '/sessions': () => this.listSessions(),
    '/regenerate': () => this.regenerate(),
    '/quit': () => this.leave(),
  };

  constructor(
    private readonly runtime: AgentRuntime,
    private readonly terminal: Terminal,
    private readonly options: ChatOptions,
  ) {
    this.sessionId = options.sessionId ?? newSession();
    terminal.onInterrupt(() => this.interrupt());
    options.onSignal(() => this.interrupt());
  }

  async converse(): Promise<void> {
    this.terminal.say('/new, /sessions, /regenerate, /quit. Ctrl-C stops an answer, and leaves where there is none.');
    this.begin(this.sessionId);
    while (!this.leaving.signal.aborted) {
      const line = await this.nextLine();
      if (line === undefined) return;
      if (line.trim() !== '') await this.obey(line);
    }
  }

  private async nextLine(): Promise<string | undefined> {
    try {
      return await this.terminal.ask('> ', this.leaving.signal);
    } catch (error) {
      if (this.leaving.signal.aborted) return undefined;
      throw error;
    }
  }

  private async obey(line: string): Promise<void> {
    const name = line.trim();
    const command = Object.hasOwn(this.commands, name) ? this.commands[name] : undefined;
    try {
      await (command === undefined ? this.say({ content: line }) : command());
    } catch (error) {
      if (!(error instanceof Problem) || error.status === 401) throw error;
      this.terminal.say(`(${error.detail})`);
    }
  }

  private async say(message: Omit<UserMessage, 'sessionId'>): Promise<void> {
    const { agent } = this.options;
    this.turn = new TurnInTerminal(this.runtime, this.terminal);
    try {
      await this.turn.take({ ...message, sessionId: this.sessionId, ...(agent !== undefined && { agent }) });
    } finally {
      this.turn = undefined;
    }
  }

  private begin(sessionId: string): void {
    this.sessionId = sessionId;
    this.terminal.say(`Session ${visibleLine(sessionId)}`);
  }

  private async listSessions(): Promise<void> {
    let left = SESSIONS_SHOWN;
    for await (const { session_id, title, status } of this.runtime.sessions.list({ order: 'updated', limit: left })) {
      const mark = session_id === this.sessionId ? '*' : ' ';
      this.terminal.say(`${mark} ${visibleLine(`${session_id}  ${title}  (${status})`)}`);
      left -= 1;
      if (left === 0) return;
    }
    if (left === SESSIONS_SHOWN) this.terminal.say('There is no session yet.');
  }

  private async regenerate(): Promise<void> {
    const replaces = await lastQuestion(this.runtime, this.sessionId);
    if (replaces === undefined) this.terminal.say('Nothing was asked yet.');
    else await this.say({ replaces });
  }

  private interrupt(): void {
    if (this.turn?.stop() !== true) this.leave();
  }

  private leave(): void {
    this.leaving.abort();
    this.turn?.leave();
  }
}

/** Says at once what would else be said of the first message: a wrong key, a service that is not there, an unknown
 *  agent. */
async function checkAgent(runtime: AgentRuntime, wanted: string | undefined): Promise<void> {
  const agents = await runtime.agents({ signal: AbortSignal.timeout(FIRST_ANSWER_MILLISECONDS) });
  const names = agents.map(({ name }) => name);
  if (wanted === undefined || names.includes(wanted)) return;
  throw new Error(`There is no agent ${wanted}. There are: ${names.join(', ')}.`);
}

function newSession(): string {
  return `chat-${randomUUID()}`;
}

function inWords(error: unknown, url: string): string {
  if (error instanceof Problem && error.status === 401)
    return `The service at ${url} refuses this key. Give the right one with --key, or in AGENT_RUNTIME__INTERNAL_API_KEY.`;
  const isAway =
    error instanceof Problem ? error.status === 0 : error instanceof Error && error.name === 'TimeoutError';
  if (isAway) return `No service answers at ${url}. "npx agent-runtime" starts one; --url says where another is.`;
  return error instanceof Error ? error.message : String(error);
}
