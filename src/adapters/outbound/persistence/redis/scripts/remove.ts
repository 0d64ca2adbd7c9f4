import { luaScript } from '../lua-script.js';
import { JOURNALS } from './journal-lua.js';
import { ARGUMENTS, TELL } from './session-lua.js';

/** Removes a session if it stands where it was seen. Its journals, to which readers may be attached, go a little later.
 *  KEYS: session. ARGV: the revision that was seen, what the names of journals and the channels of their news begin
 *  with, time for which journals are kept on; channel and run of the writer that is asked ('': none); then lists: the
 *  runs in the queue, endings (run, '', events). Returns 1 where it did. */
export const removeScript = luaScript(
  `${ARGUMENTS}${TELL}${JOURNALS}
local session = KEYS[1]
local seen, journals, news, time = take(), take(), take(), tonumber(take())
local writer, asked, queue, ended = take(), take(), list(), endings()
local state = redis.call('HMGET', session, 'rev', 'turns')
if state[1] ~= seen then return 0 end

local function shorten(id)
  if redis.call('PTTL', journals .. id) > time then redis.call('PEXPIRE', journals .. id, time) end
end

for _, ending in ipairs(ended) do
  endJournal(journals .. ending.id, ending.events, lastOf(ending.id), time)
  tell(news .. ending.id, '')
end
for i = 1, tonumber(state[2]) do shorten(redis.call('HGET', session, 'turn:' .. i)) end
for _, id in ipairs(queue) do shorten(id) end
tell(writer, asked)
redis.call('UNLINK', session)
return 1
`,
  ['HMGET', 'HGET', 'XADD'],
);
