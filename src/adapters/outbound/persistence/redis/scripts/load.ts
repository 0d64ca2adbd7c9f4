import { luaScript } from '../lua-script.js';
import { ARGUMENTS, FORMER, IS_FORMER, SNAPSHOT } from './session-lua.js';

/** KEYS: session, idempotency key. ARGV: '1' where the active run is wanted, how many other runs, their ids. */
export const loadScript = luaScript(`${ARGUMENTS}${IS_FORMER}${SNAPSHOT}
local state = redis.call('HMGET', KEYS[1], 'rev', 'head')
if not state[1] and isFormer() then return '${FORMER}' end
local active = take()
return snapshot(state, list(), active)
`);
