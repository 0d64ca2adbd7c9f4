import { luaScript } from '../lua-script.js';
import { NOW } from './session-lua.js';

/** A set has the processes with readers of a run, each with the time until which its word holds.
 *  KEYS: readers of the run. */

/** ARGV: process, time from now. */
export const attendScript = luaScript(`${NOW}
redis.call('ZADD', KEYS[1], now() + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
`);

/** ARGV: process. Returns how many others there are. */
export const leaveScript = luaScript(`${NOW}
redis.call('ZREM', KEYS[1], ARGV[1])
return redis.call('ZCOUNT', KEYS[1], '(' .. now(), '+inf')
`);

/** Returns how many there are. */
export const attendedScript = luaScript(`${NOW}
return redis.call('ZCOUNT', KEYS[1], '(' .. now(), '+inf')
`);
