import { luaScript } from '../lua-script.js';
import { NOW } from './session-lua.js';

/** The index of sessions. Entries stand in `sessions` to be listed with all others, and in `agenda` with the time at which to look at
 *  them. These times are only hints, but none may come too late; the truth is in the sessions. An entry that stands on
 *  shelves besides has them, as JSON, in `shelves`. */

/** Shelves have the tag of the index, so they are where it is, and their names can be made here. */
const SHELVES = `
local function shelvesOf(names)
  local shelves = {}
  for i, name in ipairs(cjson.decode(names or '[]')) do shelves[i] = KEYS[3] .. ':' .. name end
  return shelves
end
`;

/** In the orders of updates a session is a member that sorts by its key: the two parts of its entry, the other way round. */
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

/** Before a session gets a time at which it is due: it is next looked at then, and not before, or a look could come
 *  before the session has that time, find nothing to do, and put it off.
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

/** These are looked at again after a time.
 *  KEYS: sessions, agenda. ARGV: time from now; entries, each followed by '1' where it is listed. */
export const postponeScript = luaScript(`${NOW}
local time = now() + ARGV[1]
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '1' then redis.call('ZADD', KEYS[1], 0, ARGV[i]) end
  redis.call('ZADD', KEYS[2], time, ARGV[i])
end
`);

/** KEYS: agenda. ARGV: how many to pass over, how many at most. Returns entries whose time has come, with that time. */
export const dueScript = luaScript(`${NOW}
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now(), 'WITHSCORES', 'LIMIT', ARGV[1], ARGV[2])
`);

/** After a look: the entry gets another time or, without one, goes, unless somebody has set its time meanwhile.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entry, time that was seen, new time or ''. */
export const settleScript = luaScript(`${FORGET}
if redis.call('ZSCORE', KEYS[2], ARGV[1]) ~= ARGV[2] then return end
if ARGV[3] ~= '' then
  redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
else
  forget(ARGV[1])
end
`);

/** A page of the list, each entry followed by the time at which it was to be looked at: '' where that has not come yet.
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

/** Entries whose session is gone go too, unless somebody has set their time meanwhile.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entry and time that was seen, in turn; '' for the time where it does not
 *  matter. */
export const forgetScript = luaScript(`${FORGET}
for i = 1, #ARGV, 2 do
  local seen = ARGV[i + 1]
  if seen == '' or (redis.call('ZSCORE', KEYS[2], ARGV[i]) or '-inf') == seen then forget(ARGV[i]) end
end
`);

/** A session has been updated. One that is in no list, or gone, stays so.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entries, each followed by the time. */
export const moveUpScript = luaScript(`${UPDATES}
for i = 1, #ARGV, 2 do
  local entry = ARGV[i]
  if redis.call('ZSCORE', KEYS[1], entry) then moveUp(KEYS[4], entry, ARGV[i + 1]) end
  for _, updates in ipairs(updatesOf(redis.call('HGET', KEYS[3], entry))) do moveUp(updates, entry, ARGV[i + 1]) end
end
`);

/** Entries whose session is gone go, too, where it was to be looked at by now: else it is just about to get its message.
 *  KEYS: sessions, agenda, shelves, updates. ARGV: entries. */
export const purgeScript = luaScript(`${NOW}${FORGET}
local time = now()
for _, entry in ipairs(ARGV) do
  if tonumber(redis.call('ZSCORE', KEYS[2], entry) or 0) <= time then forget(entry) end
end
`);
