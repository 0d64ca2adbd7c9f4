import { luaScript } from '../lua-script.js';
import { acceptScript } from './accept.js';
import { announceScript, dueScript, forgetScript, listScript, postponeScript, settleScript } from './agenda.js';
import { appendScript } from './append.js';
import { attendedScript, attendScript, leaveScript } from './audience.js';
import { beginScript } from './begin.js';
import { claimScript } from './claim.js';
import { deleteScript } from './delete.js';
import { endScript } from './end.js';
import { messagesScript } from './messages.js';
import { pageScript } from './page.js';
import { renewScript } from './renew.js';
import { stopScript } from './stop.js';

const SCRIPTS = [
  acceptScript,
  announceScript,
  appendScript,
  attendScript,
  attendedScript,
  beginScript,
  claimScript,
  deleteScript,
  dueScript,
  endScript,
  forgetScript,
  leaveScript,
  listScript,
  messagesScript,
  pageScript,
  postponeScript,
  renewScript,
  settleScript,
  stopScript,
];
/** What is sent without a script. */
const DIRECT = ['GET', 'HMGET', 'SET', 'ZREM'];

/** Every command that the store needs. */
export const NEEDED_COMMANDS: readonly string[] = [
  ...new Set([...DIRECT, ...SCRIPTS.flatMap(({ commands }) => commands)]),
];

/** Writes, where all that is needed may be done. KEYS: probe. ARGV: how long it stays. */
export const probeScript = luaScript(`redis.call('SET', KEYS[1], '', 'PX', ARGV[1])`, [], NEEDED_COMMANDS);
