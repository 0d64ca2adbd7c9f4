import { luaScript } from '../lua-script.js';
import { FORMER } from './session-lua.js';

/** Reads a journal after a position, no more than fits a batch.
 *  KEYS: session, journal. ARGV: run, position, how many events at most, how many bytes close a batch. Returns the
 *  number of its last event (false when the run is gone), whether the run has ended, whether there is a journal, and of
 *  each event its id, its kind and its content, one after the other. */
export const pageScript = luaScript(`
local STEP = 32
local id, position, most, full = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local state = redis.call('HMGET', KEYS[1], 'rev', 'createdAt', id .. ':last')
if not state[1] and state[2] then return '${FORMER}' end
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
local last = tonumber(state[3] or '') or false
return { last, redis.call('HEXISTS', KEYS[1], id .. ':outcome'), redis.call('EXISTS', KEYS[2]), events }
`);
