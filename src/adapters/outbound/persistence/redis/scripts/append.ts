import { luaScript } from '../lua-script.js';
import { TELL } from './session-lua.js';

/** Adds those of the numbered texts that the journal does not have, if they follow its last event. The session has the
 *  number of that event, too. Where the two differ, the server has lost data, and the script adds nothing.
 *  KEYS: session, journal. ARGV: fence, run, channel of its news, time for which a journal is kept while it is written,
 *  number of the first text, texts. Returns where the journal stood; false when the fence is another one; or, at a gap,
 *  the number that would have been right, below zero. */
export const appendScript = luaScript(
  `${TELL}
local id, first, offset = ARGV[2], tonumber(ARGV[5]), 5
local state = redis.call('HMGET', KEYS[1], 'fence', id .. ':last')
if state[1] ~= ARGV[1] then return false end
local last = tonumber(state[2] or 0)
if last > 0 and redis.call('EXISTS', KEYS[2]) == 0 then return -1 end
if first > last + 1 then return -last - 1 end
local count = #ARGV - offset
for i = last + 2 - first, count do
  redis.call('XADD', KEYS[2], (first + i - 1) .. '-0', 't', ARGV[offset + i])
end
if first + count - 1 > last then
  redis.call('HSET', KEYS[1], id .. ':last', first + count - 1)
  if last == 0 then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
  tell(ARGV[3], '')
end
return last
`,
  ['HMGET', 'EXISTS', 'XADD'],
);
