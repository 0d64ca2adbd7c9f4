/** What is made of a text at a time. */
const SLICE_CHARACTERS = 64 * 1024;
const CONTENT = '"content":"';

/** What stands in the JSON of `view` before and after its content, which is empty there. */
export function aroundContent(view: unknown): readonly [before: string, after: string] {
  const json = JSON.stringify(view);
  const start = json.indexOf(CONTENT) + CONTENT.length;
  return [json.slice(0, start), json.slice(start)];
}

/** A text as it stands in JSON, without its quotes, in pieces that are never large. */
export function* jsonSlices(text: string): Generator<string> {
  for (let from = 0; from < text.length; from += SLICE_CHARACTERS) {
    // Half of a surrogate pair is written as its number, and so are both halves where they are cut apart.
    yield JSON.stringify(text.slice(from, from + SLICE_CHARACTERS)).slice(1, -1);
  }
}
