import { DEFAULT_AGENT } from './agent.js';
import type { Fields } from './fields.js';
import type { RunBirth } from './run.js';

/** What a stream may have besides the answer. */
export const INCLUDED = ['reasoning', 'tool_arguments', 'usage'] as const;

export type Included = (typeof INCLUDED)[number];

/** Who is to answer, and how. What is left open is not there. */
export interface Choice {
  readonly agent?: string;
  /** It is for a model alone: no agent adds its instructions, its options or its tools. */
  readonly bare?: boolean;
  /** Its full name. */
  readonly model?: string;
  /** As they were written, under the names that a message has for them. */
  readonly options?: Fields;
  readonly include?: readonly Included[];
  /** Run by the client; as they were written. */
  readonly tools?: readonly Fields[];
  /** Holds for the first call of the model; as it was written. */
  readonly toolChoice?: string | Fields;
  /** In place of the agent's, and no part of the history. Empty: there are none. */
  readonly instructions?: string;
  /** The whole prompt, message by message in OpenAI's form, of a client that keeps the history itself. */
  readonly transcript?: readonly Fields[];
  /** What its client wants to read again with the run, and means nothing here. */
  readonly echo?: Fields;
}

/** What holds for a run: what its message says, and what that took over where it says nothing. */
export function choiceOf({ request, inherited }: Pick<RunBirth, 'request' | 'inherited'>): Choice {
  return inherited === undefined ? (request.choice ?? {}) : { ...inherited, ...request.choice };
}

/** What the message leaves open holds as it held for another one. */
export function asChosenFor(before: RunBirth, birth: RunBirth): RunBirth {
  const inherited = choiceOf(before);
  return Object.keys(inherited).length === 0 ? birth : { ...birth, inherited };
}

/** Whether whoever reads the run is to see this too. */
export function includes(birth: Pick<RunBirth, 'request' | 'inherited'>, part: Included): boolean {
  return choiceOf(birth).include?.includes(part) === true;
}

/** The message, which is for the agent of the one before where it names none; `usual` is that agent. */
export function addressed(birth: RunBirth, usual: string | undefined): RunBirth {
  const isSwitch = birth.request.switching !== undefined;
  const from = isSwitch ? { switchedFrom: usual ?? DEFAULT_AGENT } : undefined;
  if (usual === undefined || choiceOf(birth).agent !== undefined) return from ? { ...birth, ...from } : birth;
  return { ...birth, ...from, inherited: { ...birth.inherited, agent: usual } };
}
