import { HttpAgent as HttpAgent100 } from '@ag-ui/client';
import { HttpAgent as HttpAgent57 } from 'ag-ui-client-0.0.57';
import { HttpAgent as HttpAgent59 } from 'ag-ui-client-0.0.59';
import { INTERNAL_KEY } from '../support/runtime-server.js';

interface AgentConfig {
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly threadId: string;
}

/** The failure is not thrown. */
interface Handled {
  readonly stopPropagation: true;
  readonly messages?: undefined;
}

type Said =
  | { id: string; role: 'user'; content: string }
  | { id: string; role: 'tool'; content: string; toolCallId: string };

/** What the tests do with an agent of any version. */
interface Agent {
  readonly messages: readonly AgentMessage[];
  runAgent(
    parameters: RunParameters,
    subscriber: {
      onEvent(told: { event: object }): void;
      onRunFailed(told: { error: Error }): Handled;
    },
  ): Promise<unknown>;
  addMessage(message: Said): void;
  abortRun(): void;
}

export interface AgentMessage {
  readonly id: string;
  readonly role: string;
  readonly content?: unknown;
  readonly toolCalls?: readonly { readonly id: string; readonly function: { name: string; arguments: string } }[];
}

type RunParameters = {
  runId?: string;
  tools?: { name: string; description: string; parameters: object }[];
  resume?: { interruptId: string; status: 'resolved' | 'cancelled'; payload?: unknown }[];
  forwardedProps?: Record<string, unknown>;
};

/** The versions of AG-UI's client that people have. */
export const AGENT_VERSIONS: Readonly<Record<string, (config: AgentConfig) => Agent>> = {
  '1.0.0': (config) => new HttpAgent100(config),
  '0.0.59': (config) => new HttpAgent59(config),
  '0.0.57': (config) => new HttpAgent57(config),
};

/** An agent, and what it was told. */
export class TestAgent {
  /** The events of the last run. */
  events: Record<string, unknown>[] = [];
  failure: Error | undefined;

  private constructor(private readonly agent: Agent) {}

  static of(version: string, origin: string, threadId: string): TestAgent {
    const newAgent = AGENT_VERSIONS[version];
    if (newAgent === undefined) throw new Error(`There is no ${version}.`);
    const headers = { Authorization: `Bearer ${INTERNAL_KEY}` };
    return new TestAgent(newAgent({ url: `${origin}/ag-ui`, headers, threadId }));
  }

  get messages(): readonly AgentMessage[] {
    return this.agent.messages;
  }

  /** The last message's text. */
  get text(): unknown {
    return this.messages.at(-1)?.content;
  }

  get types(): unknown[] {
    return this.events.map(({ type }) => type);
  }

  get last(): Record<string, unknown> | undefined {
    return this.events.at(-1);
  }

  say(content: string): this {
    this.agent.addMessage({ id: `user-${this.messages.length}`, role: 'user', content });
    return this;
  }

  tell(toolCallId: string, content: string): this {
    this.agent.addMessage({ id: `tool-${this.messages.length}`, role: 'tool', content, toolCallId });
    return this;
  }

  async run(parameters: RunParameters = {}): Promise<this> {
    this.events = [];
    this.failure = undefined;
    await this.agent.runAgent(parameters, {
      onEvent: ({ event }) => void this.events.push({ ...event }),
      onRunFailed: ({ error }) => {
        this.failure = error;
        return { stopPropagation: true };
      },
    });
    return this;
  }

  leave(): void {
    this.agent.abortRun();
  }
}
