import { z } from 'zod';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { SoleAudience } from '../sole-audience.js';
import { defineStore } from '../store.js';
import { MemoryJournalBudget } from './memory-journal-budget.js';
import { MemoryRecords } from './memory-records.js';
import { MemoryRunJournal } from './memory-run-journal.js';
import { MemoryRunLeases } from './memory-run-leases.js';
import { MemoryRunRepository } from './memory-run-repository.js';
import { MemorySessionRepository } from './memory-session-repository.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;

/** Everything in this process: gone with it, bounded while it lasts. */
export const memoryStore = defineStore({
  configSchema: z.object({
    SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
    MAX_SESSIONS: wholeNumberSetting(1, 10_000_000, 10_000),
    JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
    JOURNAL_MEMORY_MB: wholeNumberSetting(1, 1_000_000, 256),
  }),
  async open(config, { clock, leaseMilliseconds }) {
    const journalTtlMilliseconds = config.JOURNAL_TTL_S * 1000;
    const maxBytes = config.JOURNAL_MEMORY_MB * 1024 * 1024;
    const budget = new MemoryJournalBudget({ ttlMilliseconds: journalTtlMilliseconds, maxBytes });
    const sessionTtlMilliseconds = config.SESSION_TTL_S * 1000;
    const limits = { sessionTtlMilliseconds, maxSessions: config.MAX_SESSIONS, leaseMilliseconds };
    const records = new MemoryRecords(limits, budget);
    return {
      sessions: new MemorySessionRepository(records, clock, DAY * 1000),
      runs: new MemoryRunRepository(records, clock),
      journal: new MemoryRunJournal(records, budget, clock),
      leases: new MemoryRunLeases(records, clock),
      audience: new SoleAudience(),
      outlivesProcess: false,
      ready: async () => {},
      close: async () => {},
    };
  },
});
