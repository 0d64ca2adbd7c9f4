import { luaScript } from '../lua-script.js';
import { READ_RUN, TELL } from './session-lua.js';

/** Asks a running run to stop, ends a queued one, leaves an ended one as it is. A run that is ended in the queue keeps its
 *  place there: it is a place in the history.
 *  KEYS: session, journal. ARGV: run, cause, at, closing event, time for which the journal is kept, channel of its news.
 *  Returns the run as it stands then. */
export const stopScript = luaScript(`${READ_RUN}${TELL}
local session, id, cause = KEYS[1], ARGV[1], ARGV[2]
local state = redis.call('HMGET', session, id .. ':status', id .. ':owner')
if state[1] == 'running' then
  redis.call('HSETNX', session, id .. ':stop', cause)
  tell(state[2], id)
elseif state[1] == 'queued' then
  redis.call('HSET', session, id .. ':status', 'ended', id .. ':finishReason', cause, id .. ':endedAt', ARGV[3],
    id .. ':last', 1, 'updatedAt', ARGV[3], 'queued', tonumber(redis.call('HGET', session, 'queued') or 0) - 1)
  redis.call('XADD', KEYS[2], '1-0', 'e', ARGV[4])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
  tell(ARGV[6], '')
end
return run(id)
`);
