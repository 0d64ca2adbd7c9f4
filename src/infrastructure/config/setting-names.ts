import { z } from 'zod';

/** The names of the settings that a schema reads. */
export function settingNames(schema: z.core.$ZodType): readonly string[] {
  // Most are objects. To make a JSON Schema of each would take a third of what a start takes for its settings.
  if (schema instanceof z.ZodObject) return Object.keys(schema.shape);
  // It says so however the schema was put together: piped, joined or transformed.
  return namesIn(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
}

type JsonSchema = z.core.JSONSchema.BaseSchema;

function namesIn(schema: JsonSchema): readonly string[] {
  const alternatives = [schema.allOf, schema.anyOf, schema.oneOf].flatMap((list) => list ?? []);
  return [...Object.keys(schema.properties ?? {}), ...alternatives.flatMap(namesIn)];
}
