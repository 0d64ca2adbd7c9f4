import type { Agent } from '../domain/agent.js';
import { type AskedStep, stepAsking } from '../domain/asked-calls.js';
import { CallNames } from '../domain/call-names.js';
import { choiceOf, includes } from '../domain/choice.js';
import { type Message, messagesOfRun } from '../domain/message.js';
import { offeredChoice, offeredTools, sentToolChoice } from '../domain/offered-tools.js';
import type { PromptMessage } from '../domain/prompt-message.js';
import type { CallResult } from '../domain/reply-step.js';
import { endRun, type Run } from '../domain/run.js';
import { callAnswered, type JournalledEvent } from '../domain/run-event.js';
import { toldName } from '../domain/served-tools.js';
import { type Tool, toolNameFrom } from '../domain/tool.js';
import type { ToolCall } from '../domain/tool-call.js';
import type { IdGenerator } from './ports/id-generator.js';
import type { CompletionRequest } from './ports/llm-gateway.js';
import type { ReadHistory } from './preparation.js';
import type { ReplyDraft, ToldCalls } from './reply-draft.js';
import type { ServedCallsParts } from './served-calls.js';

export interface ToolUseParts extends ServedCallsParts {
  readonly ids: IdGenerator;
}

/** The tools that are offered to the model of a run. */
export function toolsFor(run: Run, agent: Agent, { toolbox, servers }: ToolUseParts): readonly Tool[] {
  return offeredTools(agent, toolbox, choiceOf(run).tools, servers.offered());
}

/** The tools of one run: what its model may ask for, and what becomes of that. */
export class ToolUse {
  private readonly names: CallNames;

  constructor(
    private readonly run: Run,
    private readonly agent: Agent,
    private readonly offered: readonly Tool[],
    read: Pick<ReadHistory, 'messages' | 'tellable'>,
    private readonly parts: ToolUseParts,
  ) {
    const taken = read.messages.flatMap(({ calls = [] }) => calls.map(({ callId }) => callId));
    this.names = new CallNames(taken, () => parts.ids.next(), read.tellable === undefined);
  }

  /** Undefined where the stream has whole calls only. */
  get toldCalls(): ToldCalls | undefined {
    if (!includes(this.run, 'tool_arguments')) return undefined;
    return { nameOf: (call) => this.names.of(call), toolNameOf: (name) => this.toldNameOf(name) };
  }

  /** What goes with the next request. A choice of tools holds for the first one of a turn. */
  offerTo({ steps }: ReplyDraft): Pick<CompletionRequest, 'tools' | 'toolChoice'> {
    if (this.offered.length === 0) return {};
    const isFirst = this.stepsBefore === 0 && steps.length === 0;
    const choice = isFirst ? sentToolChoice(choiceOf(this.run).toolChoice) : undefined;
    return { tools: this.offered, toolChoice: offeredChoice(choice, this.offered) };
  }

  /** What the model asked for when it had written this. */
  stepOf({ calls, steps, text }: ReplyDraft): AskedStep {
    const { toolbox, clock } = this.parts;
    const step = stepAsking(calls, {
      tools: this.offered,
      timeouts: toolbox.callTimeouts,
      at: clock.now(),
      textEnd: text.length,
      isLast: this.stepsBefore + steps.length + 1 >= this.agent.maxSteps,
      names: this.names,
    });
    this.names.beginAnswer();
    return step;
  }

  /** The same, with the names of tools that the model is told. */
  inItsWords(prompt: readonly PromptMessage[]): readonly PromptMessage[] {
    return prompt.map((message) => {
      if (message.role !== 'assistant' || message.toolCalls === undefined) return message;
      return { ...message, toolCalls: message.toolCalls.map((call) => this.named(call)) };
    });
  }

  private toldNameOf(name: string): string {
    const tool = this.offered.find((one) => one.name === name);
    return tool === undefined ? name : toldName(tool);
  }

  private named(call: ToolCall): ToolCall {
    const served = this.offered.find((tool) => toldName(tool) === call.toolName);
    return { ...call, toolName: served?.name ?? toolNameFrom(call.toolName) };
  }

  /** What the run has added to the history so far. */
  messagesOf({ text, steps }: ReplyDraft): readonly Message[] {
    if (steps.length === 0) return [];
    const ending = {
      finishReason: 'tool_calls',
      usage: undefined,
      error: undefined,
      at: this.parts.clock.now(),
    } as const;
    return messagesOfRun(endRun(this.run, ending), text, { steps }).filter(({ role }) => role !== 'user');
  }

  private get stepsBefore(): number {
    return this.run.continues?.steps ?? 0;
  }
}

/** What readers see of a step, numbered on from `last`: each call, and then what became of it. */
export function eventsOf({ calls, results, open }: AskedStep, last: number): readonly JournalledEvent[] {
  const asked = calls.map((call) => {
    const waiting = open.find(({ callId }) => callId === call.callId);
    return { type: 'tool-call', ...call, requiresApproval: waiting?.state === 'awaiting_approval' } as const;
  });
  const settled = results.map((result) => callAnswered(result, calls));
  return [...asked, ...settled].map((event, index) => ({ ...event, sequence: last + index + 1 }));
}

/** Calls that are made now, numbered on from `last`. */
export function callEvents(calls: readonly ToolCall[], last: number): readonly JournalledEvent[] {
  return calls.map(({ callId, toolName, arguments: given }, index) => {
    const sequence = last + index + 1;
    return { type: 'tool-call', callId, toolName, arguments: given, requiresApproval: false, sequence };
  });
}

/** What became of one of these calls, behind `last`. */
export function resultEvent(result: CallResult, calls: readonly ToolCall[], last: number): JournalledEvent {
  return { ...callAnswered(result, calls), sequence: last + 1 };
}
