import { expect } from 'chai';
import express, { type Request } from 'express';
import fc from 'fast-check';
import {
  type EventCursor,
  eventId,
  requestedCursor,
} from '../../../../../src/adapters/inbound/http/native/event-id.js';
import { InvalidCursor } from '../../../../../src/domain/errors.js';

describe('the id of an event', () => {
  it('comes back as the place it was given for', () => {
    const runIds = fc.stringMatching(/^[0-9a-z]{1,64}$/);
    fc.assert(
      fc.property(runIds, fc.nat(), (runId, sequence) => {
        expect(cursorOf(eventId(runId, sequence))).to.deep.equal({ runId, sequence });
      }),
    );
  });

  it('is the only thing that is taken for one', () => {
    const nearly = fc.stringMatching(/^[a-z]{1,3}-?[0-9.e+-]{1,20}$/);
    fc.assert(
      fc.property(fc.oneof(fc.string({ minLength: 1 }), nearly), (text) => {
        const cursor = cursorOrError(text);
        if (!(cursor instanceof InvalidCursor)) expect(cursor && eventId(cursor.runId, cursor.sequence)).to.equal(text);
      }),
      { numRuns: 1000 },
    );
  });

  it('is read in a time that grows with its length only', () => {
    expect(() => cursorOf(`${'a-'.repeat(1_000_000)}1`)).to.throw(InvalidCursor);
  }).timeout(1000);

  it('is asked for in the query where there is no header', () => {
    expect(requestedCursor(aRequest({}, { last_event_id: 'run-1' }))).to.deep.equal({ runId: 'run', sequence: 1 });
    expect(requestedCursor(aRequest({ 'last-event-id': 'run-2' }, { last_event_id: 'run-1' }))?.sequence).to.equal(2);
    expect(requestedCursor(aRequest({}, {}))).to.equal(undefined);
  });
});

function cursorOf(text: string): EventCursor | undefined {
  return requestedCursor(aRequest({ 'last-event-id': text }, {}));
}

function cursorOrError(text: string): EventCursor | InvalidCursor | undefined {
  try {
    return cursorOf(text);
  } catch (error) {
    if (error instanceof InvalidCursor) return error;
    throw error;
  }
}

function aRequest(headers: Record<string, string>, query: Record<string, string>): Request {
  return Object.create(express.request, { headers: { value: headers }, query: { value: query } });
}
