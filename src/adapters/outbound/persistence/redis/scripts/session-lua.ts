/** What the scripts share. A session is one hash: its own fields, and those of each of its runs as `<run>:<field>`, so that
 *  all of it lives exactly as long as the session. KEYS begin with the session, its turns and its queue. */

/** What is read of a run, in this order. */
export const RUN_FIELDS = [
  'requestId',
  'request',
  'onDisconnect',
  'createdAt',
  'status',
  'attempts',
  'epoch',
  'stop',
  'finishReason',
  'usage',
  'error',
  'endedAt',
  'owner',
] as const;

/** The time by which leases are measured: the server's, in milliseconds. */
export const NOW = `
local function now()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
`;

export const READ_RUN = `
local function run(id)
  return redis.call('HMGET', KEYS[1], ${RUN_FIELDS.map((field) => `id .. ':${field}'`).join(', ')})
end
`;

/** A message, or the end of an answer, keeps a session for its time. While it has an active run that time is never short: a session that answers
 *  does not expire, and one whose last process is gone for good does. */
export const TOUCH = `
local function touch(idle, busy)
  local time = redis.call('HEXISTS', KEYS[1], 'active') == 1 and busy or idle
  for i = 1, 3 do redis.call('PEXPIRE', KEYS[i], time) end
end
`;

/** Says why the holder of a lease may not write, if so. A run that nobody has taken up has no holder. */
export const REFUSAL = `
local function refusal(id, epoch)
  local state = redis.call('HMGET', KEYS[1], id .. ':status', id .. ':epoch')
  if not state[1] then return 'gone' end
  if state[1] == 'ended' then return 'ended' end
  if state[2] ~= epoch or epoch == '0' then return 'lost' end
end
`;

/** Tells other processes. They look by themselves after a while: it must not fail a write when it is not allowed. */
export const TELL = `
local function tell(channel, message)
  if channel and channel ~= '' then redis.pcall('PUBLISH', channel, message) end
end
`;
