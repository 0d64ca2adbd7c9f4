import { luaScript } from '../lua-script.js';

/** What stands in a journal after a position, no more than fits a batch.
 *  KEYS: session, journal. ARGV: run, position, how many events at most, how many bytes close a batch.
 *  Returns the run's status (false when it is gone), the number of its last event, whether there is a journal, and of each
 *  event its id, its kind and its content, one after the other. */
export const pageScript = luaScript(`
local STEP = 32
local id, position, most, full = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state = redis.call('HMGET', KEYS[1], id .. ':status', id .. ':last')
local events, count, bytes = {}, 0, 0

local function take(entry)
  local content = entry[2][2]
  events[#events + 1] = entry[1]
  events[#events + 1] = entry[2][1]
  events[#events + 1] = content
  position = tonumber(string.match(entry[1], '^%d+'))
  count = count + 1
  bytes = bytes + #content
  return count < most and bytes < full
end

local wanted = most > 0
while wanted do
  local entries = redis.call('XRANGE', KEYS[2], (position + 1) .. '-0', '+', 'COUNT', STEP)
  for _, entry in ipairs(entries) do
    wanted = take(entry)
    if not wanted then break end
  end
  wanted = wanted and #entries == STEP
end
return { state[1], tonumber(state[2] or 0), redis.call('EXISTS', KEYS[2]), events }
`);
