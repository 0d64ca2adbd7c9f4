import { luaScript } from '../lua-script.js';
import { TELL } from './session-lua.js';

/** Removes a session. What readers may be attached to, its journals, goes a little later; those of runs that were not over
 *  get the closing event. The names of journals are made here: they have the session's hash tag, so they are where it is.
 *  KEYS: session, turns, queue. ARGV: what the journals' names begin with, what the channels of their news begin with,
 *  time for which journals are kept on, closing event (its number is set here).
 *  Returns when the session was created and the runs that were ended; false when there is no session. */
export const deleteScript = luaScript(`${TELL}
local session, journals, news, time = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3])
local createdAt = redis.call('HGET', session, 'createdAt')
if not createdAt then return false end
local ended = {}

local function close(id)
  local last = tonumber(redis.call('HGET', session, id .. ':last') or 0)
  local event = cjson.decode(ARGV[4])
  event.sequence = last + 1
  redis.call('XADD', journals .. id, (last + 1) .. '-0', 'e', cjson.encode(event))
  redis.call('PEXPIRE', journals .. id, time)
  tell(news .. id, '')
  ended[#ended + 1] = id
end

for _, id in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
  if redis.call('PTTL', journals .. id) > time then redis.call('PEXPIRE', journals .. id, time) end
end
for _, id in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  if redis.call('HGET', session, id .. ':status') == 'queued' then close(id) end
end
local active = redis.call('HGET', session, 'active')
if active then
  close(active)
  tell(redis.call('HGET', session, active .. ':owner'), active)
end
redis.call('UNLINK', session, KEYS[2], KEYS[3])
return { createdAt, ended }
`);
