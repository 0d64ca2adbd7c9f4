import type { Frame, OpenCall, ToolCallFrame, ToolResultFrame } from 'agent-runtime/client';
import type { Said } from './said.js';

/** The messages of a run while it writes them, under the ids that they will have in the history. */
export class LiveAnswer {
  messages: readonly Said[] = [];
  /** The calls that it waits for, once it has ended. */
  openCalls: readonly OpenCall[] = [];
  private readonly counts = { assistant: 0, tool: 0 };

  /** A call that is in the history already is told again when it goes on. */
  constructor(
    private readonly runId: string,
    private readonly known: ReadonlySet<string>,
  ) {}

  take(frame: Frame): void {
    switch (frame.type) {
      case 'assistant_message':
        if (frame.is_final) this.end(frame.finish_reason ?? 'stop');
        else this.write(({ content }) => ({ content: content + frame.token }));
        return;
      case 'reasoning':
        this.write(({ reasoning = '' }) => ({ reasoning: reasoning + frame.token }));
        return;
      case 'tool_call':
        this.ask(frame);
        return;
      case 'tool_result':
        this.answered(frame);
        return;
      default:
    }
  }

  /** The model goes on in a message of its own behind what its calls brought. */
  private write(change: (said: Said) => Partial<Said>): void {
    if (this.messages.at(-1)?.role !== 'assistant') this.begin({ role: 'assistant', content: '', status: 'writing' });
    this.messages = this.messages.map((said, at) =>
      at === this.messages.length - 1 ? { ...said, ...change(said) } : said,
    );
  }

  private ask(call: ToolCallFrame): void {
    const state = call.requires_approval ? 'awaiting_approval' : 'open';
    this.openCalls = [...this.openCalls, { ...call, state }];
    if (this.known.has(call.call_id)) return;
    this.write(({ tool_calls = [] }) => ({ tool_calls: [...tool_calls, call] }));
  }

  private answered({ call_id, tool_name, status, content }: ToolResultFrame): void {
    this.openCalls = this.openCalls.filter((call) => call.call_id !== call_id);
    this.begin({ role: 'tool', content, status, call_id, tool_name });
  }

  private begin(said: Omit<Said, 'id' | 'run_id'>): void {
    this.counts[said.role === 'tool' ? 'tool' : 'assistant'] += 1;
    const count = this.counts[said.role === 'tool' ? 'tool' : 'assistant'];
    const id = `${this.runId}.${said.role}${count === 1 ? '' : `.${count}`}`;
    this.messages = [...this.messages.map(whole), { ...said, id, run_id: this.runId }];
  }

  private end(reason: string): void {
    if (reason !== 'tool_calls') this.openCalls = [];
    const status = STATUSES[reason] ?? 'complete';
    this.messages = this.messages.map((said) => (said.status === 'writing' ? { ...said, status } : said));
  }
}

/** As in the history. */
const STATUSES: Readonly<Record<string, string>> = {
  length: 'incomplete',
  content_filter: 'incomplete',
  cancelled: 'cancelled',
  interrupted: 'interrupted',
  error: 'failed',
};

function whole(said: Said): Said {
  return said.status === 'writing' ? { ...said, status: 'complete' } : said;
}
