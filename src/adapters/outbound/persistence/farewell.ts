import { RunNotFound } from '../../../domain/errors.js';

/** What is left of a deleted session's journals can be read for a while. Whether there is anything left, reading them shows. */
export async function unlessDeleted(look: Promise<unknown>): Promise<void> {
  try {
    await look;
  } catch (error) {
    if (!(error instanceof RunNotFound)) throw error;
  }
}
