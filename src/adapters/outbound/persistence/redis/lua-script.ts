import { createHash } from 'node:crypto';

/** A script that the server runs in one step, under the name by which the server remembers it. */
export interface LuaScript {
  readonly lua: string;
  readonly sha: string;
  /** What the server's user must be allowed to do for it. */
  readonly commands: readonly string[];
}

const CALL = /redis\.call\('([A-Z]+)'(?:, (KEYS\[\d\]|session\b))?/g;

/** A script that refuses to begin when its user may not run all of its commands. The server undoes nothing, so a
 *  script that broke off half way would leave a state that no rule knows. Commands in `first` run before any write,
 *  or are the first write, so a refusal of one does no harm. The check covers those in `also`, too, though the
 *  script does not run them. */
export function luaScript(lua: string, first: readonly string[] = [], also: readonly string[] = []): LuaScript {
  const calls = [...lua.matchAll(CALL)].map(([, command = '', key = '']) => ({ command, key: keyOf(key) }));
  const later = calls.filter(({ command }) => !first.includes(command));
  const checked = new Set(
    [...later, ...also.map((command) => ({ command, key: 'KEYS[1]' }))].map(
      ({ command, key }) => `allow('${command}', ${key})`,
    ),
  );
  const whole = `${ALLOW}${[...checked].join('\n')}\nif forbidden then return forbidden end\n${lua}`;
  return {
    lua: whole,
    sha: createHash('sha1').update(whole).digest('hex'),
    commands: [...new Set(calls.map(({ command }) => command))],
  };
}

/** The key that a command names, or else the first key. All keys have the same prefix. */
function keyOf(name: string): string {
  return name.startsWith('KEYS') ? name : 'KEYS[1]';
}

/** Servers before version 7, which are not supported, cannot be asked. */
const ALLOW = `
local forbidden
local function allow(command, key)
  if not forbidden and redis.acl_check_cmd and not redis.acl_check_cmd(command, key) then
    forbidden = redis.error_reply("NOPERM this user has no permissions to run the '" .. command .. "' command")
  end
end
`;
