import { RunNotFound } from '../../../domain/errors.js';

/** A deleted session leaves its journals for a while, and a reader finds them without the run. So a missing run is
 *  no failure here. */
export async function unlessDeleted(look: Promise<unknown>): Promise<void> {
  try {
    await look;
  } catch (error) {
    if (!(error instanceof RunNotFound)) throw error;
  }
}
