-- wrk: a chat completion, not streamed, with the keys of a file in turn; one line of JSON at the end.
local requests, at = {}, 0
local body = '{"model":"bench","messages":[{"role":"user","content":"Say what a berth is."}]}'

function init(args)
  for key in io.lines(args[1]) do
    local headers = { ["authorization"] = "Bearer " .. key, ["content-type"] = "application/json" }
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    'RESULT {"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
    latency:percentile(99) / 1e3, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
