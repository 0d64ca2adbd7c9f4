import { randomUUID } from 'node:crypto';
import { type Scenario, scenarioText } from './scenario.js';

export interface Asked {
  readonly sessionId: string;
  readonly scenario: Scenario;
  /** More of the content, behind the scenario. */
  readonly padding?: string;
  /** The whole history, for a subject that keeps none. */
  readonly messages?: readonly { readonly role: string; readonly content: string }[];
}

/** How a message is asked: where, and with which body. */
export type Ask = (asked: Asked) => { readonly path: string; readonly body: object };

export const askNatively: Ask = (asked) => ({
  path: '/agent/message/stream',
  body: {
    session_id: asked.sessionId,
    type: 'user_message',
    content: contentOf(asked),
    messages: asked.messages,
  },
});

/** What OpenAI's clients send. */
export const askAsOpenAi =
  (path: string): Ask =>
  (asked) => ({ path, body: { model: 'm', stream: true, messages: asked.messages ?? [userMessage(asked)] } });

export const DOORS = {
  chat: askAsOpenAi('/v1/chat/completions'),
  responses: (asked: Asked) => ({ path: '/v1/responses', body: { stream: true, input: contentOf(asked) } }),
  aiSdk: (asked: Asked) => ({ path: '/ai/chat', body: { id: asked.sessionId, messages: [uiMessage(asked)] } }),
  agUi: (asked: Asked) => ({
    path: '/ag-ui',
    body: {
      threadId: asked.sessionId,
      runId: randomUUID(),
      messages: [{ id: randomUUID(), ...userMessage(asked) }],
      tools: [],
      context: [],
      state: {},
      forwardedProps: {},
    },
  }),
} as const;

export function contentOf({ scenario, padding = '' }: Pick<Asked, 'scenario' | 'padding'>): string {
  return padding === '' ? scenarioText(scenario) : `${scenarioText(scenario)}\n${padding}`;
}

function userMessage(asked: Asked) {
  return { role: 'user', content: contentOf(asked) };
}

function uiMessage(asked: Asked) {
  return { id: randomUUID(), role: 'user', parts: [{ type: 'text', text: contentOf(asked) }] };
}
