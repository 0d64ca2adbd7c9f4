import type OpenAI from 'openai';
import { INTERNAL_KEY, type RuntimeServer } from '../support/runtime-server.js';
import { until } from '../support/until.js';
import { TestAgent } from './ag-ui-agents.js';
import { textIn } from './chat-server.js';
import { openAiClient } from './openai-client.js';
import { type PageChat, type PageMessage, PLAIN_CHATS } from './plain-chats.js';

/** What a client was told of a run. */
interface Told {
  readonly text: string;
  readonly calls: readonly ToldCall[];
}

interface ToldCall {
  readonly id: string;
  readonly name: string;
  readonly given: unknown;
}

/** What clients of every door do, each in its own way, each time as one that has nothing of the session yet. */
export interface DoorClient {
  ask(session: string, text: string): Promise<Told>;
  settle(session: string, callId: string, output: string): Promise<Told>;
  /** Reads the last turn of a session once more, which ends with this run; undefined where this wire has no way to. */
  again?(session: string, runId: string): Promise<Told>;
  stop?(session: string, runId: string): Promise<unknown>;
}

const WEATHER = { name: 'weather', description: 'Tells it', parameters: { type: 'object' } };
const NESTED = { type: 'function', function: WEATHER } as const;
const FLAT = { type: 'function', strict: false, ...WEATHER } as const;

export async function doorClients(server: RuntimeServer): Promise<Readonly<Record<string, DoorClient>>> {
  const openai = await openAiClient('openai', server.origin);
  return {
    'the native wire': native(server),
    'Chat Completions': completions(openai),
    Responses: responses(openai),
    'the AI SDK': aiSdk(server),
    'AG-UI': agUi(server),
  };
}

function native(server: RuntimeServer): DoorClient {
  const told = async (opening: ReturnType<typeof server.send>): Promise<Told> => {
    const stream = await (await opening).ended();
    const calls = stream.payloads.filter(({ type }) => type === 'tool_call');
    const texts = stream.payloads.filter(({ type }) => type !== 'reasoning').map(({ token = '' }) => token);
    return {
      text: texts.join(''),
      calls: calls.map(({ call_id, tool_name, arguments: given }) => ({
        id: String(call_id),
        name: String(tool_name),
        given,
      })),
    };
  };
  return {
    ask: (session_id, content) => told(server.send({ session_id, content, tools: [NESTED] })),
    settle: (session_id, call_id, result) =>
      told(server.send({ session_id, type: 'tool_result', content: undefined, call_id, result })),
    again: (_session, runId) => told(server.follow(`/agent/runs/${runId}/stream`)),
    stop: (_session, runId) => server.post(`/agent/runs/${runId}/cancel`),
  };
}

function completions(openai: OpenAI): DoorClient {
  const told = async (session: string, message: OpenAI.ChatCompletionMessageParam): Promise<Told> => {
    const headers = { 'X-Session-Id': session };
    const stream = openai.chat.completions.stream({ model: 'm', messages: [message], tools: [NESTED] }, { headers });
    const said = (await stream.finalChatCompletion()).choices[0]?.message;
    return { text: said?.content ?? '', calls: (said?.tool_calls ?? []).flatMap(callIn) };
  };
  return {
    ask: (session, content) => told(session, { role: 'user', content }),
    settle: (session, tool_call_id, content) => told(session, { role: 'tool', tool_call_id, content }),
  };
}

function callIn(call: OpenAI.ChatCompletionMessageToolCall): ToldCall[] {
  if (call.type !== 'function') return [];
  return [{ id: call.id, name: call.function.name, given: JSON.parse(call.function.arguments) }];
}

