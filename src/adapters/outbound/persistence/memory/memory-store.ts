import { z } from 'zod';
import { defineStore } from '../store.js';
import { MemoryJournalBudget } from './memory-journal-budget.js';
import { MemoryRecords } from './memory-records.js';
import { MemoryRunJournal } from './memory-run-journal.js';
import { MemoryRunRepository } from './memory-run-repository.js';
import { MemorySessionRepository } from './memory-session-repository.js';

const DAY = 24 * 60 * 60;

const seconds = (byDefault: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(365 * DAY)
    .default(byDefault);

/** Everything in this process: gone with it, bounded while it lasts. */
export const memoryStore = defineStore({
  configSchema: z.object({
    SESSION_TTL_S: seconds(DAY),
    MAX_SESSIONS: z.coerce.number().int().min(1).max(10_000_000).default(10_000),
    JOURNAL_TTL_S: seconds(60 * 60),
    JOURNAL_MEMORY_MB: z.coerce.number().int().min(1).max(1_000_000).default(256),
  }),
  async open(config, { clock }) {
    const journalTtlMilliseconds = config.JOURNAL_TTL_S * 1000;
    const maxBytes = config.JOURNAL_MEMORY_MB * 1024 * 1024;
    const budget = new MemoryJournalBudget({ ttlMilliseconds: journalTtlMilliseconds, maxBytes });
    const sessionTtlMilliseconds = config.SESSION_TTL_S * 1000;
    const records = new MemoryRecords({ sessionTtlMilliseconds, maxSessions: config.MAX_SESSIONS }, budget);
    return {
      sessions: new MemorySessionRepository(records, clock, DAY * 1000),
      runs: new MemoryRunRepository(records, clock),
      journal: new MemoryRunJournal(records, budget, clock),
      ready: async () => {},
      close: async () => {},
    };
  },
});
