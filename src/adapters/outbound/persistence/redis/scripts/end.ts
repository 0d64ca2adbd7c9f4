import { luaScript } from '../lua-script.js';
import { NOW, READ_RUN, REFUSAL, TELL, TOUCH } from './session-lua.js';

/** Ends a run, stores its answer and closing events, and makes the next queued run the active one. The same ending given again
 *  is the one that was lost on its way back: it is answered as before.
 *  KEYS: session, turns, queue, journal.
 *  ARGV: run, epoch, idle time, busy time, number of the last event, finishReason, usage, error, endedAt, answer,
 *        channel of this process ('' to hand over), lease time, channel of the run's news, time for which the journal is kept,
 *        closing events.
 *  Returns the run and the next one; or why not; or, at a gap, where the journal stands. */
export const endScript = luaScript(`${NOW}${READ_RUN}${TOUCH}${REFUSAL}${TELL}
local session, id, offset = KEYS[1], ARGV[1], 14
local last = tonumber(ARGV[5])

local function repeated()
  local kept = redis.call('HMGET', session, id .. ':epoch', id .. ':finishReason', id .. ':endedAt')
  return kept[1] == ARGV[2] and kept[2] == ARGV[6] and kept[3] == ARGV[9]
end

-- With the next run, if this writer was given it and still has it: nobody has claimed it since.
local function answer(next)
  local held = next and redis.call('HGET', session, next .. ':epoch') == '1'
    and redis.call('HGET', session, next .. ':status') == 'running'
  return { run(id), held and next or false, held and run(next) or false, redis.call('HGET', session, 'createdAt') }
end

local function close()
  redis.call('HSET', session, id .. ':status', 'ended', id .. ':finishReason', ARGV[6], id .. ':endedAt', ARGV[9],
    id .. ':last', last + #ARGV - offset, 'updatedAt', ARGV[9])
  if ARGV[7] ~= '' then redis.call('HSET', session, id .. ':usage', ARGV[7]) end
  if ARGV[8] ~= '' then redis.call('HSET', session, id .. ':error', ARGV[8]) end
  if ARGV[10] ~= '' then
    redis.call('HSET', session, id .. ':answer', ARGV[10])
    redis.call('HINCRBY', session, 'messageCount', 1)
  end
  for i = 1, #ARGV - offset do redis.call('XADD', KEYS[4], (last + i) .. '-0', 'e', ARGV[offset + i]) end
  redis.call('PEXPIRE', KEYS[4], ARGV[14])
end

-- Runs that were cancelled in the queue take their place in the history when their turn would have come.
local function nextTurn()
  local next = redis.call('LPOP', KEYS[3])
  while next do
    redis.call('RPUSH', KEYS[2], next)
    if redis.call('HGET', session, next .. ':status') == 'queued' then return next end
    next = redis.call('LPOP', KEYS[3])
  end
end

local function activate(next)
  redis.call('HSET', session, 'active', next, next .. ':status', 'running')
  redis.call('HINCRBY', session, 'queued', -1)
  if ARGV[11] == '' then
    redis.call('HSET', session, next .. ':lease', 0)
  else
    redis.call('HINCRBY', session, next .. ':epoch', 1)
    redis.call('HSET', session, id .. ':next', next, next .. ':lease', now() + ARGV[12], next .. ':owner', ARGV[11])
  end
end

local refused = refusal(id, ARGV[2])
if refused == 'ended' and repeated() then return answer(redis.call('HGET', session, id .. ':next')) end
if refused then return refused end
local stands = tonumber(redis.call('HGET', session, id .. ':last') or 0)
if stands ~= last then return { 'gap', stands } end
close()
local next = nextTurn()
if next then activate(next) else redis.call('HDEL', session, 'active') end
touch(ARGV[3], ARGV[4])
tell(ARGV[13], '')
return answer(redis.call('HGET', session, id .. ':next'))
`);
