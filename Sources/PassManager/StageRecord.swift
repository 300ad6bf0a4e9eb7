import Support

/// What the runner measured of one stage.
package struct StageRecord: Sendable {
  /// One thing done in a stage: decoding, a pass, encoding, validation.
  package struct Part: Sendable {
    package let name: String
    package let isPass: Bool
    /// CPU time summed over workers, nanoseconds.
    package var cpuTime: UInt64 = 0
    /// Bodies that the part worked on; 0 where the runner can't know.
    package var visited = 0
    package var changed = 0
    /// CPU time by worker, nanoseconds.
    package var workerTimes: [UInt64] = []
  }

  /// When a worker was at work in the stage; nanoseconds of the monotonic clock.
  package struct Span: Sendable {
    package let worker: Int
    package let start: UInt64
    package let end: UInt64
  }

  package struct LongBody: Sendable {
    package let worker: Int
    package let function: String
    package let byteCount: Int
    package let start: UInt64
    package let end: UInt64
  }

  package let name: String
  /// 1 for the first stage of the schedule; nil for work outside of it, such as reading and writing.
  package let number: Int?
  package var parts: [Part] = []
  /// Nanoseconds of the monotonic clock.
  package var start: UInt64 = 0
  package var end: UInt64 = 0
  /// CPU time summed over workers, nanoseconds.
  package var cpuTime: UInt64 = 0
  package var visited = 0
  package var changed = 0
  /// Bytes of all bodies.
  package var bytesBefore = 0
  package var bytesAfter = 0
  /// Bytes of the largest arena of a worker.
  package var arenaPeak = 0
  /// The most resident memory of the process during the stage, bytes.
  package var residentPeak = 0
  package var spans: [Span] = []
  package var longBodies: [LongBody] = []
  /// What passes said of bodies: pass, function, text.
  package var remarks: [String] = []
  /// What passes counted, by name.
  package var tally: [String: Int] = [:]

  package init(name: String, number: Int?) {
    self.name = name
    self.number = number
  }

  package var wallTime: UInt64 { end - start }

  /// Sums up what the workers measured.
  ///
  /// - Parameters:
  ///   - passes: the names of the parts after decoding.
  ///   - describe: how to call a function.
  mutating func add(_ meters: [WorkerMeter], passes: [String], describe: (WorkerMeter.LongBody) -> String) {
    parts.append(Part(name: "decode", isPass: false))
    parts += passes.map { Part(name: $0, isPass: true) }
    parts.append(Part(name: "encode", isPass: false))
    parts.append(Part(name: "validate", isPass: false))
    for (worker, meter) in meters.enumerated() {
      let measured = meter.nanoseconds.reduce(0, +)
      // The clock went on while the thread was not running, and bodies are not all that it did.
      let scale = measured > 0 ? Double(meter.cpuTime) / Double(measured) : 0
      for index in parts.indices {
        let time = UInt64(Double(meter.nanoseconds[index]) * scale)
        parts[index].cpuTime += time
        parts[index].workerTimes.append(time)
        parts[index].visited += meter.visited[index]
        parts[index].changed += meter.changed[index]
      }
      cpuTime += meter.cpuTime
      visited += meter.bodyCount
      changed += meter.changedBodyCount
      arenaPeak = max(arenaPeak, meter.arenaPeak)
      if meter.bodyCount > 0 { spans.append(Span(worker: worker, start: meter.stageStart, end: meter.stageEnd)) }
      longBodies += meter.longBodies.map {
        LongBody(worker: worker, function: describe($0), byteCount: $0.byteCount, start: $0.start, end: $0.end)
      }
    }
  }
}
