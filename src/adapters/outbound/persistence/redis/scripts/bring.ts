import { luaScript } from '../lua-script.js';

/** Writes a part of a session aside. It goes by itself where nobody puts it in its place.
 *  KEYS: where. ARGV: time for which it stays, fields and values. */
export const asideScript = luaScript(
  `
redis.call('HSET', KEYS[1], unpack(ARGV, 2))
redis.call('PEXPIRE', KEYS[1], ARGV[1])
`,
  ['HSET'],
);

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
