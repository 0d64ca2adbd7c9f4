import { luaScript } from '../lua-script.js';
import {
  announceScript,
  dueScript,
  forgetScript,
  listScript,
  moveUpScript,
  postponeScript,
  purgeScript,
  settleScript,
} from './agenda.js';
import { appendScript } from './append.js';
import { attendedScript, attendScript, leaveScript } from './audience.js';
import { asideScript, bringScript } from './bring.js';
import { claimScript, releaseScript } from './claim.js';
import { commitScript } from './commit.js';
import { historyScript } from './history.js';
import { loadScript } from './load.js';
import { lookScript } from './look.js';
import { moveScript } from './move.js';
import { pageScript } from './page.js';
import { removeScript } from './remove.js';
import { renewScript } from './renew.js';

const SCRIPTS = [
  announceScript,
  appendScript,
  asideScript,
  attendScript,
  attendedScript,
  bringScript,
  claimScript,
  commitScript,
  dueScript,
  forgetScript,
  historyScript,
  leaveScript,
  listScript,
  loadScript,
  lookScript,
  moveScript,
  moveUpScript,
  pageScript,
  postponeScript,
  purgeScript,
  releaseScript,
  removeScript,
  renewScript,
  settleScript,
];
/** What is sent without a script. */
const DIRECT = [
  ...['EXISTS', 'GET', 'HGETALL', 'HMGET', 'LRANGE', 'SET', 'UNLINK', 'ZCARD', 'ZRANGEBYSCORE', 'ZREM'],
  'ZREVRANGEBYSCORE',
];

/** Every command that the store needs, also the rarely used ones: whoever lacks one would find out too late. */
export const NEEDED_COMMANDS: readonly string[] = [
  ...new Set([...DIRECT, ...SCRIPTS.flatMap(({ commands }) => commands)]),
];

/** Writes, where all that is needed may be done. KEYS: probe. ARGV: how long it stays. */
export const probeScript = luaScript(`redis.call('SET', KEYS[1], '', 'PX', ARGV[1])`, [], NEEDED_COMMANDS);
