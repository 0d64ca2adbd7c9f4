import { luaScript } from '../lua-script.js';
import { NOW } from './session-lua.js';

/** The session is due so much later, and is kept on with the journal that is written.
 *  KEYS: session, journal. ARGV: fence, when it is due, time for which it is kept.
 *  Returns when the session was created, and whether it is unlisted; false when the fence is another one. */
export const renewScript = luaScript(`${NOW}
local state = redis.call('HMGET', KEYS[1], 'fence', 'createdAt', 'unlisted')
if state[1] ~= ARGV[1] then return false end
redis.call('HSET', KEYS[1], 'due', now() + ARGV[2])
for i = 1, 2 do redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
return { state[2], state[3] }
`);
