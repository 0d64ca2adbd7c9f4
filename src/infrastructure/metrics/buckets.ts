/** Where the histograms count from, in seconds. */

/** Of people. */
export const WAITS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];
/** Of whoever may be asleep. */
export const PEOPLE = [1, 5, 15, 60, 300, 900, 3600, 14_400, 86_400];
/** Of HTTP, where a stream takes as long as an answer is written. */
export const REQUESTS = [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300];
/** Of a store. */
export const CALLS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
