/** Whether this key sends what is written: Enter does, Shift+Enter is a new line, and Enter in an input method is its
 *  own. */
export function isSending({ key, shiftKey, isComposing }: KeyboardEvent): boolean {
  return key === 'Enter' && !shiftKey && !isComposing;
}

/** What is written in a field, which is empty from then on. */
export function taken(field: HTMLTextAreaElement): string {
  const { value } = field;
  field.value = '';
  return value.trim();
}
