import Support

/// The file of `--profile`: the figures, and events for viewers of the trace-event format (Perfetto, chrome://tracing),
/// which ignore the figures. Sizes are bytes; times are microseconds, in keys that end in `Us` and as the format has it.
extension RunProfile {
  package func json() -> [UInt8] {
    var json = JSONWriter()
    json.object { json in
      json.field("format", "pare-profile-1")
      json.field("workers", workerCount)
      json.key("totals")
      json.object { json in
        json.field("cpuUs", microseconds: stages.reduce(0) { $0 + $1.cpuTime })
        json.field("wallUs", microseconds: stages.reduce(0) { $0 + $1.wallTime })
        json.field("peakResident", residentPeak)
      }
      json.key("stages")
      json.array { json in for stage in stages { stage.write(to: &json) } }
      json.field("displayTimeUnit", "ms")
      json.key("traceEvents")
      json.array { json in TraceEvents(start: start).write(stages, to: &json) }
    }
    return json.bytes
  }
}

extension StageRecord {
  fileprivate func write(to json: inout JSONWriter) {
    json.object { json in
      json.field("name", name)
      if let number { json.field("stage", number) }
      json.field("cpuUs", microseconds: cpuTime)
      json.field("wallUs", microseconds: wallTime)
      json.field("peakResident", residentPeak)
      if number == nil { return }
      json.field("visited", visited)
      json.field("changed", changed)
      json.field("bytesBefore", bytesBefore)
      json.field("bytesAfter", bytesAfter)
      json.field("arenaPeak", arenaPeak)
      json.key("parts")
      json.array { json in
        for part in parts {
          json.object { json in
            json.field("name", part.name)
            json.field("isPass", part.isPass)
            json.field("cpuUs", microseconds: part.cpuTime)
            json.field("visited", part.visited)
            json.field("changed", part.changed)
          }
        }
      }
      json.key("tally")
      json.object { json in for (name, count) in tally.sorted(by: { $0.key < $1.key }) { json.field(name, count) } }
    }
  }
}

/// Complete events (`"ph":"X"`) on three kinds of track: the stages; per worker, how long it was in each pass of a stage,
/// laid end to end, as the passes of one stage take turns many times a millisecond; per worker, its long bodies.
private struct TraceEvents {
  /// Nanoseconds of the monotonic clock that the events count from.
  let start: UInt64

  private static let stageTrack = 0
  private static func sumTrack(_ worker: Int) -> Int { 1 + 2 * worker }
  private static func bodyTrack(_ worker: Int) -> Int { 2 + 2 * worker }

  func write(_ stages: [StageRecord], to json: inout JSONWriter) {
    name(track: Self.stageTrack, "stages", &json)
    let workerCount = stages.flatMap(\.spans).reduce(0) { max($0, $1.worker + 1) }
    for worker in 0..<workerCount {
      name(track: Self.sumTrack(worker), "worker \(worker), sum of each pass", &json)
      name(track: Self.bodyTrack(worker), "worker \(worker), long bodies", &json)
    }
    for stage in stages { write(stage, to: &json) }
  }

  private func write(_ stage: StageRecord, to json: inout JSONWriter) {
    event(stage.name, track: Self.stageTrack, from: stage.start, for: stage.wallTime, &json) { json in
      json.field("peakResident", stage.residentPeak)
      json.field("bytesAfter", stage.bytesAfter)
    }
    for span in stage.spans {
      var time = span.start
      for part in stage.parts where part.workerTimes[span.worker] > 0 {
        let duration = part.workerTimes[span.worker]
        event(part.name, track: Self.sumTrack(span.worker), from: time, for: duration, &json) { json in
          json.field("stage", stage.number ?? 0)
        }
        time += duration
      }
    }
    for body in stage.longBodies {
      let duration = body.end - body.start
      event(body.function, track: Self.bodyTrack(body.worker), from: body.start, for: duration, &json) { json in
        json.field("stage", stage.number ?? 0)
        json.field("bytes", body.byteCount)
      }
    }
  }

  private func event(
    _ name: String, track: Int, from begin: UInt64, for duration: UInt64, _ json: inout JSONWriter,
    _ arguments: (inout JSONWriter) -> Void
  ) {
    json.object { json in
      json.field("name", name)
      json.field("ph", "X")
      json.field("pid", 1)
      json.field("tid", track)
      json.field("ts", microseconds: begin > start ? begin - start : 0)
      json.field("dur", microseconds: duration)
      json.key("args")
      json.object(arguments)
    }
  }

  private func name(track: Int, _ name: String, _ json: inout JSONWriter) {
    json.object { json in
      json.field("name", "thread_name")
      json.field("ph", "M")
      json.field("pid", 1)
      json.field("tid", track)
      json.key("args")
      json.object { $0.field("name", name) }
    }
  }
}
