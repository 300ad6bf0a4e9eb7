import BinaryFormat
import IR
import Support
import Synchronization

/// One parallel visit of bodies: decode, transform, encode.
///
/// The result does not depend on the number of workers: a body's bytes are a function of the body and the
/// declarations, and of several errors that in the function with the lowest id is reported.
struct BodyLoop {
  /// Bodies come from the input: they are validated, and what they use is noted.
  var checksInput = false
  /// Bodies that are encoded are validated after they have been encoded.
  var checksOutput = false
  var measures = false
  /// Bodies are visited in the order of ids, by one worker.
  var isOrdered = false
  /// Parts that the transform measures (`WorkerMeter.end`), from number 1 on; 0 is decoding.
  var partCount = 0
  var progress: ProgressLine?

  struct Outcome {
    var usedFeatures = FeatureSet.mvp
    var meters: [WorkerMeter] = []
    /// Of each worker.
    var settings: [[FunctionContext.Setting]] = []
    /// What passes counted, by name.
    var tally: [String: Int] = [:]
    var failure: Failure?
  }

  struct Failure {
    let function: FunctionID
    let error: any Error
    /// The body was valid before it was transformed.
    let isAfterTransform: Bool
  }

  typealias Transform = @Sendable (BodyWorker, inout Body, FunctionID, TypeID) throws -> Void

  /// Visits the bodies of `functions`, which must have one. After a failure, that function has its old body, and each
  /// other either its old or its new one.
  func run(
    over functions: [FunctionID], of module: inout Module, declarations: Declarations, with bodyWorkers: BodyWorkers,
    prepare: (BodyWorker) -> Void = { _ in }, _ transform: @escaping Transform
  ) -> Outcome {
    let workers = bodyWorkers.workers(declarations, partCount: partCount + 1, measures: measures)
    for worker in workers { prepare(worker) }
    let visit = visitBodies(functions, of: &module, workers, bodyWorkers, transform)
    var outcome = Outcome()
    outcome.failure = visit.failure.withLock { $0 }
    for worker in workers {
      outcome.usedFeatures.formUnion(worker.decoder.usedFeatures)
      for renamed in worker.renamed { module.names.update(renamed) }
      worker.renamed = []
      outcome.meters.append(worker.meter)
      outcome.settings.append(worker.settings)
      if let tally = worker.tally { outcome.tally.merge(tally.counts, uniquingKeysWith: +) }
    }
    return outcome
  }

  private func visitBodies(
    _ functions: [FunctionID], of module: inout Module, _ workers: [BodyWorker], _ bodyWorkers: BodyWorkers,
    _ transform: @escaping Transform
  ) -> BodyVisit {
    let codeSize = module.codeSize(of: functions)
    let names = module.names
    return module.functions.values.withUnsafeMutableBufferPointer { table in
      let visit = BodyVisit(
        loop: self, functions: SharedSlots(table), names: names, gate: bodyWorkers.gate(reserving: codeSize),
        columnLimit: bodyWorkers.columnLimit, transform: transform)
      let order = isOrdered ? functions.sorted() : BodyOrder.order(functions) { table[$0.index].code!.bytes.count }
      let queue = ItemQueue(count: order.count)
      // A thread for less than this costs more than it saves.
      let limit = isOrdered ? 1 : 1 + codeSize / 16384
      bodyWorkers.pool.onWorkers(upTo: limit, while: { !queue.isEmpty }) { number in
        let worker = workers[number]
        worker.meter.beginStage()
        while let position = queue.next() {
          visit.visit(order[position], worker)
        }
        worker.meter.endStage()
      }
      if visit.failure.withLock({ $0 == nil }) { visit.input.releaseAll() }
      return visit
    }
  }
}

extension Module {
  /// Sum of the bytes of bodies.
  func codeSize(of ids: some Sequence<FunctionID>) -> Int {
    ids.reduce(0) { $0 + (functions[$1].code?.bytes.count ?? 0) }
  }

  /// The functions that have a body and have not been removed.
  package var functionsWithBodies: [FunctionID] {
    functions.ids.filter { !functions[$0].isRemoved && functions[$0].code != nil }
  }
}

/// In which order bodies are visited.
enum BodyOrder {
  /// Below this, a body is no burden for whoever gets it last: milliseconds.
  static let smallBody = 16384

  /// Large bodies first, largest first, so that none is left to one worker at the end; then the others in the order of
  /// the file, so that memory is read and given back in that order.
  static func order(_ functions: [FunctionID], size: (FunctionID) -> Int) -> [FunctionID] {
    var large: [(size: Int, id: FunctionID)] = []
    var small: [FunctionID] = []
    for id in functions {
      let size = size(id)
      if size > smallBody { large.append((size, id)) } else { small.append(id) }
    }
    large.sort { $0.size != $1.size ? $0.size > $1.size : $0.id < $1.id }
    small.sort()
    return large.map(\.id) + small
  }
}
