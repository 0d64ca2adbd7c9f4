import { type Agent, AgentRuntime, type UserMessage } from 'agent-runtime/client';
import { addressOf, newSessionId, sessionInAddress } from './address.js';
import { Conversation } from './conversation.js';
import type { KeyRing } from './key-ring.js';
import { mockTools } from './mock-tools.js';
import { RunRecords } from './run-records.js';
import { SessionList } from './session-list.js';
import { Thoughts } from './thoughts.js';
import { isUnauthorized, wordsOf } from './trouble.js';

/** All that the page knows, and all that can be done in it. */
export class Chat {
  /** `asking` for a key; `closed` while there is nothing to show yet. */
  phase: 'closed' | 'asking' | 'open' = 'closed';
  keyTrouble: string | undefined;
  agents: readonly Agent[] = [];
  private chosenAgent: string | undefined;
  private parts: Parts | undefined;
  private readonly otherTabs = new BroadcastChannel('agent-runtime');

  constructor(
    private readonly ring: KeyRing,
    private readonly changed: () => void,
    private readonly grown: () => void,
  ) {}

  get conversation(): Conversation | undefined {
    return this.parts?.conversation;
  }

  get sessions(): SessionList | undefined {
    return this.parts?.sessions;
  }

  get records(): RunRecords | undefined {
    return this.parts?.records;
  }

  get thoughts(): Thoughts | undefined {
    return this.parts?.thoughts;
  }

  /** Whom the next message is for. */
  get agent(): string | undefined {
    const inSession = this.chosenAgent ?? this.conversation?.agent;
    return this.agents.some(({ name }) => name === inSession) ? inSession : 'default';
  }

  chooseAgent(name: string): void {
    this.chosenAgent = name;
    this.changed();
  }

  /** Tries the key that there is. */
  async open(): Promise<void> {
    const { key } = this.ring;
    const runtime = new AgentRuntime({ baseUrl: '..', ...(key !== undefined && { key }) });
    try {
      this.agents = await runtime.agents();
      this.begin(runtime);
    } catch (error) {
      this.phase = 'asking';
      const isFirst = isUnauthorized(error) && key === undefined;
      if (!isFirst) this.keyTrouble = isUnauthorized(error) ? 'This key is not accepted.' : wordsOf(error);
    }
    this.changed();
  }

  tryKey(key: string): Promise<void> {
    this.ring.keep(key);
    return this.open();
  }

  /** Shows the session of the address. */
  readonly show = (): void => {
    const sessionId = sessionInAddress();
    if (this.parts === undefined || (sessionId !== undefined && sessionId === this.conversation?.sessionId)) return;
    this.conversation?.leave();
    this.chosenAgent = undefined;
    const conversation = this.conversationOf(this.parts, sessionId ?? newSessionId());
    this.parts = { ...this.parts, conversation };
    this.changed();
    if (sessionId !== undefined) void conversation.load();
  };

  /** Looks for what is new. */
  readonly look = (): void => {
    void this.sessions?.refresh().catch(() => {});
    if (sessionInAddress() !== undefined) void this.conversation?.refresh();
  };

  say(content: string): void {
    const { conversation } = this;
    if (conversation === undefined) return;
    // The address is the session's own from its first message on.
    if (sessionInAddress() === undefined) history.pushState(null, '', addressOf(conversation.sessionId));
    void conversation.say({ content });
  }

  async remove(sessionId: string): Promise<void> {
    await this.sessions?.remove(sessionId);
    this.otherTabs.postMessage(sessionId);
    if (sessionInAddress() === sessionId) location.hash = addressOf(undefined);
  }

  private begin(runtime: AgentRuntime): void {
    this.phase = 'open';
    this.keyTrouble = undefined;
    const { changed } = this;
    const records = new RunRecords(runtime, changed);
    const sessions = new SessionList(runtime, changed);
    const thoughts = new Thoughts(runtime, changed);
    this.parts = { runtime, records, thoughts, sessions, conversation: undefined };
    this.otherTabs.onmessage = ({ data }) => {
      void sessions.refresh().catch(() => {});
      if (data === this.conversation?.sessionId) void this.conversation?.refresh();
    };
    void sessions.refresh().catch(() => {});
    this.show();
  }

  private conversationOf({ runtime, records, sessions }: Parts, sessionId: string): Conversation {
    return new Conversation({
      sessionId,
      runtime,
      records,
      changed: this.changed,
      grown: this.grown,
      happened: () => {
        void sessions.refresh().catch(() => {});
        this.otherTabs.postMessage(sessionId);
      },
      refused: () => {
        this.phase = 'asking';
        this.keyTrouble = 'The key is not accepted any more.';
      },
      choice: (content) => this.choice(content),
    });
  }

  private choice(content: string): Pick<UserMessage, 'agent' | 'tools'> {
    const agent = this.agents.find(({ name }) => name === this.agent);
    const tools = mockTools(content, agent);
    return {
      ...(this.agents.length > 1 && this.agent !== undefined && { agent: this.agent }),
      ...(tools !== undefined && { tools }),
    };
  }
}

interface Parts {
  readonly runtime: AgentRuntime;
  readonly records: RunRecords;
  readonly thoughts: Thoughts;
  readonly sessions: SessionList;
  readonly conversation: Conversation | undefined;
}
