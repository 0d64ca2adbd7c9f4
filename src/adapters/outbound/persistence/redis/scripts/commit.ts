import { luaScript } from '../lua-script.js';
import { JOURNALS } from './journal-lua.js';
import { ARGUMENTS, FORMER, IS_FORMER, NOW, SNAPSHOT, TELL } from './session-lua.js';

/** Names and values that a script may hand to one command; Lua takes fewer than 8000. */
const MOST_AT_ONCE = 4000;

/** Keeps a step if the session and the journals stand where the step says. A step whose new revision the session has
 *  was kept before, and its answer got lost.
 *  KEYS: session, idempotency key.
 *  ARGV: the revision that was seen ('': no session) and the new one, '1' where it is made only when due, when it is
 *  due ('never', 'unchanged' or milliseconds from now), time for which the session is kept; the run of the
 *  idempotency key ('': none) and its time; what the names of journals and the channels of their news begin with,
 *  time for which a journal is kept; channel and run of the writer that is asked ('': none); '1' where the active
 *  run is wanted; then lists: other wanted runs, runs that begin, endings (run, number of the last event before it
 *  or '', events), fields and values of the session. Returns 1, whether it is due sooner than before, and the active
 *  run; or 0, the run and the number where a journal stands elsewhere, and what stands. */
export const commitScript = luaScript(
  `${ARGUMENTS}${NOW}${TELL}${IS_FORMER}${SNAPSHOT}${JOURNALS}
local session = KEYS[1]
local seen, revision, onlyIfDue, dueIn, keep = take(), take(), take() == '1', take(), take()
local keyed, keyTime, journals, news, journalTime = take(), take(), take(), take(), take()
local writer, asked, active = take(), take(), take()
local wanted, begun, ended, fields = list(), list(), endings(), list()

local state = redis.call('HMGET', session, 'rev', 'head', 'due', 'turns')
local time, due = now(), tonumber(state[3] or '')

local function set(name, value)
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end
local function refused(id, last)
  return { 0, id, last, snapshot(state, wanted, active) }
end
local function nextDue()
  if dueIn == 'never' then return '' end
  return dueIn == 'unchanged' and (due or '') or time + dueIn
end

if state[1] == revision then return { 1, 0, active == '1' and activeRun() or false } end
if not state[1] and isFormer() then return '${FORMER}' end
if (state[1] or '') ~= seen or onlyIfDue and (not due or due > time) then return refused(false, 0) end
for _, ending in ipairs(ended) do
  ending.last = lastOf(ending.id)
  if ending.after and ending.after ~= ending.last then return refused(ending.id, ending.last) end
end

for _, ending in ipairs(ended) do
  endJournal(journals .. ending.id, ending.events, ending.last, journalTime)
  set(ending.id .. ':last', ending.last + #ending.events)
end
local turns = tonumber(state[4] or 0)
for i, id in ipairs(begun) do
  set(id .. ':place', turns + i)
  set('turn:' .. (turns + i), id)
end
set('turns', turns + #begun)
local again = nextDue()
set('due', again)
for from = 1, #fields, ${MOST_AT_ONCE} do
  redis.call('HSET', session, unpack(fields, from, math.min(from + ${MOST_AT_ONCE - 1}, #fields)))
end
redis.call('PEXPIRE', session, keep)
if keyed ~= '' then redis.call('SET', KEYS[2], keyed, 'PX', keyTime) end
for _, ending in ipairs(ended) do tell(news .. ending.id, '') end
tell(writer, asked)
local sooner = again ~= '' and (not due or again < due)
return { 1, sooner and 1 or 0, active == '1' and activeRun() or false }
`,
  ['HMGET', 'HGET', 'GET', 'TIME', 'EXISTS', 'XADD'],
);
