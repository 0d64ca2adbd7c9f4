import { z } from 'zod';
import { rightNames } from '../../../domain/nearest-name.js';

/** The kinds of fields that a file of agents has, each with the words for what would be right. */

/** Fields with these names and no others: one that is misspelt would be passed over. */
export function fields<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const names = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => `is no field; ${rightNames(key, names)}`).join('\n')
        : `must be an object with ${names.join(', ')}`,
  });
}

export function text() {
  return z.string('must be a text');
}

export function oneOf<const Value extends string>(...values: readonly [Value, ...Value[]]) {
  return z.enum(values, { error: `must be ${values.join(' or ')}` });
}

export function wholeNumber(of: string) {
  const error = `must be a whole number of ${of}, at least 1`;
  return z.int({ error }).min(1, error);
}

/** By names that fit `pattern`. */
export function named<Value extends z.core.$ZodType>(value: Value, what: string, pattern: RegExp, right: string) {
  return z.record(z.string().regex(pattern, right), value, {
    error: ({ code }) => (code === 'invalid_key' ? right : `must be an object of ${what} by their names`),
  });
}
