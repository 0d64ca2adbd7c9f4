import { luaScript } from '../lua-script.js';
import { NOW, READ_RUN, TOUCH } from './session-lua.js';

/** Looks at a session whose time has come, and takes its active run up when nobody writes it any more. One that has ended, and whose
 *  turn was not passed on, is only told: its ending is to be given again.
 *  KEYS: session, turns, queue. ARGV: createdAt of the session that is meant, channel of this process, lease time, busy time.
 *  Returns when to look again; false when the session is gone; the run that was taken up, or has ended, if there is one; and the
 *  number of its last event where it has ended. */
export const claimScript = luaScript(`${NOW}${READ_RUN}${TOUCH}
local session = KEYS[1]
if redis.call('HGET', session, 'createdAt') ~= ARGV[1] then return { false } end
local id, time = redis.call('HGET', session, 'active'), now()
if not id then return { time + redis.call('PTTL', session) + 1 } end
local state = redis.call('HMGET', session, id .. ':lease', id .. ':status', id .. ':epoch', id .. ':last')
if tonumber(state[1] or 0) > time then return { tonumber(state[1]) } end
if state[2] == 'ended' then return { time, id, run(id), tonumber(state[4] or 0) } end
redis.call('HSET', session, id .. ':epoch', tonumber(state[3] or 0) + 1, id .. ':lease', time + ARGV[3], id .. ':owner', ARGV[2])
touch(ARGV[4], ARGV[4])
return { time + ARGV[3], id, run(id) }
`);
