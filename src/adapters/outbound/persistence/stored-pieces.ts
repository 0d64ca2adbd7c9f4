import { CALL_STATUSES } from '../../../domain/reply-step.js';
import type { JournalledEvent } from '../../../domain/run-event.js';
import { callIn } from './stored-calls.js';
import { fieldsFrom, flagIn, optionalTextIn, textIn, UnreadableRecord, wordIn } from './stored-fields.js';

/** How stores keep the events before an ending. Nearly all are tokens, so a token is kept as its bare text. Anything
 *  else is JSON behind a mark with which no answer begins. A token that does begin with the mark has it twice. */
const MARK = '\u0001';

export function writtenPiece(event: JournalledEvent): string {
  if (event.type === 'text-delta') return event.text.startsWith(MARK) ? `${MARK}${event.text}` : event.text;
  const { sequence: _, ...said } = event;
  return `${MARK}${JSON.stringify(said)}`;
}

export function readPiece(kept: string, sequence: number): JournalledEvent {
  if (!kept.startsWith(MARK)) return { type: 'text-delta', sequence, text: kept };
  if (kept.startsWith(MARK, 1)) return { type: 'text-delta', sequence, text: kept.slice(1) };
  return { ...readEvent(kept.slice(1)), sequence };
}

type Unnumbered<Event> = Event extends JournalledEvent ? Omit<Event, 'sequence'> : never;

function readEvent(json: string): Unnumbered<JournalledEvent> {
  const fields = fieldsFrom(json);
  const call = () => ({ callId: textIn(fields, 'callId'), toolName: textIn(fields, 'toolName') });
  switch (fields.type) {
    case 'reasoning-delta':
      return { type: 'reasoning-delta', text: textIn(fields, 'text') };
    case 'agent-switched': {
      const reason = optionalTextIn(fields, 'reason');
      const names = { from: textIn(fields, 'from'), to: textIn(fields, 'to') };
      return { type: 'agent-switched', ...names, ...(reason !== undefined && { reason }) };
    }
    case 'call-arguments':
      return { type: 'call-arguments', ...call(), text: textIn(fields, 'text') };
    case 'tool-call':
      return {
        type: 'tool-call',
        ...callIn({ ...fields, arguments: fields.arguments ?? {} }),
        requiresApproval: flagIn(fields, 'requiresApproval'),
      };
    case 'tool-result': {
      const status = wordIn(fields, 'status', CALL_STATUSES);
      return { type: 'tool-result', ...call(), status, content: textIn(fields, 'content') };
    }
    default:
      throw new UnreadableRecord('A journal has an event that this version does not know.');
  }
}
