import { luaScript } from '../lua-script.js';
import { NOW, READ_RUN, TOUCH } from './session-lua.js';

/** Looks at a session whose time has come, and takes its active run up when nobody writes it any more.
 *  KEYS: session, turns, queue. ARGV: createdAt of the session that is meant, channel of this process, lease time, busy time.
 *  Returns when to look again; false when the session is gone; and the run that was taken up, if one was. */
export const claimScript = luaScript(`${NOW}${READ_RUN}${TOUCH}
local session = KEYS[1]
if redis.call('HGET', session, 'createdAt') ~= ARGV[1] then return { false } end
local id, time = redis.call('HGET', session, 'active'), now()
if not id then return { time + redis.call('PTTL', session) + 1 } end
local lease = tonumber(redis.call('HGET', session, id .. ':lease'))
if lease > time then return { lease } end
redis.call('HINCRBY', session, id .. ':epoch', 1)
redis.call('HSET', session, id .. ':lease', time + ARGV[3], id .. ':owner', ARGV[2])
touch(ARGV[4], ARGV[4])
return { time + ARGV[3], id, run(id) }
`);
