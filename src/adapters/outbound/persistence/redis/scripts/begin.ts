import { luaScript } from '../lua-script.js';
import { READ_RUN, REFUSAL } from './session-lua.js';

/** KEYS: session. ARGV: run, epoch. Returns the run, or why not. */
export const beginScript = luaScript(`${READ_RUN}${REFUSAL}
local id = ARGV[1]
local refused = refusal(id, ARGV[2])
if refused then return refused end
redis.call('HINCRBY', KEYS[1], id .. ':attempts', 1)
return run(id)
`);
