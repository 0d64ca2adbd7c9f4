import { luaScript } from '../lua-script.js';
import { NOW } from './session-lua.js';

/** The scripts of the index. `sessions` has the entries that are listed with all others. `agenda` has every entry,
 *  with the time at which to look at its session. Such a time is only a hint, since the session has the true one,
 *  but it must not be later than that. `shelves` has, as JSON, the shelves on which an entry stands besides. */

/** A script may make the names of shelves: they have the tag of the index, so they are on the same server. */
const SHELVES = `
local function shelvesOf(names)
  local shelves = {}
  for i, name in ipairs(cjson.decode(names or '[]')) do shelves[i] = KEYS[3] .. ':' .. name end
  return shelves
end
`;

/** The orders of updates sort sessions of one time by their keys, so a member is an entry with its two parts
 *  swapped. */
const UPDATES = `
local function member(entry)
  return string.sub(entry, 17) .. '\\n' .. string.sub(entry, 1, 16)
end
local function updatesOf(names)
  local updates = {}
  for i, name in ipairs(cjson.decode(names or '[]')) do updates[i] = KEYS[4] .. ':' .. name end
  return updates
end
local function moveUp(updates, entry, time)
  local stands = redis.call('ZSCORE', updates, member(entry))
  if not stands or tonumber(stands) < tonumber(time) then redis.call('ZADD', updates, time, member(entry)) end
end
`;

const FORGET = `${SHELVES}${UPDATES}
local function forget(entry)
  local names = redis.call('HGET', KEYS[3], entry)
  for _, shelf in ipairs(shelvesOf(names)) do redis.call('ZREM', shelf, entry) end
  for _, updates in ipairs(updatesOf(names)) do redis.call('ZREM', updates, member(entry)) end
  redis.call('ZREM', KEYS[4], member(entry))
  redis.call('HDEL', KEYS[3], entry)
  redis.call('ZREM', KEYS[1], entry)
  redis.call('ZREM', KEYS[2], entry)
end
`;

/** Announces a session before the session has the time at which it is due. The next look comes at that time and not
 *  before: an earlier one would find nothing to do, and put the session off.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entry, time from now, '1' where it is listed, the shelves of a new
 *  session as JSON, its last update ('': it is not new). */
export const announceScript = luaScript(`${NOW}${SHELVES}${UPDATES}
if ARGV[4] ~= '[]' then redis.call('HSET', KEYS[3], ARGV[1], ARGV[4]) end
for _, shelf in ipairs(shelvesOf(ARGV[4])) do redis.call('ZADD', shelf, 0, ARGV[1]) end
if ARGV[3] == '1' then redis.call('ZADD', KEYS[1], 0, ARGV[1]) end
if ARGV[5] ~= '' then
  if ARGV[3] == '1' then moveUp(KEYS[4], ARGV[1], ARGV[5]) end
  for _, updates in ipairs(updatesOf(ARGV[4])) do moveUp(updates, ARGV[1], ARGV[5]) end
end
redis.call('ZADD', KEYS[2], now() + ARGV[2], ARGV[1])
`);

/** Puts off the next look at these sessions.
 *  KEYS: sessions, agenda. ARGV: time from now; entries, each followed by '1' where it is listed. */
export const postponeScript = luaScript(`${NOW}
local time = now() + ARGV[1]
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '1' then redis.call('ZADD', KEYS[1], 0, ARGV[i]) end
  redis.call('ZADD', KEYS[2], time, ARGV[i])
end
`);

/** Returns entries whose time has come, each with that time.
 *  KEYS: agenda. ARGV: how many to pass over, how many at most. */
export const dueScript = luaScript(`${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now(), 'WITHSCORES', 'LIMIT', ARGV[1], ARGV[2])
`);

/** Ends a look. The entry gets another time or, without one, goes, unless somebody has set its time meanwhile.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entry, time that was seen, new time or ''. */
export const settleScript = luaScript(`${FORGET}
if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[2] then return end
if ARGV[3] ~= '' then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
else
  forget(ARGV[1])
end
`);

/** Returns a page of the list, each entry followed by the time of the next look, or by '' while that has not come.
 *  KEYS: the shelf, agenda. ARGV: where to begin, how many at most. */
export const listScript = luaScript(`${NOW}
local time, found = now(), {}
for _, entry in ipairs(redis.call('ZRANGEBYLEX', KEYS[1], ARGV[1], '+', 'LIMIT', 0, ARGV[2])) do
  local due = redis.call('ZSCORE', KEYS[2], entry) or '-inf'
  found[#found + 1] = entry
  found[#found + 1] = tonumber(due) <= time and due or ''
end
return found
`);

/** Takes entries out whose session is gone, unless somebody has set their time meanwhile.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: in turn, an entry and the time that was seen, '' where that does not
 *  matter. */
export const forgetScript = luaScript(`${FORGET}
for i = 1, #ARGV, 2 do
  local seen = ARGV[i + 1]
  if seen == '' or (redis.call('ZSCORE', KEYS[2], ARGV[i]) or '-inf') == seen then forget(ARGV[i]) end
end
`);

/** Moves updated sessions up. A session that is in no list, or gone, stays so.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entries, each followed by the time. */
export const moveUpScript = luaScript(`${UPDATES}
for i = 1, #ARGV, 2 do
  local entry = ARGV[i]
  if redis.call('ZSCORE', KEYS[1], entry) then moveUp(KEYS[4], entry, ARGV[i + 1]) end
  for _, updates in ipairs(updatesOf(redis.call('HGET', KEYS[3], entry))) do moveUp(updates, entry, ARGV[i + 1]) end
end
`);

/** Takes entries out whose session is gone. An entry whose time has not come is just about to get its session.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entries. */
export const purgeScript = luaScript(`${NOW}${FORGET}
local time = now()
for _, entry in ipairs(ARGV) do
  if tonumber(redis.call('ZSCORE', KEYS[2], entry) or 0) <= time then forget(entry) end
end
`);
