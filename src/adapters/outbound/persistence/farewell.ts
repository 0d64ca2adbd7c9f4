import { RunNotFound } from '../../../domain/errors.js';

/** Lets pass that a run is not found: for a while, whoever reads the journal itself finds what a deleted session
 *  left. */
export async function unlessDeleted(look: Promise<unknown>): Promise<void> {
  try {
    await look;
  } catch (error) {
    if (!(error instanceof RunNotFound)) throw error;
  }
}
