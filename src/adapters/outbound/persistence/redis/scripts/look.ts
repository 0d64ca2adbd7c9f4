import { luaScript } from '../lua-script.js';
import { NOW } from './session-lua.js';

/** Looks whether a session of the agenda is due. A session of the version before is, so that somebody moves it on.
 *  KEYS: session. ARGV: createdAt of the session that is meant.
 *  Returns when to look again, 0 where it is due; false when the session is gone. */
export const lookScript = luaScript(`${NOW}
local state = redis.call('HMGET', KEYS[1], 'createdAt', 'rev', 'due')
if state[1] ~= ARGV[1] then return false end
local time, due = now(), tonumber(state[3] or '')
if not state[2] then return 0 end
if not due then return time + redis.call('PTTL', KEYS[1]) + 1 end
return due > time and due or 0
`);