function responses(openai: OpenAI): DoorClient {
  const told = ({ output, output_text: text }: OpenAI.Responses.Response): Told => {
    const calls = output.flatMap((item) => (item.type === 'function_call' ? [item] : []));
    return {
      text,
      calls: calls.map(({ call_id: id, name, arguments: given }) => ({ id, name, given: JSON.parse(given) })),
    };
  };
  const create = async (conversation: string, input: OpenAI.Responses.ResponseInput): Promise<Told> =>
    told(await openai.responses.stream({ model: 'm', conversation, input, tools: [FLAT] }).finalResponse());
  return {
    ask: (session, content) => create(session, [{ role: 'user', content }]),
    settle: (session, call_id, output) => create(session, [{ type: 'function_call_output', call_id, output }]),
    again: async (_session, runId) => {
      const response_id = `resp_${runId}`;
      const streamed = told(await openai.responses.stream({ response_id, tools: [FLAT] }).finalResponse());
      const whole = told(await openai.responses.retrieve(response_id));
      if (JSON.stringify(whole) !== JSON.stringify(streamed)) throw new Error('It is another one when it is whole.');
      return streamed;
    },
    stop: (_session, runId) => openai.responses.cancel(`resp_${runId}`),
  };
}

function aiSdk(server: RuntimeServer): DoorClient {
  const page = (session: string): PageChat => {
    const newChat = PLAIN_CHATS['ai 7'];
    if (newChat === undefined) throw new Error('There is no such package.');
    const headers = { Authorization: `Bearer ${INTERNAL_KEY}` };
    return newChat({
      api: `${server.origin}/ai/chat`,
      headers,
      id: session,
      body: { tools: [NESTED] },
      namesLast: true,
    });
  };
  /** A page that is opened anew has the last answer from the service. */
  const reopened = async (session: string, runId: string): Promise<PageChat> => {
    const chat = page(session);
    chat.messages = [{ id: `msg_${runId}`, role: 'assistant', parts: [] }];
    await chat.resumeStream();
    return chat;
  };
  const turnOf = async (session: string) => {
    const { messages } = JSON.parse((await server.get(`/agent/sessions/${session}/messages`)).text);
    return messages.findLast(({ role }: { role: string }) => role === 'user').run_id;
  };
  return {
    ask: async (session, text) => {
      const chat = page(session);
      await chat.sendMessage({ text });
      return told(chat);
    },
    settle: async (session, toolCallId, output) => {
      const chat = await reopened(session, await turnOf(session));
      const before = told(chat).text;
      await chat.addToolOutput({ tool: 'weather', toolCallId, output });
      await until(() => chat.status === 'ready' && told(chat).text !== before);
      return { text: told(chat).text.slice(before.length), calls: [] };
    },
    again: async (session) => told(await reopened(session, await turnOf(session))),
    stop: (session) => server.post(`/ai/chat/${session}/stop`),
  };
}

function told({ messages, error }: PageChat): Told {
  const last: PageMessage | undefined = messages.at(-1);
  if (error !== undefined || last?.role !== 'assistant') throw error ?? new Error('There is no answer.');
  const calls = last.parts.filter(({ type }) => type.startsWith('tool-'));
  return {
    text: textIn(last),
    calls: calls.map(({ type, toolCallId, input: given }) => ({
      id: String(toolCallId),
      name: type.slice('tool-'.length),
      given,
    })),
  };
}

function agUi(server: RuntimeServer): DoorClient {
  const run = async (agent: TestAgent): Promise<Told> => {
    const before = agent.messages.length;
    await agent.run({ tools: [WEATHER], forwardedProps: { on_disconnect: 'continue' } });
    const said = agent.messages.slice(before).filter(({ role }) => role === 'assistant');
    return {
      text: said.map(({ content }) => (typeof content === 'string' ? content : '')).join(''),
      calls: said
        .flatMap(({ toolCalls = [] }) => toolCalls)
        .map(({ id, function: { name, arguments: given } }) => ({ id, name, given: JSON.parse(given) })),
    };
  };
  return {
    ask: (session, text) => run(TestAgent.of('1.0.0', server.origin, session).say(text)),
    settle: (session, callId, output) => run(TestAgent.of('1.0.0', server.origin, session).tell(callId, output)),
  };
}
