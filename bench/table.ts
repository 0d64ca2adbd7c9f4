import type { Figure } from './figure.js';

/** What was measured: by figure and subject, one value for each round. */
export type Results = ReadonlyMap<string, ReadonlyMap<string, readonly number[]>>;

/** A table in Markdown: the floor as it is, the others by the floor. */
export function table(
  figures: Readonly<Record<string, Figure>>,
  subjects: readonly string[],
  results: Results,
): string {
  const others = subjects.filter((name) => name !== 'raw');
  const rows = [...results].flatMap(([name, bySubject]) => {
    const figure = figures[name];
    return figure === undefined ? [] : [rowOf(figure, others, bySubject)];
  });
  const head = ['figure', 'raw', ...others, 'target'];
  return markdown([head, ...rows]);
}

/** The first row is the head. */
export function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function rowOf(figure: Figure, others: readonly string[], bySubject: ReadonlyMap<string, readonly number[]>) {
  const floor = median(bySubject.get('raw') ?? []);
  const cells = others.map((name) => cellOf(figure, bySubject.get(name) ?? [], floor));
  return [figure.title, plain(figure, bySubject.get('raw') ?? []), ...cells, targetOf(figure)];
}

function cellOf(figure: Figure, values: readonly number[], floor: number): string {
  if (values.length === 0) return '';
  const value = median(values);
  if (figure.against === 'x' && !Number.isNaN(floor))
    return `**${(value / floor).toFixed(2)}x** (${plain(figure, values)})`;
  if (figure.against === '+' && !Number.isNaN(floor))
    return `**+${(value - floor).toFixed(2)}** (${plain(figure, values)})`;
  return `**${plain(figure, values)}**`;
}

/** The median, and how far the rounds are apart. */
function plain({ unit }: Figure, values: readonly number[]): string {
  if (values.length === 0) return '';
  const spread = Math.max(...values) - Math.min(...values);
  return `${median(values).toFixed(2)} ${unit} ± ${(spread / 2).toFixed(2)}`;
}

function targetOf({ against, target, unit }: Figure): string {
  if (against === 'x') return `≤ ${target}x`;
  return against === '+' ? `≤ +${target} ${unit}` : `≤ ${target} ${unit}`;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
