import { type Choice, INCLUDED, type Included } from '../../../domain/choice.js';
import { type Fields, isFields } from '../../../domain/fields.js';
import { fieldListIn, fieldsIn, textIn, textsIn, UnreadableRecord } from './stored-fields.js';

/** The choice that a record holds under `name`, if any. */
export function choiceIn(record: Fields, name: string): Choice | undefined {
  const fields = fieldsIn(record, name);
  if (fields === undefined) return undefined;
  return {
    ...(fields.agent !== undefined && { agent: textIn(fields, 'agent') }),
    ...(fields.model !== undefined && { model: textIn(fields, 'model') }),
    ...(fields.options !== undefined && { options: fieldsIn(fields, 'options') ?? {} }),
    ...(fields.include !== undefined && { include: textsIn(fields, 'include').filter(isIncluded) }),
    ...(fields.tools !== undefined && { tools: fieldListIn(fields, 'tools') }),
    ...(fields.toolChoice !== undefined && { toolChoice: toolChoiceIn(fields) }),
    ...promptIn(fields),
  };
}

/** What clients with a wire of their own send along. */
function promptIn(fields: Fields): Pick<Choice, 'bare' | 'instructions' | 'transcript' | 'echo'> {
  return {
    ...(fields.bare === true && { bare: true }),
    ...(fields.instructions !== undefined && { instructions: textIn(fields, 'instructions') }),
    ...(fields.echo !== undefined && { echo: fieldsIn(fields, 'echo') ?? {} }),
    ...(fields.transcript !== undefined && { transcript: fieldListIn(fields, 'transcript') }),
  };
}

/** A newer version may know words that this one does not. */
function isIncluded(word: string): word is Included {
  return INCLUDED.some((known) => known === word);
}

function toolChoiceIn({ toolChoice }: Fields): string | Fields {
  if (typeof toolChoice === 'string' || isFields(toolChoice)) return toolChoice;
  throw new UnreadableRecord('The choice of a tool in a record of a session is not as it was written.');
}
