import { luaScript } from '../lua-script.js';
import { announceScript, dueScript, forgetScript, listScript, postponeScript, settleScript } from './agenda.js';
import { appendScript } from './append.js';
import { attendedScript, attendScript, leaveScript } from './audience.js';
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
  attendScript,
  attendedScript,
  commitScript,
  dueScript,
  forgetScript,
  historyScript,
  leaveScript,
  listScript,
  loadScript,
  lookScript,
  moveScript,
  pageScript,
  postponeScript,
  removeScript,
  renewScript,
  settleScript,
];
/** What is sent without a script. */
const DIRECT = ['GET', 'HGETALL', 'HMGET', 'LRANGE', 'SET'];

/** Every command that the store needs. */
export const NEEDED_COMMANDS: readonly string[] = [
  ...new Set([...DIRECT, ...SCRIPTS.flatMap(({ commands }) => commands)]),
];

/** Writes, where all that is needed may be done. KEYS: probe. ARGV: how long it stays. */
export const probeScript = luaScript(`redis.call('SET', KEYS[1], '', 'PX', ARGV[1])`, [], NEEDED_COMMANDS);
