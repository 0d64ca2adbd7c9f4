import { getHeapStatistics } from 'node:v8';
import { z } from 'zod';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { SoleAudience } from '../sole-audience.js';
import { defineStore } from '../store.js';
import { MemoryJournalBudget } from './memory-journal-budget.js';
import { MemoryRecords } from './memory-records.js';
import { MemoryRunJournal } from './memory-run-journal.js';
import { MemoryRunLeases } from './memory-run-leases.js';
import { MemoryRunRepository } from './memory-run-repository.js';
import { MemorySessionBudget } from './memory-session-budget.js';
import { MemorySessionRepository } from './memory-session-repository.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const MEBIBYTE = 1024 * 1024;

/** Everything in this process: gone with it, bounded while it lasts. */
export const memoryStore = defineStore({
  configSchema: z.object({
    SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
    MAX_SESSIONS: wholeNumberSetting(1, 10_000_000, 10_000),
    JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
    SESSION_MEMORY_MB: megabytesSetting(),
    JOURNAL_MEMORY_MB: megabytesSetting(),
  }),
  async open(config, { clock, leaseMilliseconds }) {
    const journalTtlMilliseconds = config.JOURNAL_TTL_S * 1000;
    const maxBytes = config.JOURNAL_MEMORY_MB * MEBIBYTE;
    const budget = new MemoryJournalBudget({ ttlMilliseconds: journalTtlMilliseconds, maxBytes });
    const sessionTtlMilliseconds = config.SESSION_TTL_S * 1000;
    const limits = { sessionTtlMilliseconds, maxSessions: config.MAX_SESSIONS, leaseMilliseconds };
    const records = new MemoryRecords(limits, budget, new MemorySessionBudget(config.SESSION_MEMORY_MB * MEBIBYTE));
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

/** The usual is 256, and on a small machine what leaves the process room for its work. */
function megabytesSetting() {
  const eighth = Math.floor(getHeapStatistics().heap_size_limit / 8 / MEBIBYTE);
  return wholeNumberSetting(1, 1_000_000, Math.min(256, Math.max(1, eighth)));
}
