import { z } from 'zod';

/** The names of the settings that a schema reads. */
export function settingNames(schema: z.core.$ZodType): readonly string[] {
  // The JSON Schema of its input says so however the schema was put together: refined, piped, extended or transformed.
  return namesIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function namesIn(schema: JsonSchema): readonly string[] {
  const alternatives = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) => list ?? []);
  return [...Object.keys(schema.properties ?? {}), ...alternatives.flatMap(namesIn)];
}
