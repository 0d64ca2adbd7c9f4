import type { Fields } from '../../../domain/fields.js';
import type { SessionHead } from '../../../domain/session-head.js';
import { isMetadataValue, type Metadata } from '../../../domain/session-labels.js';
import { fieldsIn, textIn, UnreadableRecord } from './stored-fields.js';

/** What clients have written on a session. */
export function labelsIn(fields: Fields): Pick<SessionHead, 'title' | 'metadata'> {
  return {
    ...(fields.title !== undefined && { title: textIn(fields, 'title') }),
    ...(fields.metadata !== undefined && { metadata: metadataIn(fieldsIn(fields, 'metadata') ?? {}) }),
  };
}

function metadataIn(fields: Fields): Metadata {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => {
      if (isMetadataValue(value)) return [name, value];
      throw new UnreadableRecord('A note in a record of a session is not as it was written.');
    }),
  );
}
