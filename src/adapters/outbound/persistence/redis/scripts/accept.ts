import { luaScript } from '../lua-script.js';
import { NOW, READ_RUN, TELL, TOUCH } from './session-lua.js';

/** Reads a session as it stands, and adds a run where it was decided on (`place`), if the session is still the one that was
 *  decided on: the rule itself is not here. Returns what stands then.
 *  KEYS: session, turns, queue, idempotency key.
 *  ARGV: run, idle time, busy time, place ('' to read only), createdAt, active and queued as they were seen,
 *        this process's channel, lease time, time of the idempotency key ('0': none), at, then the run's fields and values. */
export const acceptScript = luaScript(`${NOW}${READ_RUN}${TOUCH}${TELL}
local id, place, owner, at = ARGV[1], ARGV[4], ARGV[8], ARGV[11]
local session = KEYS[1]

local function known(run)
  return run and redis.call('HEXISTS', session, run .. ':status') == 1
end

local function unchanged()
  local seen = redis.call('HMGET', session, 'createdAt', 'active', 'queued')
  return (seen[1] or '') == ARGV[5] and (seen[2] or '') == ARGV[6] and (seen[3] or '0') == ARGV[7]
    and not known(id) and not known(redis.call('GET', KEYS[4]))
end

local function add()
  redis.call('HSETNX', session, 'createdAt', at)
  redis.call('HSET', session, 'updatedAt', at)
  redis.call('HINCRBY', session, 'messageCount', 1)
  for i = 12, #ARGV, 2 do redis.call('HSET', session, id .. ':' .. ARGV[i], ARGV[i + 1]) end
  if ARGV[10] ~= '0' then redis.call('SET', KEYS[4], id, 'PX', ARGV[10]) end
end

local function begin()
  redis.call('HSET', session, 'active', id, id .. ':status', 'running', id .. ':epoch', 1,
    id .. ':lease', now() + ARGV[9], id .. ':owner', owner)
  redis.call('RPUSH', KEYS[2], id)
end

local function wait()
  redis.call('HSET', session, id .. ':status', 'queued', id .. ':epoch', 0)
  redis.call('HINCRBY', session, 'queued', 1)
end

local function interrupt(active)
  redis.call('HSETNX', session, active .. ':stop', 'interrupted')
  tell(redis.call('HGET', session, active .. ':owner'), active)
end

if place ~= '' and unchanged() then
  add()
  if place == 'now' then
    begin()
  elseif place == 'next' then
    wait()
    redis.call('LPUSH', KEYS[3], id)
    interrupt(ARGV[6])
  else
    wait()
    redis.call('RPUSH', KEYS[3], id)
  end
  touch(ARGV[2], ARGV[3])
end
local keyed = redis.call('GET', KEYS[4])
return {
  run(id), keyed, keyed and run(keyed),
  redis.call('HMGET', session, 'createdAt', 'updatedAt', 'messageCount', 'active', 'queued')
}
`);
