/** What the scripts share. A session is one hash, so that all of it lives equally long. The hash has `rev`, `head`,
 *  `active` (the run whose turn it is), `fence`, `due` (by the server's clock), `createdAt`, `shelves`, `turns` (how
 *  many have begun), and `unlisted` where the session is not in the list of all. Of each run it has `<run>:birth`,
 *  and `<run>:last`, the number of its journal's last event. A run that has ended has `<run>:outcome` and
 *  `<run>:answer`. A run that has begun has `<run>:place`, its number in the history, and `turn:<number>` has the
 *  run's id. Each journal is a stream beside the hash, and each idempotency key a text. */

/** The server's time, in milliseconds. Leases are measured by it alone. */
export const NOW = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

/** Tells other processes. A server that forbids it must not fail a write, because they look by themselves after a
 *  while. */
export const TELL = `
local function tell(channel, message)
  if channel ~= '' then redis.pcall('PUBLISH', channel, message) end
end
`;

/** Reads arguments: values one after the other, and lists with their lengths ahead. */
export const ARGUMENTS = `
local place = 0
local function take()
  place = place + 1
  return ARGV[place]
end
local function list()
  local values = {}
  for i = 1, tonumber(take()) do values[i] = take() end
  return values
end
`;

/** The answer of a script that finds a session of the version before. */
export const FORMER = 'former';

/** Whether a session without a revision is one of the version before. */
export const IS_FORMER = `
local function isFormer()
  return redis.call('EXISTS', KEYS[1]) == 1
end
`;

/** What stands: the revision, the head, the active run where it is wanted and the others, and the run of the
 *  idempotency key.
 *  KEYS: session, idempotency key. */
export const SNAPSHOT = `
local function run(id)
  local kept = redis.call('HMGET', KEYS[1], id .. ':birth', id .. ':outcome')
  return kept[1] and { kept[1], kept[2] } or false
end
local function activeRun()
  local id = redis.call('HGET', KEYS[1], 'active')
  return id and id ~= '' and run(id) or false
end
local function snapshot(state, ids, active)
  local runs = { active == '1' and activeRun() or false }
  for _, id in ipairs(ids) do runs[#runs + 1] = run(id) end
  local keyed = redis.call('GET', KEYS[2])
  return { state[1], state[2], runs, keyed and run(keyed) or false }
end
`;
