import { luaScript } from '../lua-script.js';

/** Puts a session that was written aside in its place, if no session has that.
 *  KEYS: session, what was put aside. ARGV: time for which the session is kept. Returns whether it did. */
export const bringScript = luaScript(
  `
if redis.call('RENAMENX', KEYS[2], KEYS[1]) == 0 then return 0 end
redis.call('PEXPIRE', KEYS[1], ARGV[1])
return 1
`,
  ['RENAMENX'],
);
