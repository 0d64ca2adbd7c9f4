/** The name that was probably meant; undefined where none is near. */
export function nearestName(written: string, names: readonly string[]): string | undefined {
  const near = names
    .map((name) => ({ name, changes: changesBetween(written.toLowerCase(), name.toLowerCase()) }))
    .filter(({ name, changes }) => changes <= Math.max(1, Math.floor(name.length / 3)))
    .sort((one, other) => one.changes - other.changes);
  return near[0]?.name;
}

/** What to write instead: the nearest name, else all that there are. */
export function rightNames(written: string, names: readonly string[]): string {
  const nearest = nearestName(written, names);
  if (nearest !== undefined) return `did you mean ${JSON.stringify(nearest)}?`;
  return names.length === 0 ? 'there is none' : `it must be one of ${listed(names)}`;
}

export function listed(names: readonly string[]): string {
  const more = names.length > MOST_LISTED ? ', …' : '';
  return `${names.slice(0, MOST_LISTED).join(', ')}${more}`;
}

const MOST_LISTED = 20;
const LONGEST_COMPARED = 100;

/** Letters to add, take away or change (Levenshtein). */
function changesBetween(one: string, other: string): number {
  if (one.length > LONGEST_COMPARED) return Number.POSITIVE_INFINITY;
  let above = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...one].entries()) {
    const current = [row + 1];
    for (const [column, wanted] of [...other].entries()) {
      const [left = 0, diagonal = 0, up = 0] = [current[column], above[column], above[column + 1]];
      current.push(Math.min(left + 1, up + 1, diagonal + (letter === wanted ? 0 : 1)));
    }
    above = current;
  }
  return above.at(-1) ?? 0;
}
