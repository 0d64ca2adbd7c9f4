/** Ends journals. A script may make their names: they have the session's hash tag, so they are on the same server. */
export const JOURNALS = `
local function lastOf(id)
  return tonumber(redis.call('HGET', KEYS[1], id .. ':last') or 0)
end
local function endJournal(journal, events, last, time)
  for i, event in ipairs(events) do redis.call('XADD', journal, (last + i) .. '-0', 'e', event) end
  redis.call('PEXPIRE', journal, time)
end
local function endings()
  local found = {}
  for i = 1, tonumber(take()) do found[i] = { id = take(), after = tonumber(take()), events = list() } end
  return found
end
`;
