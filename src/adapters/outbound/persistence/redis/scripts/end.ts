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

-- In one command, so that it is never half done.
local function close()
  local fields = { id .. ':status', 'ended', id .. ':finishReason', ARGV[6], id .. ':endedAt', ARGV[9],
    id .. ':last', last + #ARGV - offset, 'updatedAt', ARGV[9] }
  local function set(name, value)
    fields[#fields + 1] = name
    fields[#fields + 1] = value
  end
  if ARGV[7] ~= '' then set(id .. ':usage', ARGV[7]) end
  if ARGV[8] ~= '' then set(id .. ':error', ARGV[8]) end
  if ARGV[10] ~= '' then
    set(id .. ':answer', ARGV[10])
    set('messageCount', tonumber(redis.call('HGET', session, 'messageCount') or 0) + 1)
  end
  redis.call('HSET', session, unpack(fields))
end

local function tellEnding()
  for i = 1, #ARGV - offset do
    local number = (last + i) .. '-0'
    if #redis.call('XRANGE', KEYS[4], number, number) == 0 then
      redis.call('XADD', KEYS[4], number, 'e', ARGV[offset + i])
    end
  end
  redis.call('PEXPIRE', KEYS[4], ARGV[14])
  tell(ARGV[13], '')
end

-- Runs that were cancelled in the queue take their place in the history when their turn would have come. The last in the history
-- is the next if it was put there and has not begun.
local function nextTurn()
  local next = redis.call('LINDEX', KEYS[2], -1)
  while next and redis.call('HGET', session, next .. ':status') ~= 'queued' do
    next = redis.call('LPOP', KEYS[3])
    if next then redis.call('RPUSH', KEYS[2], next) end
  end
  return next
end

local function activate(next)
  local queued = tonumber(redis.call('HGET', session, 'queued') or 0) - 1
  if ARGV[11] == '' then
    redis.call('HSET', session, 'active', next, next .. ':status', 'running', 'queued', queued, next .. ':lease', 0)
  else
    redis.call('HSET', session, 'active', next, next .. ':status', 'running', 'queued', queued, id .. ':next', next,
      next .. ':epoch', 1, next .. ':lease', now() + ARGV[12], next .. ':owner', ARGV[11])
  end
end

-- What follows from the ending. That the turn is passed on comes last: until then, all of it can be done again.
local function settle()
  if redis.call('HGET', session, 'active') ~= id then return end
  tellEnding()
  local next = nextTurn()
  if next then activate(next) else redis.call('HDEL', session, 'active') end
  touch(ARGV[3], ARGV[4])
end

local refused = refusal(id, ARGV[2])
if refused and (refused ~= 'ended' or not repeated()) then return refused end
if not refused then
  local stands = tonumber(redis.call('HGET', session, id .. ':last') or 0)
  if stands ~= last then return { 'gap', stands } end
  close()
end
settle()
return answer(redis.call('HGET', session, id .. ':next'))
`);
