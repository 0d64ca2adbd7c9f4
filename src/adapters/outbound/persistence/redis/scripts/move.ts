import { luaScript } from '../lua-script.js';
import { ARGUMENTS } from './session-lua.js';

/** Moves a session of the version before on, unless somebody else has.
 *  KEYS: session, turns, queue. ARGV: lists: fields that go, fields and values that come. */
export const moveScript = luaScript(
  `${ARGUMENTS}
local session, gone, fields = KEYS[1], list(), list()
if redis.call('HEXISTS', session, 'rev') == 1 or redis.call('EXISTS', session) == 0 then return end
for i = 1, #fields, 2 do redis.call('HSET', session, fields[i], fields[i + 1]) end
for _, field in ipairs(gone) do redis.call('HDEL', session, field) end
redis.call('UNLINK', KEYS[2], KEYS[3])
`,
  ['HEXISTS', 'EXISTS'],
);
