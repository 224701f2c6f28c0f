-- Brings the cut above into the project that is open in DaVinci Resolve: imports its timeline, puts every take of a shot in that
-- shot's take selector, sets notes and markers. Some of Resolve's calls answer "true" and do nothing, so whatever is
-- written is read back, and what did not take is listed at the end. Nothing is finalised: takes stay alternatives.

local report, faults = {}, {}

local function tell(text, ...)
  report[#report + 1] = string.format(text, ...)
end

local function fault(text, ...)
  faults[#faults + 1] = string.format(text, ...)
end

-- Calls a method that this version of Resolve may not have, or that may fail.
local function ask(object, method, ...)
  if object == nil then return nil end
  local given, count = { ... }, select('#', ...)
  local ok, answer = pcall(function()
    return object[method](object, (table.unpack or unpack)(given, 1, count))
  end)
  if ok then return answer end
  fault('%s could not be asked: %s', method, tostring(answer))
  return nil
end

local function plain(path)
  local text = string.gsub(path or '', '\\', '/')
  -- Paths with a drive are of a system that makes no difference of case.
  if string.match(text, '^%a:/') then text = string.lower(text) end
  return text
end

local function folderOf(path)
  return string.match(path, '^(.*[/\\])[^/\\]*$') or ''
end

local function isThere(path)
  local file = io and io.open and io.open(path, 'rb')
  if file then file:close() end
  return file ~= nil
end

-- Where the folder of the export lies now: it may have been moved since.
local function placeOf(path)
  if isThere(path) then return path end
  local source = debug and debug.getinfo and debug.getinfo(1, 'S').source or ''
  local beside = folderOf(string.match(source, '^@(.*)$') or '') .. string.match(path, '[^/\\]*$')
  return isThere(beside) and beside or path
end

local function resolveOf()
  if resolve then return resolve end
  if Resolve then return Resolve() end
  if app then return app:GetResolve() end
  return bmd and bmd.scriptapp and bmd.scriptapp('Resolve') or nil
end

-- Every clip of the media pool by the path of its file.
local function poolOf(folder, found)
  for _, item in ipairs(ask(folder, 'GetClipList') or {}) do
    local path = plain(ask(item, 'GetClipProperty', 'File Path'))
    if path ~= '' and not found[path] then found[path] = item end
  end
  for _, inner in ipairs(ask(folder, 'GetSubFolderList') or {}) do poolOf(inner, found) end
  return found
end

local function freeName(project, wanted)
  local taken = {}
  for i = 1, ask(project, 'GetTimelineCount') or 0 do
    taken[ask(ask(project, 'GetTimelineByIndex', i), 'GetName') or ''] = true
  end
  local name, n = wanted, 1
  while taken[name] do
    n = n + 1
    name = wanted .. ' ' .. n
  end
  return name
end

local function itemsOf(timeline)
  local items = {}
  local first = ask(timeline, 'GetStartFrame') or 0
  for track = 1, ask(timeline, 'GetTrackCount', 'video') or 0 do
    for _, item in ipairs(ask(timeline, 'GetItemListInTrack', 'video', track) or {}) do
      local at = (ask(item, 'GetStart') or -1) - first
      if not items[at] then items[at] = item end
    end
  end
  return items
end

-- Ends of takes are their last frames, or those after them: the take that Resolve made of the clip itself tells which.
local beyond = nil

local function learn(item, frames)
  local own = ask(item, 'GetTakeByIndex', 1)
  if beyond ~= nil or not own or not own.startFrame or not own.endFrame then return end
  beyond = own.endFrame - own.startFrame == frames
end

local function pathOfTake(take)
  return plain(ask(take and take.mediaPoolItem, 'GetClipProperty', 'File Path'))
end

local function addTake(shot, item, take, media, place)
  local last = take.last + (beyond and 1 or 0)
  ask(item, 'AddTake', media, take.first, last)
  local count = ask(item, 'GetTakesCount') or 0
  if count ~= place then
    fault('%s: %s is not in the take selector, which holds %d instead of %d', shot.name, take.name, count, place)
    return false
  end
  local read = ask(item, 'GetTakeByIndex', place)
  if pathOfTake(read) ~= plain(take.path) then
    fault('%s: take %d shows %s instead of %s', shot.name, place, pathOfTake(read), take.path)
    return false
  end
  if read.startFrame ~= take.first or read.endFrame ~= last then
    fault('%s: %s shows frames %s to %s of its file instead of %d to %d', shot.name, take.name,
      tostring(read.startFrame), tostring(read.endFrame), take.first, last)
    return false
  end
  return true
end

local function addTakes(shot, item, pool)
  local added = 0
  local place = math.max(1, ask(item, 'GetTakesCount') or 0)
  for _, take in ipairs(shot.takes) do
    local media = pool[plain(take.path)]
    if not media then
      fault('%s: %s is not in the media pool (%s)', shot.name, take.name, take.path)
    else
      local known = beyond
      local ok = addTake(shot, item, take, media, place + 1)
      -- The first one of all was added before it was known how Resolve counts.
      if known == nil then learn(item, shot.own) end
      if known == nil and beyond then
        if ok then ask(item, 'DeleteTakeByIndex', place + 1) end
        ok = addTake(shot, item, take, media, place + 1)
      end
      if ok then added = added + 1 end
      place = math.max(1, ask(item, 'GetTakesCount') or place)
    end
  end
  if added == 0 then return 0 end
  ask(item, 'SelectTakeByIndex', 1)
  local selected = ask(item, 'GetSelectedTakeIndex')
  if selected ~= 1 then
    fault('%s: take %s is selected instead of the first, which is the one that was chosen', shot.name, tostring(selected))
  end
  return added
end

local function write(media, name, key, value)
  if value == '' then return true end
  ask(media, 'SetMetadata', key, value)
  local read = ask(media, 'GetMetadata', key)
  if read == value then return true end
  fault('%s: %s reads "%s" instead of "%s"', name, key, tostring(read or ''), value)
  return false
end

local function mark(timeline, marker)
  ask(timeline, 'AddMarker', marker.at, marker.colour, marker.name, marker.note, 1)
  local all = ask(timeline, 'GetMarkers') or {}
  local read = all[marker.at]
  if read and read.name == marker.name and read.note == marker.note then return true end
  fault('the marker "%s" at frame %d is not on the timeline', marker.name, marker.at)
  return false
end

local function run()
  local program = resolveOf()
  local project = ask(ask(program, 'GetProjectManager'), 'GetCurrentProject')
  if not project then
    fault('no project is open: open one in DaVinci Resolve and run this again')
    return
  end
  local pool = ask(project, 'GetMediaPool')
  local name = freeName(project, CUT.name)
  local timeline = ask(pool, 'ImportTimelineFromFile', placeOf(CUT.timeline), { timelineName = name, importSourceClips = true })
  if not timeline then
    fault('the timeline was not imported from %s', placeOf(CUT.timeline))
    return
  end
  tell('timeline: %s', ask(timeline, 'GetName') or name)

  local rate = tonumber(ask(timeline, 'GetSetting', 'timelineFrameRate'))
  if rate and math.abs(rate - CUT.rate) > 0.01 then
    fault('the timeline runs at %s frames a second instead of %s: set the frame rate of the project first, then run this again',
      tostring(rate), tostring(CUT.rate))
  end
  if ask(timeline, 'GetStartTimecode') ~= CUT.start then
    ask(timeline, 'SetStartTimecode', CUT.start)
    local read = ask(timeline, 'GetStartTimecode')
    if read ~= CUT.start then fault('the timeline starts at %s instead of %s', tostring(read), CUT.start) end
  end

  local root = ask(pool, 'GetRootFolder')
  local known = poolOf(root, {})
  for _, path in ipairs(CUT.files) do
    if not known[plain(path)] then ask(pool, 'ImportMedia', { path }) end
  end
  known = poolOf(root, {})

  local items = itemsOf(timeline)
  local shots, takes, wanted, notes, noted = 0, 0, 0, 0, 0
  for _, shot in ipairs(CUT.shots) do
    wanted = wanted + #shot.takes
    local item = items[shot.at]
    if not item then
      fault('%s: there is no clip at frame %d of the timeline', shot.name, shot.at)
    else
      shots = shots + 1
      local lasts = ask(item, 'GetDuration')
      if lasts ~= shot.frames then
        fault('%s lasts %s frames instead of %d', shot.name, tostring(lasts), shot.frames)
      end
      local shows = plain(ask(ask(item, 'GetMediaPoolItem'), 'GetClipProperty', 'File Path'))
      if shows ~= plain(shot.path) then
        fault('%s shows %s instead of %s', shot.name, shows == '' and 'no file' or shows, shot.path)
      end
      takes = takes + addTakes(shot, item, known)
    end
  end
  for _, file in ipairs(CUT.notes) do
    notes = notes + 1
    local media = known[plain(file.path)]
    if not media then
      fault('%s is not in the media pool, so its notes are not either', file.path)
    else
      local ok = write(media, file.name, 'Shot', file.shot)
      ok = write(media, file.name, 'Take', file.name) and ok
      ok = write(media, file.name, 'Comments', file.note) and ok
      if ok then noted = noted + 1 end
    end
  end
  local marked = 0
  for _, marker in ipairs(CUT.markers) do
    if mark(timeline, marker) then marked = marked + 1 end
  end
  tell('shots: %d of %d', shots, #CUT.shots)
  tell('further takes in take selectors: %d of %d', takes, wanted)
  tell('takes with notes: %d of %d', noted, notes)
  tell('markers: %d of %d', marked, #CUT.markers)
end

run()

print('Retake: ' .. CUT.name)
for _, line in ipairs(report) do print('  ' .. line) end
if #faults == 0 then
  print('  all of it was written and read back')
else
  print('What did not take:')
  for _, line in ipairs(faults) do print('  ' .. line) end
end
