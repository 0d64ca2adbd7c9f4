import type { AgentRuntime, Approval, Final, Frame, OpenCall, TurnOptions, UserMessage } from 'agent-runtime/client';
import type { Terminal } from './terminal.js';
import { visibleLine } from './visible-text.js';

/** One turn: what is shown of it, what is asked, and how it is stopped. */
export class TurnInTerminal {
  private readonly leaving = new AbortController();
  private asking: Promise<unknown> = Promise.resolve();
  private sessionId = '';
  private isStopping = false;

  constructor(
    private readonly runtime: AgentRuntime,
    private readonly terminal: Terminal,
  ) {}

  /** Throws Problem. Resolves with undefined when it was left. */
  async take(message: UserMessage): Promise<Final | undefined> {
    this.sessionId = message.sessionId;
    try {
      const final = await this.runtime.turn(message, this.options());
      this.tell(final);
      return final;
    } catch (error) {
      if (!this.leaving.signal.aborted) throw error;
      this.terminal.say('(stopped)');
      return undefined;
    }
  }

  /** Stops the answer. False where that was asked for before. */
  stop(): boolean {
    if (this.isStopping) return false;
    this.isStopping = true;
    void this.cancel();
    return true;
  }

  leave(): void {
    this.leaving.abort();
  }

  private options(): TurnOptions {
    return {
      signal: this.leaving.signal,
      onFrame: (frame) => this.show(frame),
      onConnection: (state) => {
        if (state === 'waiting') this.terminal.say('Reconnecting…');
      },
      approve: (call) => this.inTurn(() => this.approve(call)),
      otherwise: (_given, { call }) => this.inTurn(() => this.resultOf(call)),
    };
  }

  /** Where no run goes on, none will tell its ending: a call waits for this person, or the message was not accepted
   *  yet. */
  private async cancel(): Promise<void> {
    try {
      const running = this.runtime.join(this.sessionId);
      const runId = await running.started();
      await running.cancel();
      if (runId === undefined) this.leave();
    } catch {
      this.leave();
    }
  }

  private show(frame: Frame): void {
    if (frame.type === 'assistant_message') this.terminal.show(frame.token);
    if (frame.type === 'tool_call') this.terminal.say(`[${inWords(frame)}]`);
    if (frame.type === 'tool_result') this.terminal.say(`[${visibleLine(frame.tool_name)}: ${frame.status}]`);
    if (frame.type === 'agent_switched') this.terminal.say(`[${visibleLine(frame.content)}]`);
  }

  private tell({ finishReason, error }: Final): void {
    if (error !== undefined) this.terminal.say(`(${error.message})`);
    else if (finishReason === 'cancelled') this.terminal.say('(stopped)');
    else if (finishReason === 'length') this.terminal.say('(the answer was too long and is cut)');
    else if (finishReason === 'content_filter') this.terminal.say('(the provider cut the answer)');
    else if (finishReason === 'interrupted') this.terminal.say('(interrupted)');
  }

  private async approve(call: OpenCall): Promise<Approval> {
    for (;;) {
      const line = await this.ask(`Allow ${inWords(call)}? [y/n] `);
      if (/^\s*y(es)?\s*$/i.test(line)) return true;
      if (/^\s*no?\s*$/i.test(line)) return false;
    }
  }

  /** What reads as JSON is JSON, anything else is text. */
  private async resultOf(call: OpenCall): Promise<unknown> {
    const line = await this.ask(`Result of ${inWords(call)}: `);
    try {
      return JSON.parse(line);
    } catch {
      return line;
    }
  }

  private async ask(question: string): Promise<string> {
    const line = await this.terminal.ask(question, this.leaving.signal);
    if (line !== undefined) return line;
    // Nobody is there to answer: the call stays open for somebody else.
    this.leave();
    throw new Error('The input is at its end.');
  }

  /** A person answers one question at a time. */
  private inTurn<Value>(ask: () => Promise<Value>): Promise<Value> {
    const asked = this.asking.then(ask);
    this.asking = asked.catch(() => {});
    return asked;
  }
}

function inWords({ tool_name, arguments: given }: Pick<OpenCall, 'tool_name' | 'arguments'>): string {
  return visibleLine(`${tool_name} ${JSON.stringify(given)}`);
}
