import { randomUUID } from 'node:crypto';
import { getHeapStatistics } from 'node:v8';
import { z } from 'zod';
import { KEY_MILLISECONDS } from '../../../../domain/repeats.js';
import { wholeNumberSetting } from '../../whole-number-setting.js';
import { storeOver } from '../ledger-store.js';
import { SoleAudience } from '../sole-audience.js';
import { StopWatch } from '../stop-watch.js';
import { defineStore } from '../store.js';
import { MemoryJournalBudget } from './memory-journal-budget.js';
import { MemoryLedger } from './memory-ledger.js';
import { MemoryRunJournal } from './memory-run-journal.js';
import { MemorySessionBudget } from './memory-session-budget.js';
import { MemorySessions } from './memory-sessions.js';

const HOUR = 60 * 60;
const DAY = 24 * HOUR;
const MEBIBYTE = 1024 * 1024;

/** Keeps everything in this process, within bounds. All of it goes with the process. */
export const memoryStore = defineStore({
  isShared: false,
  configSchema: z.object({
    SESSION_TTL_S: wholeNumberSetting(1, 365 * DAY, DAY),
    MAX_SESSIONS: wholeNumberSetting(1, 10_000_000, 10_000),
    JOURNAL_TTL_S: wholeNumberSetting(1, 365 * DAY, HOUR),
    SESSION_MEMORY_MB: megabytesSetting(),
    JOURNAL_MEMORY_MB: megabytesSetting(),
  }),
  async open(config, dependencies) {
    const { clock } = dependencies;
    const maxBytes = config.JOURNAL_MEMORY_MB * MEBIBYTE;
    const budget = new MemoryJournalBudget({ ttlMilliseconds: config.JOURNAL_TTL_S * 1000, maxBytes });
    const limits = { sessionTtlMilliseconds: config.SESSION_TTL_S * 1000, maxSessions: config.MAX_SESSIONS };
    const sessions = new MemorySessions(limits, budget, new MemorySessionBudget(config.SESSION_MEMORY_MB * MEBIBYTE));
    const ledger = new MemoryLedger(sessions, budget, clock, KEY_MILLISECONDS);
    return storeOver(
      {
        ledger,
        journal: new MemoryRunJournal(sessions, budget, clock),
        audience: new SoleAudience(),
        writer: randomUUID(),
        stops: new StopWatch({ heads: (keys) => ledger.heads(keys), onError: () => {}, hearsAll: true }),
        outlivesProcess: false,
        ready: async () => {},
        close: async () => {},
      },
      dependencies,
    );
  },
});

/** 256 MiB, or an eighth of the heap on a small machine, so that the process keeps room for its work. */
function megabytesSetting() {
  const eighth = Math.floor(getHeapStatistics().heap_size_limit / 8 / MEBIBYTE);
  return wholeNumberSetting(1, 1_000_000, Math.min(256, Math.max(1, eighth)));
}
