const AT_ONCE = 100;

/** Does a step for each item, for some at a time: the server serves others between them. */
export async function inGroups<Item>(items: readonly Item[], step: (item: Item) => Promise<void>): Promise<void> {
  for (let from = 0; from < items.length; from += AT_ONCE)
    await Promise.all(items.slice(from, from + AT_ONCE).map((item) => step(item)));
}
