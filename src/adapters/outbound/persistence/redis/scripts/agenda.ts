import { luaScript } from '../lua-script.js';
import { NOW } from './session-lua.js';

/** The index of sessions. Entries stand in `sessions` to be listed, and in `agenda` with the time at which to look at them.
 *  These times are only hints, but none may come too late; the truth is in the sessions. */

/** Before a message is accepted. Where its turn is now, the session is next looked at when its lease may be over: not before,
 *  or a look could come before the message, find nothing to do, and put the session off. Else there is a run already, and
 *  nothing may put off the look at that.
 *  KEYS: sessions, agenda. ARGV: entry, lease time, '1' where the turn is now. */
export const announceScript = luaScript(`${NOW}
redis.call('ZADD', KEYS[1], 0, ARGV[1])
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[2], now() + ARGV[2], ARGV[1])
else
  redis.call('ZADD', KEYS[2], 'NX', now() + ARGV[2], ARGV[1])
end
`);

/** These are looked at again after a time.
 *  KEYS: sessions, agenda. ARGV: time from now, entries. */
export const postponeScript = luaScript(`${NOW}
local time = now() + ARGV[1]
for i = 2, #ARGV do
  redis.call('ZADD', KEYS[1], 0, ARGV[i])
  redis.call('ZADD', KEYS[2], time, ARGV[i])
end
`);

/** KEYS: agenda. ARGV: how many at most. Returns entries whose time has come, each followed by that time. */
export const dueScript = luaScript(`${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now(), 'WITHSCORES', 'LIMIT', 0, ARGV[1])
`);

/** After a look: the entry gets another time or, without one, goes, unless somebody has set its time meanwhile.
 *  KEYS: sessions, agenda. ARGV: entry, time that was seen, new time or ''. */
export const settleScript = luaScript(`
if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[2] then return end
if ARGV[3] ~= '' then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
else
  redis.call('ZREM', KEYS[1], ARGV[1])
  redis.call('ZREM', KEYS[2], ARGV[1])
end
`);

/** A page of the list, each entry followed by the time at which it was to be looked at: '' where that has not come yet.
 *  KEYS: sessions, agenda. ARGV: where to begin, how many at most. */
export const listScript = luaScript(`${NOW}
local time, found = now(), {}
for _, entry in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  local due = redis.call('ZSCORE', KEYS[2], entry) or '-inf'
  found[#found + 1] = entry
  found[#found + 1] = tonumber(due) <= time and due or ''
end
return found
`);

/** Entries whose session is gone go too, unless somebody has set their time meanwhile.
 *  KEYS: sessions, agenda. ARGV: entry and time that was seen, in turn. */
export const forgetScript = luaScript(`
for i = 1, #ARGV, 2 do
  if (redis.call('ZSCORE', KEYS[2], ARGV[i]) or '-inf') == ARGV[i + 1] then
    redis.call('ZREM', KEYS[1], ARGV[i])
    redis.call('ZREM', KEYS[2], ARGV[i])
  end
end
`);
