/** Where a value has a text that some store cannot keep: with NUL, or half of a surrogate pair. Names of fields are
 *  texts, too. */
export function unkeepableIn(value: unknown): readonly string[] | undefined {
  if (typeof value === 'string') return isKeepable(value) ? undefined : [];
  return typeof value === 'object' && value !== null ? unkeepableAmong(Object.entries(value)) : undefined;
}

function unkeepableAmong(entries: readonly (readonly [string, unknown])[]): readonly string[] | undefined {
  if (!entries.every(([name]) => isKeepable(name))) return [];
  for (const [name, entry] of entries) {
    const below = unkeepableIn(entry);
    if (below !== undefined) return [name, ...below];
  }
  return undefined;
}

function isKeepable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed();
}
