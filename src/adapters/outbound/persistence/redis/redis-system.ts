import type { JournalFeed } from '../journal-feed.js';
import type { JournalPages } from './journal-pages.js';
import type { RedisConnection } from './redis-connection.js';
import type { RedisKeys } from './redis-keys.js';
import type { RedisTimes } from './redis-times.js';
import type { RunDirectory } from './run-directory.js';
import type { SessionIndex } from './session-index.js';
import type { SessionScripts } from './session-scripts.js';
import type { UpdateOrder } from './update-order.js';

/** What the parts of this store share. */
export interface RedisSystem {
  readonly connection: RedisConnection;
  readonly keys: RedisKeys;
  readonly times: RedisTimes;
  readonly scripts: SessionScripts;
  readonly index: SessionIndex;
  readonly updates: UpdateOrder;
  readonly directory: RunDirectory;
  readonly pages: JournalPages;
  readonly feed: JournalFeed;
  /** The name of this process. */
  readonly writer: string;
}
