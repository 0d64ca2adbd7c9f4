import { listed, nearestName } from './nearest-name.js';

/** Where models can be asked. */
export interface ModelModes {
  /** The mode of a name that is written without one. */
  readonly usual: string;
  readonly known: readonly string[];
  /** What is missing before a mode can be asked, for people; modes that can be are not in it. */
  readonly unusable: Readonly<Record<string, string>>;
}

/** A model by its full name, `<mode>:<name>`: who is asked, and for what. */
export interface ModelName {
  readonly mode: string;
  readonly name: string;
}

/** The parts of a full name. A name may have colons of its own: the first one ends the mode. */
export function partsOfModel(model: string): ModelName {
  const colon = model.indexOf(':');
  return { mode: model.slice(0, colon), name: model.slice(colon + 1) };
}

/** The full name of a model that was written with its mode or without. */
export function fullModelName(written: string, usual: string): string {
  const model = written.trim();
  return model.includes(':') ? model : `${usual}:${model}`;
}

/** Why a model cannot be chosen by what was written; undefined where it can. */
export function modelProblem(written: string, modes: ModelModes): string | undefined {
  const { mode, name } = partsOfModel(fullModelName(written, modes.usual));
  if (!modes.known.includes(mode)) return unknownMode(written.trim(), mode, modes);
  if (!NAME.test(name) || !name.isWellFormed()) return 'must be <mode>:<name>, or a name for the mode that is set';
  return modes.unusable[mode];
}

/** Anything a provider may call a model, but for what no name has: control characters, spaces at its ends. */
const NAME = /^[^\s\p{Cc}]([^\p{Cc}]{0,254}[^\s\p{Cc}])?$/u;

function unknownMode(written: string, mode: string, { usual, known }: ModelModes): string {
  const begin = `must begin with a mode (${listed(known)})`;
  if (written.length > LONGEST_REPEATED) return begin;
  const near = nearestName(mode, known);
  const meant = near === undefined ? `${usual}:${written}` : written.replace(mode, near);
  return `${begin}; did you mean ${JSON.stringify(meant)}?`;
}

const LONGEST_REPEATED = 300;
