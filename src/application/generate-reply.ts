import type { Agents } from '../domain/agents.js';
import type { AskedModel } from '../domain/attempt.js';
import { includes } from '../domain/choice.js';
import { chosenFor, openingEvents } from '../domain/chosen-agent.js';
import { JournalGap } from '../domain/errors.js';
import type { PromptContext } from '../domain/prompt-context.js';
import type { Run } from '../domain/run.js';
import type { JournalledEvent } from '../domain/run-event.js';
import type { Chunk } from '../domain/token-chunk.js';
import { requestOf } from './completion-request.js';
import { type EndRun, namesOf } from './end-run.js';
import { MadeCalls } from './made-calls.js';
import { type OrphanEnding, orphanEnding, RUN_FAILED } from './orphan-ending.js';
import { whileStoreIsAway } from './patience.js';
import type { CompletionRequest, LlmGateway } from './ports/llm-gateway.js';
import type { Logger } from './ports/logger.js';
import type { RunJournal } from './ports/run-journal.js';
import type { RunObserver } from './ports/run-observer.js';
import type { RunRepository } from './ports/run-repository.js';
import type { Preparation } from './preparation.js';
import { PromptWindow } from './prompt-window.js';
import { ReplyDraft, ReplyTooLong } from './reply-draft.js';
import { isTooLong, type Outcome, outcomeOf, RunStopped, TooManySteps } from './reply-outcome.js';
import { eventsOf, ToolUse, type ToolUseParts, toolsFor } from './tool-use.js';

export interface GenerateReplyPorts {
  readonly preparation: Preparation;
  readonly runs: RunRepository;
  readonly journal: RunJournal;
  readonly gateway: LlmGateway;
  readonly toolUse: ToolUseParts;
  readonly observer: RunObserver;
  readonly log: Logger;
}

/** The pump: gateway -> journal -> stored message. The only place that writes a run. */
export class GenerateReply {
  private readonly made: MadeCalls;

  constructor(
    private readonly ports: GenerateReplyPorts,
    private readonly endRun: EndRun,
    private readonly agents: Agents,
  ) {
    this.made = new MadeCalls(ports.toolUse, ports.runs, (run, events, signal) => this.append(run, events, signal));
  }

  /** Answers a run whose turn it is, to its ending, and returns the run whose turn is next, if any.
   *  `signal` aborts with RunStopped: the run ends with that cause, its partial kept; or with LeaseLost: nothing more
   *  is written. While the store is away, it waits; `giveUp` aborts when it is to wait for the ending no longer.
   *  Whatever fails is the run's ending. Throws only when the run is not ended here: RunNotFound when the session was
   *  deleted meanwhile, LeaseLost and RunEnded when another process wrote it, the reason of `giveUp`. */
  async execute(run: Run, signal: AbortSignal, giveUp: AbortSignal): Promise<Run | undefined> {
    try {
      const ending = await this.endingOfOrphan(run, giveUp);
      if (ending !== undefined) return await this.endRun.asJournalled(run, ending, giveUp);
      return await this.answer(run, signal, giveUp);
    } catch (error) {
      if (!(error instanceof JournalGap)) throw error;
      this.ports.log.error('the store has lost tokens that it had kept', namesOf(run));
      return this.endRun.asJournalled(run, { finishReason: 'error', usage: undefined, error: RUN_FAILED }, giveUp);
    }
  }

  private async answer(run: Run, signal: AbortSignal, giveUp: AbortSignal): Promise<Run | undefined> {
    const draft = new ReplyDraft(includes(run, 'reasoning'));
    const outcome = await this.write(run, draft, signal);
    return this.endRun.execute(run, { ...outcome, ...draft.written }, giveUp);
  }

  /** How a run ends that its former writer left behind; undefined when it is to be answered again. */
  private async endingOfOrphan(run: Run, giveUp: AbortSignal): Promise<OrphanEnding | undefined> {
    if (run.epoch <= 1) return undefined;
    const { last } = await whileStoreIsAway(() => this.ports.journal.position(run.id), giveUp);
    const ending = orphanEnding(run, last, openingEvents(run, this.agents).length);
    this.ports.observer.runTakenOver(ending === undefined);
    this.ports.log.warn('run taken over', {
      ...namesOf(run),
      epoch: run.epoch,
      tokens: last,
      again: ending === undefined,
    });
    return ending;
  }

  private async write(run: Run, draft: ReplyDraft, signal: AbortSignal): Promise<Outcome> {
    try {
      signal.throwIfAborted();
      await this.open(run, draft, signal);
      await this.stream(run, draft, signal);
      return { finishReason: draft.open.length > 0 ? 'tool_calls' : (draft.finishReason ?? 'stop'), error: undefined };
    } catch (error) {
      return outcomeOf(signal.aborted ? signal.reason : error, run, this.ports.log);
    }
  }

