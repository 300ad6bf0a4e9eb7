import BinaryFormat
import IR
import Support
import Synchronization

/// What the workers of one loop over bodies share.
final class BodyVisit: Sendable {
  let loop: BodyLoop
  let functions: SharedSlots<Function>
  let names: ModuleNames
  let gate: AdmissionGate?
  let columnLimit: Int
  let transform: BodyLoop.Transform
  let failure = Mutex<BodyLoop.Failure?>(nil)
  /// The lowest function that failed: those above it need not be visited any more.
  private let lowestFailed = Atomic<Int>(.max)
  let input = InputRelease()

  init(
    loop: BodyLoop, functions: SharedSlots<Function>, names: ModuleNames, gate: AdmissionGate?,
    columnLimit: Int, transform: @escaping BodyLoop.Transform
  ) {
    self.loop = loop
    self.functions = functions
    self.names = names
    self.gate = gate
    self.columnLimit = columnLimit
    self.transform = transform
  }

  func visit(_ id: FunctionID, _ worker: BodyWorker) {
    guard id.index < lowestFailed.load(ordering: .relaxed) else { return }
    let size = functions[id.index].code!.bytes.count
    let cost = BodyWorkers.estimatedArena(byteCount: size)
    gate?.enter(cost: cost)
    defer { gate?.leave(cost: cost) }
    worker.meter.beginBody()
    var isTransformed = false
    do {
      try rewrite(id, worker, &isTransformed)
      worker.meter.endBody(id, byteCount: size, arena: worker.body.byteCount)
    } catch {
      note(BodyLoop.Failure(function: id, error: error, isAfterTransform: isTransformed))
    }
    worker.body.releaseMemory(beyond: columnLimit)
    loop.progress?.advance(by: size)
  }

  private func rewrite(_ id: FunctionID, _ worker: BodyWorker, _ isTransformed: inout Bool) throws {
    let old = functions[id.index].code!
    let type = functions[id.index].type
    let labels = names.labels[id] ?? [:]
    try worker.decoder.decode(
      old, type: type, into: &worker.body, validating: loop.checksInput && !old.isCanonical, labelNames: labels)
    if let locals = names.locals[id] { worker.body.localNames = locals }
    worker.meter.end(part: 0)
    try transform(worker, &worker.body, id, type)
    let hasChanged = worker.body.changeCount != 0
    guard hasChanged || !old.isCanonical else { return }
    let new = worker.encoder.encode(&worker.body)
    worker.meter.endEncoding(hasChanged: hasChanged)
    noteNames(of: id, labels: labels, worker)
    if loop.checksOutput {
      isTransformed = true
      try validate(new, type, worker)
      worker.meter.endValidation()
    }
    functions[id.index].code = new
    if !old.isCanonical { input.done(old) }
  }

  private func noteNames(of id: FunctionID, labels: [UInt32: Name], _ worker: BodyWorker) {
    let locals = worker.body.localNames
    if locals.isEmpty && labels.isEmpty && names.locals[id] == nil { return }
    if names.locals[id] ?? [:] == locals && labels == worker.encoder.labelNames { return }
    worker.renamed.append(RenamedBody(function: id, locals: locals, labels: worker.encoder.labelNames))
  }

  private func validate(_ code: Code, _ type: TypeID, _ worker: BodyWorker) throws {
    worker.decoder.acceptsTupleBlockTypes = true
    defer { worker.decoder.acceptsTupleBlockTypes = false }
    try worker.decoder.decode(code, type: type, into: &worker.body, validating: true)
  }

  private func note(_ new: BodyLoop.Failure) {
    failure.withLock { if new.function.index < $0?.function.index ?? .max { $0 = new } }
    lowestFailed.min(new.function.index, ordering: .relaxed)
  }
}
