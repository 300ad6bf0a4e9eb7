import Support

/// The figures of a run: of the stages of its schedule, and of what else it did.
package final class RunProfile {
  package let workerCount: Int
  /// Nanoseconds of the monotonic clock.
  package let start = Clock.now()
  package private(set) var stages: [StageRecord] = []
  private let startCPUTime = Clock.processTime()

  package init(workerCount: Int) { self.workerCount = workerCount }

  /// CPU time of the process since the profile was made, nanoseconds.
  package var cpuTime: UInt64 { Clock.processTime() - startCPUTime }

  /// The most resident memory at any time that was measured, bytes.
  package var residentPeak: Int { stages.reduce(0) { max($0, $1.residentPeak) } }

  /// Measures `work`, which is no stage of a schedule: reading, writing.
  package func measure<Result>(_ name: String, with workers: WorkerPool, _ work: () throws -> Result) rethrows
    -> Result
  {
    var record = StageRecord(name: name, number: nil)
    let watch = StageWatch(workers: workers)
    defer {
      watch.finish(&record)
      add(record)
    }
    return try work()
  }

  func add(_ record: StageRecord) { stages.append(record) }
}

/// Measures a stretch of time from its making to `finish`: wall and CPU time, peak memory.
struct StageWatch {
  private let workers: WorkerPool
  private let start: UInt64
  private let threadTime: UInt64
  private let helperTime: UInt64

  init(workers: WorkerPool) {
    self.workers = workers
    ProcessMemory.resetPeak()
    threadTime = Clock.threadTime()
    helperTime = workers.helperNanoseconds
    start = Clock.now()
  }

  func finish(_ record: inout StageRecord) {
    record.start = start
    record.end = Clock.now()
    record.cpuTime = Clock.threadTime() - threadTime + workers.helperNanoseconds - helperTime
    record.residentPeak = ProcessMemory.peak
  }
}
