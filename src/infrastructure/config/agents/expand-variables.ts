import type { FieldProblem } from '../../../domain/field-problem.js';
import type { Environment } from '../environment.js';

/** A value with the environment's variables in the place of each `${NAME}` in its strings. What a variable holds is
 *  taken as it stands. */
export class Expansion {
  readonly value: unknown;
  readonly problems: FieldProblem[] = [];
  /** The variables it speaks of. */
  readonly names = new Set<string>();

  constructor(
    written: unknown,
    private readonly variables: Environment,
  ) {
    this.value = this.expand(written, []);
  }

  private expand(value: unknown, path: readonly (string | number)[]): unknown {
    if (typeof value === 'string') return value.replace(VARIABLE, (_all, name: string) => this.lookUp(name, path));
    if (Array.isArray(value)) return value.map((entry, index) => this.expand(entry, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, this.entry(key, entry, path)]));
  }

  /** Whoever checks fields by a schema passes this name over. */
  private entry(key: string, entry: unknown, above: readonly (string | number)[]): unknown {
    const path = [...above, key];
    if (key === '__proto__') this.problems.push({ path, message: 'must have another name' });
    return this.expand(entry, path);
  }

  private lookUp(name: string, path: readonly (string | number)[]): string {
    this.names.add(name);
    const value = this.variables[name];
    if (value === undefined) this.problems.push({ path, message: `the variable ${name} is not set` });
    return value ?? '';
  }
}

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;
