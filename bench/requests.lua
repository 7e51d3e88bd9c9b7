-- A script for wrk: `requests.lua KIND FILE [COUNT]` sends prepared requests of one kind in turn and
-- prints one line of JSON at the end. Each line of FILE is an API key, for `turns` a key and a session.
--   same    a chat completion that always asks the same question
--   many    a chat completion that asks questions 1 to COUNT in turn
--   turns   a turn in a session, with a text that is never repeated
--   hello   GET /healthz

local prepared, at, sent = {}, 0, 0

local function post(path, key, body)
  local headers = { ["authorization"] = "Bearer " .. key, ["content-type"] = "application/json" }
  return wrk.format("POST", path, headers, body)
end

local function ask(key, question)
  local body = '{"model":"bench","messages":[{"role":"user","content":"' .. question .. '"}]}'
  return post("/v1/chat/completions", key, body)
end

-- The number always has ten digits, so Content-Length stays correct.
local function turn(key, session)
  local body = '{"text":"Question 0000000000: what is a berth?"}'
  local whole = post("/terminal/sessions/" .. session .. "/turns", key, body)
  local first, last = whole:find("0000000000", 1, true)
  return { whole:sub(1, first - 1), whole:sub(last + 1) }
end

local kinds = {
  same = function(lines) for i, key in ipairs(lines) do prepared[i] = ask(key, "Say what a berth is.") end end,
  many = function(lines, count)
    for i = 1, count do prepared[i] = ask(lines[i % #lines + 1], "What is berth number " .. i .. "?") end
  end,
  turns = function(lines)
    for i, line in ipairs(lines) do prepared[i] = turn(line:match("(%S+) (%S+)")) end
  end,
  hello = function() prepared[1] = wrk.format("GET", "/healthz") end,
}

function init(args)
  local lines = {}
  for line in io.lines(args[2]) do lines[#lines + 1] = line end
  kinds[args[1]](lines, tonumber(args[3]))
end

function request()
  at = at % #prepared + 1
  local made = prepared[at]
  if type(made) == "string" then return made end
  sent = sent + 1
  return made[1] .. string.format("%010d", sent) .. made[2]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
