import IR
import PassManager
import Passes
import Support

/// Runs the passes that make modules smaller.
struct PassReduction: ReductionRound {
  let title = "passes"
  private let passes: [ScheduledPass]
  private let workers: WorkerPool

  init(workers: WorkerPool) {
    self.workers = workers
    var options = PassOptions()
    (options.optimizeLevel, options.shrinkLevel) = (2, 2)
    var seen: Set<String> = []
    let schedule = (try? Pipelines.schedule(with: options)) ?? []
    passes = schedule.filter { seen.insert($0.name).inserted }
  }

  var count: Int { passes.count }
  var repeats: Bool { true }

  func apply(_ part: Range<Int>, to module: inout Module) throws -> Bool {
    // A pass that fails is no help.
    (try? PassRunner.quiet(workers).run(Array(passes[part]), on: &module)) != nil
  }
}
