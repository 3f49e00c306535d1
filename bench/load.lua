-- For wrk: asks for tokens by the lines of a file (path, blank, Basic credentials), one after the other.
-- Arguments: the file, and the line to begin with. Ends with one line of JSON.

local requests, position = {}, 0

function init(args)
  for line in io.lines(args[1]) do
    local path, basic = line:match("^(%S+) (%S+)$")
    requests[#requests + 1] = wrk.format("GET", path, {
      ["Authorization"] = "Basic " .. basic,
      ["User-Agent"] = "docker/27.0",
    })
  end
  position = tonumber(args[2])
end

function request()
  position = position % #requests + 1
  return requests[position]
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests": %d, "microseconds": %d, "p50": %d, "p99": %d, "errors": %d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.connect + e.read + e.write + e.status + e.timeout))
end
