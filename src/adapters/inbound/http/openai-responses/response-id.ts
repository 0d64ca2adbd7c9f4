const RESPONSE_ID = /^resp_([0-9a-z]{1,128})$/;

/** The run that a response tells of; undefined for what is no id of one: a store may fail at looking for such text. */
export function runIdIn(id: string): string | undefined {
  return RESPONSE_ID.exec(id)?.[1];
}
