-- The load of every measurement, for wrk: `wrk ... URL -- event|batch|get SETTINGS.lua`.
-- SETTINGS.lua returns a table: targets = {{agent=, key=}, ...}, with_ids, seed, batch_size, paths, tools.

local kind, settings
local count = 0

local PADDING = string.rep("5e", 24)
local EVENT = '{"agent_id":"%s","tool_name":"%s","input_hash":"%s%08x%08x","output_hash":"%s%08x%08x",'
  .. '"duration_ms":%d,"session_id":"session-%d","tool_call_id":"call_%d","status":"ok"%s}'

local function random32()
  return math.random(0, 0xffffffff)
end

-- A version 7 id of about now: 48 bits of milliseconds, then this run's seed and a counter.
local function id_member(number)
  local ms = os.time() * 1000 + number % 1000
  local high, low = math.floor(ms / 65536), ms % 65536
  return string.format(',"event_id":"%08x-%04x-7%03x-8%03x-%04x%08x"', high, low,
    math.random(0, 0xfff), math.random(0, 0xfff), settings.seed % 65536, number)
end

local function event_text(agent, number, id)
  return string.format(EVENT, agent, settings.tools[number % #settings.tools + 1], PADDING, random32(), random32(),
    PADDING, random32(), random32(), number % 2000, number % 7, number, id)
end

local function post(body, key)
  return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["X-API-Key"] = key}, body)
end

local make = {}

function make.event()
  local target = settings.targets[count % #settings.targets + 1]
  local id = settings.with_ids and id_member(count) or ""
  return post(event_text(target.agent, count, id), target.key)
end

-- Batches are written once per target; each time one is sent, its ids get the time and number of the sending.
local STAMP = "________%-____%-7___%-8___"
local prepared = {}

local function prepare(target)
  local events = {}
  for number = 1, settings.batch_size do
    local id = string.format(',"event_id":"________-____-7___-8___-%04x%08x"', settings.seed % 65536, number)
    events[number] = event_text(target.agent, number, id)
  end
  return '{"events":[' .. table.concat(events, ",") .. "]}"
end

function make.batch()
  local index = count % #settings.targets + 1
  local target = settings.targets[index]
  prepared[index] = prepared[index] or prepare(target)
  local ms = os.time() * 1000 + count % 1000
  local stamp = string.format("%08x-%04x-7%03x-8%03x", math.floor(ms / 65536), ms % 65536,
    math.floor(count / 4096), count % 4096)
  return post((prepared[index]:gsub(STAMP, stamp)), target.key)
end

function make.get()
  local path = settings.paths[count % #settings.paths + 1]
  return wrk.format("GET", path, {["X-API-Key"] = settings.targets[1].key})
end

function init(arguments)
  kind = arguments[1]
  settings = dofile(arguments[2])
  math.randomseed(settings.seed)
end

function request()
  count = count + 1
  return make[kind]()
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"p50_ms":%.3f,"p99_ms":%.3f,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
