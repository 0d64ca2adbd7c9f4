import { luaScript } from '../lua-script.js';
import { NOW, TOUCH } from './session-lua.js';

/** Makes a lease last for its whole time from now on, and with it what is kept of the session.
 *  KEYS: session, turns, queue, journal. ARGV: run, epoch, lease time, busy time.
 *  Returns when the session was created; false when the lease is lost. */
export const renewScript = luaScript(`${NOW}${TOUCH}
local id = ARGV[1]
local state = redis.call('HMGET', KEYS[1], id .. ':status', id .. ':epoch')
if state[1] ~= 'running' or state[2] ~= ARGV[2] or ARGV[2] == '0' then return false end
redis.call('HSET', KEYS[1], id .. ':lease', now() + ARGV[3])
touch(ARGV[4], ARGV[4])
redis.call('PEXPIRE', KEYS[4], ARGV[4])
return redis.call('HGET', KEYS[1], 'createdAt')
`);