  /** A former writer may have done that already: then nothing is added. */
  private async open(run: Run, draft: ReplyDraft, signal: AbortSignal): Promise<void> {
    const events = openingEvents(run, this.agents);
    if (events.length === 0) return;
    await this.append(run, events, signal);
    draft.keep(events);
  }

  private async stream(run: Run, draft: ReplyDraft, signal: AbortSignal): Promise<void> {
    await this.made.allowed(run, draft, signal);
    const agent = chosenFor(run, this.agents);
    const tools = toolsFor(run, agent, this.ports.toolUse);
    const read = await this.ports.preparation.history(run, { agent, tools }, signal);
    const use = new ToolUse(run, agent, tools, read, this.ports.toolUse);
    draft.toldCalls = use.toldCalls;
    draft.counts = read.meter.counts;
    let window = PromptWindow.of(read);
    do {
      window = await this.askWithin(
        await window.with(use.messagesOf(draft)),
        run,
        draft,
        (now) => requestOf(agent, use.inItsWords(now.prompt(agent.instructions)), use.offerTo(draft)),
        signal,
      );
    } while (await this.isToAskAgain(run, draft, use, signal));
  }

  /** What the model asked for is told, and settled where nobody else can do that; then it is told what came of it. */
  private async isToAskAgain(run: Run, draft: ReplyDraft, use: ToolUse, signal: AbortSignal): Promise<boolean> {
    if (draft.calls.length === 0) return false;
    const step = use.stepOf(draft);
    const events = eventsOf(step, draft.lastSequence);
    await this.append(run, events, signal);
    draft.keepStep(step, events.length);
    if (step.isLast) throw new TooManySteps();
    await this.made.make(run, draft, step.served, signal);
    return step.open.length === 0;
  }

  /** Where the model has no room for the prompt, it is asked once more without half of the turns. Returns what it was
   *  asked with. */
  private async askWithin(
    window: PromptWindow,
    run: Run,
    draft: ReplyDraft,
    requestFor: (window: PromptWindow) => CompletionRequest,
    signal: AbortSignal,
  ): Promise<PromptWindow> {
    try {
      await this.askModel(run, draft, requestFor(window), window.context, signal);
      return window;
    } catch (error) {
      const halved = draft.lastSequence === 0 && isTooLong(error) ? window.halved() : undefined;
      if (halved === undefined || signal.aborted) throw error;
      await this.askModel(run, draft, requestFor(halved), halved.context, signal);
      return halved;
    }
  }

  private async askModel(
    run: Run,
    draft: ReplyDraft,
    request: CompletionRequest,
    context: PromptContext,
    signal: AbortSignal,
  ): Promise<void> {
    let asked = request.model;
    await this.beginAttempt(run, draft, { model: asked, context }, signal);
    await this.ports.gateway.complete(request, signal, (parts) => {
      const [first] = parts;
      if (first?.type !== 'retry') return this.keep(run, draft, draft.read(parts), signal);
      asked = first.model ?? asked;
      return this.beginAttempt(run, draft, { model: asked, context }, signal);
    });
    await this.keep(run, draft, draft.rest(), signal);
  }

  /** Counted before the model is asked: a run whose model was asked never looks as if it was not. */
  private async beginAttempt(run: Run, draft: ReplyDraft, asked: AskedModel, signal: AbortSignal): Promise<void> {
    draft.attempts += 1;
    const attempt = { ...asked, number: run.attempts + draft.attempts };
    const begin = () => this.ports.runs.beginAttempt(run, attempt);
    const { stopCause } = await whileStoreIsAway(begin, signal);
    if (stopCause !== undefined) throw new RunStopped(stopCause);
  }

  /** What was journalled is part of the reply; what no longer fits is not. Undefined where that is done at once: every
   *  token passes here. */
  private keep(run: Run, draft: ReplyDraft, chunks: readonly Chunk[], signal: AbortSignal): Promise<void> | undefined {
    const fitting = draft.withinLimit(chunks);
    const keep = (): void => {
      draft.keep(fitting);
      if (fitting.length < chunks.length) throw new ReplyTooLong();
    };
    const appending = fitting.length > 0 ? this.append(run, fitting, signal) : undefined;
    if (appending !== undefined) return appending.then(keep);
    keep();
    return undefined;
  }

  private append(run: Run, events: readonly JournalledEvent[], signal: AbortSignal): Promise<void> | undefined {
    const append = () => this.ports.journal.append(run, events, signal);
    const appending = append();
    return appending && whileStoreIsAway(append, signal, appending);
  }
}
