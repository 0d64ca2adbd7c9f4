import { luaScript } from '../lua-script.js';
import { FORMER } from './session-lua.js';

/** Reads a page of turns with their texts. Begun turns have numbers, and those of the queue go on from there.
 *  KEYS: session. ARGV: the runs after, before and through which ('': none), '1' to begin at the end, how many turns at
 *  most, how many bytes close it. Returns the head, whether there is more, and of each turn its birth, its outcome and
 *  its answer, in the order in which it was read; false when there is no session, or no turn to begin after. */
export const historyScript = luaScript(`
local session = KEYS[1]
local state = redis.call('HMGET', session, 'head', 'turns', 'createdAt')
if not state[1] then return state[3] and '${FORMER}' or false end
local began, queue = tonumber(state[2]), cjson.decode(state[1]).queue

local function placeOf(id)
  if id == '' then return nil end
  for i, waiting in ipairs(queue) do
    if waiting == id then return began + i end
  end
  return tonumber(redis.call('HGET', session, id .. ':place') or '')
end

local first, before, through = placeOf(ARGV[1]), placeOf(ARGV[2]), placeOf(ARGV[3])
if ARGV[1] ~= '' and not first then return false end
local from, to, step = (first or 0) + 1, before and before - 1 or through or began + #queue, 1
if ARGV[4] == '1' then from, to, step = to, from, -1 end

local turns, count, bytes, most, full = {}, 0, 0, tonumber(ARGV[5]), tonumber(ARGV[6])
for place = from, to, step do
  if count >= most or bytes >= full then return { state[1], 1, turns } end
  local id = place > began and queue[place - began] or redis.call('HGET', session, 'turn:' .. place)
  local kept = redis.call('HMGET', session, id .. ':birth', id .. ':outcome', id .. ':answer')
  count = count + 1
  bytes = bytes + #kept[1] + #(kept[3] or '')
  turns[count] = kept
end
return { state[1], 0, turns }
`);
