import BinaryFormat
import IR
import Support

/// What one worker holds: the arena of the body at hand, the coders, and what it has measured in the stage.
///
/// It belongs to one thread at a time.
final class BodyWorker: @unchecked Sendable {
  // Unchecked: the worker pool gives a worker's number to one thread at a time.
  var body = Body()
  var encoder = BodyEncoder()
  var decoder: BodyDecoder
  var usedFeatures = FeatureSet.mvp
  /// Where names of locals or labels are no longer what the module says.
  var renamed: [RenamedBody] = []
  var meter: WorkerMeter
  /// What the passes of the stage count; nil if nobody wants to know.
  var tally: Tally?

  /// By pass of the stage.
  var settings: [FunctionContext.Setting] = []
  /// By pass of the stage that differs from the others in name or options: the change count of the body on which it
  /// would change nothing, -1 if there is none.
  var settledAt: [Int] = []

  init(declarations: Declarations) {
    decoder = BodyDecoder(declarations: declarations)
    meter = WorkerMeter(partCount: 0, isOn: false)
  }

  /// Makes the worker ready for a stage; arenas are kept.
  func begin(_ declarations: Declarations, meter: WorkerMeter) {
    decoder = BodyDecoder(declarations: declarations)
    self.meter = meter
    tally = nil
    settings = []
    settledAt = []
  }
}

/// New names of a body's locals, and of its labels by position.
struct RenamedBody {
  let function: FunctionID
  let locals: [LocalID: Name]
  let labels: [UInt32: Name]
}

extension ModuleNames {
  mutating func update(_ renamed: RenamedBody) {
    locals[renamed.function] = renamed.locals.isEmpty ? nil : renamed.locals
    labels[renamed.function] = renamed.labels.isEmpty ? nil : renamed.labels
  }
}

/// The workers' arenas: made once for a run, used by all its stages and passes.
package final class BodyWorkers {
  let pool: WorkerPool
  /// Bytes that the process should keep to; nil if there is no limit.
  let memoryBudget: Int?
  private var workers: [BodyWorker] = []

  package init(pool: WorkerPool, memoryBudget: Int? = nil) {
    self.pool = pool
    self.memoryBudget = memoryBudget
  }

  /// Columns larger than this are given back when a body is done: one huge body should not cost its memory for the
  /// rest of the run.
  var columnLimit: Int {
    let limit = 64 << 20
    guard let memoryBudget else { return limit }
    return min(limit, memoryBudget / (16 * pool.count))
  }

  func workers(_ declarations: Declarations, partCount: Int, measures: Bool) -> [BodyWorker] {
    while workers.count < pool.count { workers.append(BodyWorker(declarations: declarations)) }
    for worker in workers {
      worker.begin(declarations, meter: WorkerMeter(partCount: partCount, isOn: measures))
    }
    return workers
  }

  /// The gate for a stage over `codeSize` bytes of bodies, whose results may come on top of what is there now.
  func gate(reserving codeSize: Int) -> AdmissionGate? {
    guard let memoryBudget else { return nil }
    return AdmissionGate(budget: memoryBudget - (ProcessMemory.resident ?? codeSize) - codeSize)
  }

  /// Bytes of arena that a body of `byteCount` bytes is expected to take: the largest bodies of yosys take 10 for each of
  /// theirs, with what columns hold in reserve, and passes need as much again for what they find out.
  static func estimatedArena(byteCount: Int) -> Int { 4096 + byteCount * 24 }
}
