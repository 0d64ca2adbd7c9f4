import { luaScript } from '../lua-script.js';
import { READ_RUN } from './session-lua.js';

/** A page of the turns of a session in order, each with its answer; nothing after one of them, if that is given. The queue comes
 *  whole, with the last page: what is in it has no fixed place yet.
 *  KEYS: session, turns, queue. ARGV: run to stop at or '', where the page begins, how many turns at most, how many bytes close it.
 *  Returns when the session was created, where the next page begins (-1: nowhere) and the turns; false when there is no session. */
export const messagesScript = luaScript(`${READ_RUN}
local from, most, full = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local createdAt = redis.call('HGET', KEYS[1], 'createdAt')
if not createdAt then return false end
local told, bytes = {}, 0

local function tell(id)
  local fields = run(id)
  local answer = redis.call('HGET', KEYS[1], id .. ':answer')
  told[#told + 1] = { id, fields, answer }
  bytes = bytes + #(fields[2] or '') + #(answer or '')
  return id ~= ARGV[1]
end

local turns = redis.call('LRANGE', KEYS[2], from, from + most - 1)
for i, id in ipairs(turns) do
  if not tell(id) then return { createdAt, -1, told } end
  if bytes >= full then return { createdAt, from + i, told } end
end
if #turns == most then return { createdAt, from + most, told } end
for _, id in ipairs(redis.call('LRANGE', KEYS[3], 0, -1)) do
  if not tell(id) then break end
end
return { createdAt, -1, told }
`);
