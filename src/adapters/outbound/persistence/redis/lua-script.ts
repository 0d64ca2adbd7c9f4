import { createHash } from 'node:crypto';

/** A script that the server runs in one step, under the name by which the server remembers it. */
export interface LuaScript {
  readonly lua: string;
  readonly sha: string;
}

export function luaScript(lua: string): LuaScript {
  return { lua, sha: createHash('sha1').update(lua).digest('hex') };
}
