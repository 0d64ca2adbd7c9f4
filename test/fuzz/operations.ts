import fc from 'fast-check';
import { z } from 'zod';
import type { Chance } from '../chaos/chance.js';
import type { Draft } from './draft.js';

const schemaOf = z.looseObject({
  /** Of several, the first is taken: the other one is null. */
  type: z.union([z.string(), z.array(z.string()).transform(([first]) => first)]).optional(),
  const: z.unknown().optional(),
  enum: z.array(z.unknown()).optional(),
  pattern: z.string().optional(),
  get properties() {
    return z.record(z.string(), schemaOf).optional();
  },
  required: z.array(z.string()).default([]),
});

const reference = z.object({ $ref: z.string() });

/** A body of one form, or of several. */
const bodySchema = z.union([z.object({ anyOf: z.array(reference) }), reference, schemaOf]);

const parameterSchema = z.object({ in: z.enum(['path', 'query', 'header']), name: z.string(), schema: schemaOf });

const operationSchema = z.object({
  parameters: z.array(parameterSchema).default([]),
  requestBody: z
    .object({
      content: z.object({ 'application/json': z.object({ schema: bodySchema }) }),
    })
    .optional(),
});

const documentSchema = z.object({
  paths: z.record(z.string(), z.record(z.string(), operationSchema)),
  components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
});

type ValueSchema = z.infer<typeof schemaOf>;

export interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly z.infer<typeof parameterSchema>[];
  /** The forms that a body may have; none where there is no body. */
  readonly bodies: readonly ValueSchema[];
}

/** So few that the same sessions are met again and again. */
const STRINGS = 20;

/** Every operation of the service's own OpenAPI document. */
export function operationsOf(openApi: unknown): readonly Operation[] {
  const { paths, components } = documentSchema.parse(openApi);
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { parameters, requestBody }]) => {
      const body = requestBody?.content['application/json'].schema;
      const bodies = formsOf(body).map((form) => schemaOf.parse(resolved(form, components.schemas)));
      return { method: method.toUpperCase(), path, parameters, bodies };
    }),
  );
}

function formsOf(body: z.infer<typeof bodySchema> | undefined): readonly object[] {
  if (body === undefined) return [];
  return 'anyOf' in body && Array.isArray(body.anyOf) ? body.anyOf : [body];
}

function resolved(form: object, schemas: Readonly<Record<string, unknown>>): unknown {
  return '$ref' in form ? schemas[String(form.$ref).split('/').at(-1) ?? ''] : form;
}

/** Makes requests that are right, by the schemas of their operations. */
export class RightRequests {
  private readonly strings = new Map<string, readonly string[]>();

  constructor(
    private readonly key: string,
    /** What the parameters of paths may be, by their names. */
    private readonly known: Readonly<Record<string, readonly string[]>>,
    private readonly chance: Chance,
  ) {}

  draft({ method, path, parameters, bodies }: Operation): Draft {
    const form = bodies[this.chance.between(0, bodies.length - 1)];
    const fields = form && this.fields(form);
    const draft: Draft = {
      operation: `${method} ${path}`,
      method,
      path: path.replaceAll(/\{(\w+)\}/g, (_all, name) => this.one(this.known[name] ?? ['x'])),
      query: '',
      headers: [
        ['Host', 'localhost'],
        ['X-Internal-Auth', this.key],
        ['Connection', 'close'],
      ],
      fields,
      body: undefined,
      framing: 'length',
    };
    for (const { in: place, name, schema } of parameters) {
      if (!this.chance.odds(0.2)) continue;
      if (place === 'query')
        draft.query += `${draft.query && '&'}${name}=${encodeURIComponent(`${this.value(schema)}`)}`;
      if (place === 'header') draft.headers.push([name, `${this.value(schema)}`]);
    }
    if (fields !== undefined) draft.headers.push(['Content-Type', 'application/json']);
    return draft;
  }

  private fields({ properties = {}, required }: ValueSchema): Record<string, unknown> {
    const present = Object.entries(properties).filter(([name]) => required.includes(name) || this.chance.odds(0.3));
    return Object.fromEntries(present.map(([name, schema]) => [name, this.value(schema)]));
  }

  private value(schema: ValueSchema): unknown {
    if (schema.properties !== undefined) return this.fields(schema);
    if (schema.const !== undefined) return schema.const;
    if (schema.enum !== undefined) return this.one(schema.enum);
    return this.one(this.stringsLike(schema.pattern ?? '^[ -~]{1,30}$'));
  }

  private stringsLike(pattern: string): readonly string[] {
    const known = this.strings.get(pattern);
    if (known !== undefined) return known;
    const made = fc.sample(fc.stringMatching(new RegExp(pattern)), { seed: this.chance.seed, numRuns: STRINGS });
    this.strings.set(pattern, made);
    return made;
  }

  private one<Value>(values: readonly Value[]): Value | string {
    return values[this.chance.between(0, values.length - 1)] ?? 'x';
  }
}
