import { type Fields, isFields } from '../../../../domain/fields.js';

/** The fields of a body, and where its client wrote each of them. */
export interface SentFields {
  readonly fields: unknown;
  pathOf(path: readonly PropertyKey[]): string;
}

/** A message may stand in the body itself or under `message` in it; a field that stands on both levels is taken from the inner
 *  one. The session is the gateway's to name, so it is always the outer one. */
export function sentFields(body: unknown): SentFields {
  if (!isFields(body) || !isNested(body)) return { fields: body, pathOf: (path) => path.join('.') };
  const { message } = body;
  const inner: Fields = isFields(message) ? message : {};
  const { session_id: _, ...own } = inner;
  return {
    fields: { ...body, ...own },
    pathOf: ([name = '', ...rest]) => {
      const isOuter = name === 'session_id' || (Object.hasOwn(body, name) && !Object.hasOwn(inner, name));
      return [...(isOuter ? [] : ['message']), name, ...rest].join('.');
    },
  };
}

/** A flat body may have a field `message` that means nothing here, as it may have any other. */
function isNested(body: Fields): boolean {
  if (!Object.hasOwn(body, 'message')) return false;
  return isFields(body.message) || !(Object.hasOwn(body, 'type') || Object.hasOwn(body, 'content'));
}
