import { luaScript } from '../lua-script.js';

/** Claims a run, if nobody has, or whoever has is known to be gone. KEYS: claim. ARGV: name of the claimant, that of
 *  one who is gone ('': none), time for which the claim stands. Returns who else has it; false: it is claimed. */
export const claimScript = luaScript(
  `
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and holder ~= ARGV[2] then return holder end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[3])
return false
`,
  ['GET', 'SET'],
);

/** Gives a claim back, if it is still held under this name. KEYS: claim. ARGV: name. */
export const releaseScript = luaScript(
  `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
return 1
`,
  ['GET'],
);
