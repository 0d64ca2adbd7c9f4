import type { ExportPart } from '../../../../application/use-cases/export-session.js';
import type { Agents } from '../../../../domain/agents.js';
import type { WholeRun } from '../../../../domain/whole-session.js';
import { historyText } from './history-text.js';
import { runRecordView } from './run-record.js';
import { DOCUMENT } from './session-document.js';
import { sessionView } from './session-view.js';

/** The JSON of an export, piece by piece, none of which holds more than one run. */
export async function* documentText(parts: AsyncIterable<ExportPart>, agents: Agents): AsyncGenerator<string> {
  yield JSON.stringify(DOCUMENT).slice(0, -1);
  let list = '';
  for await (const part of parts) {
    const name = listIn(part);
    if (name !== list) yield opening(name, list);
    yield* textOf(part, agents, name !== list);
    list = name;
  }
  yield ']}';
}

/** '' where it is none. */
function listIn(part: ExportPart): string {
  if ('session' in part) return '';
  return 'runs' in part ? 'runs' : 'messages';
}

function opening(list: string, before: string): string {
  return `${before === '' ? '' : ']'},"${list}":[`;
}

function* textOf(part: ExportPart, agents: Agents, isFirst: boolean): Generator<string> {
  if ('session' in part) yield `,"session":${JSON.stringify(sessionView(part.session, agents))}`;
  else if ('runs' in part) yield* runsText(part.runs, isFirst);
  else yield* historyText(part.messages, isFirst);
}

function* runsText(runs: readonly WholeRun[], isFirst: boolean): Generator<string> {
  let before = isFirst ? '' : ',';
  for (const run of runs) {
    yield before + JSON.stringify(runRecordView(run));
    before = ',';
  }
}
