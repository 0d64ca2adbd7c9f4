import { type Fields, isFields } from '../../../domain/fields.js';

/** A record is not as it was written, and nothing can be done with it. */
export class UnreadableRecord extends Error {}

/** The fields of a kept JSON object. They are checked by hand and without a schema, because every step of every
 *  message reads some. */
export function fieldsFrom(json: string): Fields {
  const value: unknown = JSON.parse(json);
  if (!isFields(value)) throw new UnreadableRecord('A record of a session is no object.');
  return value;
}

export function fieldsIn(fields: Fields, name: string): Fields | undefined {
  const value = fields[name];
  return isAbsent(value) || isFields(value) ? (value ?? undefined) : unreadable(name);
}

export function textIn(fields: Fields, name: string): string {
  return optionalTextIn(fields, name) ?? unreadable(name);
}

export function optionalTextIn(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return isAbsent(value) || typeof value === 'string' ? (value ?? undefined) : unreadable(name);
}

/** One of a fixed set of words. */
export function wordIn<Word extends string>(fields: Fields, name: string, words: readonly Word[]): Word {
  return optionalWordIn(fields, name, words) ?? unreadable(name);
}

export function optionalWordIn<Word extends string>(fields: Fields, name: string, words: readonly Word[]) {
  const value = fields[name];
  return isAbsent(value) ? undefined : (words.find((word) => word === value) ?? unreadable(name));
}

export function countIn(fields: Fields, name: string): number {
  const value = fields[name];
  return typeof value === 'number' ? value : unreadable(name);
}

export function countsIn(fields: Fields, name: string): readonly number[] {
  const value = fields[name];
  return Array.isArray(value) && value.every((count) => typeof count === 'number') ? value : unreadable(name);
}

export function flagIn(fields: Fields, name: string): boolean {
  const value = fields[name];
  return typeof value === 'boolean' ? value : unreadable(name);
}

export function timeIn(fields: Fields, name: string): Date {
  return new Date(countIn(fields, name));
}

export function textsIn(fields: Fields, name: string): readonly string[] {
  const value = fields[name];
  return isTexts(value) ? value : unreadable(name);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string');
}

export function fieldListIn(fields: Fields, name: string): readonly Fields[] {
  const value = fields[name];
  return Array.isArray(value) && value.every(isFields) ? value : unreadable(name);
}

function isAbsent(value: unknown): value is undefined | null {
  return value === undefined || value === null;
}

function unreadable(name: string): never {
  throw new UnreadableRecord(`The field ${name} of a record of a session is not as it was written.`);
}
