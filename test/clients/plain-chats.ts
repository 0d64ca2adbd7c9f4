import * as ai7 from 'ai';
import * as ai6 from 'ai-6';

/** A message as a page has it. */
export interface PageMessage {
  readonly id: string;
  readonly role: string;
  readonly parts: readonly PagePart[];
  readonly metadata?: unknown;
}

interface PagePart {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What the tests do with a chat of either major. */
export interface PageChat {
  readonly status: string;
  readonly error: Error | undefined;
  messages: readonly PageMessage[];
  sendMessage(message: { text: string; messageId?: string }): Promise<void>;
  regenerate(options?: { messageId?: string }): Promise<void>;
  resumeStream(): Promise<void>;
  stop(): Promise<void>;
  addToolOutput(output: ToolOutput): unknown;
  addToolApprovalResponse(response: { id: string; approved: boolean; reason?: string }): unknown;
}

type ToolOutput =
  | { tool: string; toolCallId: string; output: unknown }
  | { state: 'output-error'; tool: string; toolCallId: string; errorText: string };

export interface PageOptions {
  readonly api: string;
  readonly headers: Record<string, string>;
  readonly id?: string;
  readonly body?: object;
  /** Whether it asks for the last answer again when it comes back. */
  readonly namesLast?: boolean;
  /** Runs a tool; undefined where it does not. */
  readonly runs?: (name: string, input: unknown) => unknown;
}

/** Both majors of the AI SDK, each with its own transport and its own reading of the stream. */
export const PLAIN_CHATS: Readonly<Record<string, (options: PageOptions) => PageChat>> = {
  'ai 7': chat7,
  'ai 6': chat6,
};

class Chat7 extends ai7.AbstractChat<ai7.UIMessage> {}
class Chat6 extends ai6.AbstractChat<ai6.UIMessage> {}

function chat7(options: PageOptions): PageChat {
  const state = new State<ai7.UIMessage>();
  const chat: Chat7 = new Chat7({
    id: options.id ?? 'demo',
    state,
    transport: new ai7.DefaultChatTransport(transportOf(options, state)),
    onToolCall: ({ toolCall }) => run(options, chat, toolCall),
    sendAutomaticallyWhen: (told) =>
      ai7.lastAssistantMessageIsCompleteWithToolCalls(told) ||
      ai7.lastAssistantMessageIsCompleteWithApprovalResponses(told),
  });
  return chat;
}

function chat6(options: PageOptions): PageChat {
  const state = new State<ai6.UIMessage>();
  const chat: Chat6 = new Chat6({
    id: options.id ?? 'demo',
    state,
    transport: new ai6.DefaultChatTransport(transportOf(options, state)),
    onToolCall: ({ toolCall }) => run(options, chat, toolCall),
    sendAutomaticallyWhen: (told) =>
      ai6.lastAssistantMessageIsCompleteWithToolCalls(told) ||
      ai6.lastAssistantMessageIsCompleteWithApprovalResponses(told),
  });
  return chat;
}

interface HeldMessages {
  readonly messages: readonly { readonly id: string }[];
}

/** As a page sets it up: the address, and who it is; and what it asks for when it comes back. */
function transportOf({ api, headers, body = {}, namesLast = false }: PageOptions, state: HeldMessages) {
  if (!namesLast) return { api, headers, body };
  const prepareReconnectToStreamRequest = ({ id }: { id: string }) => ({
    api: `${api}/${id}/stream?message_id=${state.messages.at(-1)?.id}`,
  });
  return { api, headers, body, prepareReconnectToStreamRequest };
}

/** Not waited for: the answer that is read just now has to end first. */
function run({ runs }: PageOptions, chat: PageChat, call: { toolName: string; toolCallId: string; input: unknown }) {
  if (runs === undefined) return;
  void chat.addToolOutput({
    tool: call.toolName,
    toolCallId: call.toolCallId,
    output: runs(call.toolName, call.input),
  });
}

class State<Message> {
  status: 'ready' | 'submitted' | 'streaming' | 'error' = 'ready';
  error: Error | undefined = undefined;

  messages: Message[] = [];

  pushMessage = (message: Message): void => {
    this.messages = [...this.messages, message];
  };
  popMessage = (): void => {
    this.messages = this.messages.slice(0, -1);
  };
  replaceMessage = (index: number, message: Message): void => {
    this.messages = this.messages.map((other, place) => (place === index ? structuredClone(message) : other));
  };
  snapshot = <Thing>(thing: Thing): Thing => structuredClone(thing);
}
