import type { BarrageReport, FoundFault } from './barrage.js';

const MOST_EXAMPLES = 12;
const LONGEST_EXAMPLE = 100;

/** For people: what came back, and what of it was wrong. */
export function reportOf({ sent, statuses, faults }: BarrageReport, harm: readonly string[]): string {
  const counts = Object.entries(statuses).map(([status, count]) => `${NAMES[status] ?? status} ${count}`);
  const groups = Map.groupBy(faults, ({ kind, detail }) => `${kind}: ${detail}`);
  const of = (kind: FoundFault['kind']) => faults.filter((fault) => fault.kind === kind).length;
  return [
    `answers: ${counts.join(', ')}`,
    ...[...groups].flatMap(([what, those]) => [`  FAULT ${what}: ${those.length} times`, ...examplesOf(those)]),
    ...harm.map((what) => `  HARM  ${what}`),
    `${sent} malformed requests: ${of('5xx')} answers of 5xx, ${of('HTML')} HTML, ${harm.length} crashes`,
    ...(faults.length > 0 ? [`${faults.length} answers that the protocol does not allow`] : []),
  ].join('\n');
}

const NAMES: Readonly<Record<string, string>> = { 0: 'closed without a word' };

function examplesOf(faults: readonly FoundFault[]): readonly string[] {
  const kinds = [...Map.groupBy(faults, ({ about }) => about)];
  const shown = kinds.slice(0, MOST_EXAMPLES).map(([about, those]) => {
    return `          request ${those[0]?.number}: ${about.slice(0, LONGEST_EXAMPLE)}`;
  });
  return kinds.length > MOST_EXAMPLES ? [...shown, `          and ${kinds.length - MOST_EXAMPLES} kinds more`] : shown;
}
