import { luaScript } from '../lua-script.js';
import { READ_RUN } from './session-lua.js';

/** The turns of a session in order, then its queue, each with its answer; nothing after one of them, if that is given.
 *  KEYS: session, turns, queue. ARGV: run to stop at or ''.
 *  Returns false when there is no session. */
export const messagesScript = luaScript(`${READ_RUN}
if redis.call('EXISTS', KEYS[1]) == 0 then return false end
local told = {}
for i = 2, 3 do
  for _, id in ipairs(redis.call('LRANGE', KEYS[i], 0, -1)) do
    told[#told + 1] = { id, run(id), redis.call('HGET', KEYS[1], id .. ':answer') }
    if id == ARGV[1] then return told end
  end
end
return told
`);
