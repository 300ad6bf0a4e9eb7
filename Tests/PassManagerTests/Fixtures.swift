import BinaryFormat
import IR
import PassManager
import Support
import Synchronization

/// A module of functions `[] -> []`, each a run of `i32.const K` `drop`, the constants in two bytes so that they are not
/// in canonical form.
func makeModule(constantCounts: [Int]) -> Module {
  var module = Module()
  let type = module.types.findOrAppend(FunctionType())
  for (index, count) in constantCounts.enumerated() {
    var bytes: [UInt8] = [0]
    for constant in 0..<count { bytes += [0x41, 0x80 | UInt8((index + constant) % 60), 0x00, 0x1a] }
    module.functions.append(Function(type: type, code: Code(bytes: Bytes(bytes + [0x0b]))))
  }
  return module
}

/// Sizes with a few large bodies among many small ones.
let variedCounts = (0..<300).map { ($0 * 37) % 101 + ($0 % 50 == 7 ? 8000 + $0 : 0) }

/// Adds `amount` to each `i32.const` that is below `limit`.
struct AddToConstants: FunctionPass {
  var amount: Int32 = 1
  var limit = Int32.max

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    body.rewriteBottomUp { body, id in
      guard case .i32Const(let value) = body[id], value < limit else { return id }
      return body.makeI32Const(value + amount)
    }
  }
}

/// Counts the bodies it sees and leaves them alone.
final class CountBodies: FunctionPass {
  private let counter = Atomic<Int>(0)
  private let seenFeatures = Mutex<Set<FeatureSet>>([])
  var count: Int { counter.load(ordering: .relaxed) }
  var features: Set<FeatureSet> { seenFeatures.withLock { $0 } }

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    counter.add(1, ordering: .relaxed)
    let features = context.options.features
    _ = seenFeatures.withLock { $0.insert(features) }
  }
}

/// Makes the body of one function invalid: a `drop` of nothing.
struct BreakBody: FunctionPass {
  var function: FunctionID

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard context.function == function else { return }
    let node = body.makeDrop(body.makeNop())
    body.setRoot(to: body.makeBlock([node], label: .function, type: .none))
  }
}

struct ModuleStep: ModulePass {
  let step: @Sendable (inout Module, borrowing ModuleContext) throws -> Void
  init(_ step: @escaping @Sendable (inout Module, borrowing ModuleContext) throws -> Void) { self.step = step }
  func run(on module: inout Module, in context: borrowing ModuleContext) throws { try step(&module, context) }
}

/// Keeps what is written to it.
final class Transcript: TextSink {
  private let content = Mutex("")
  var text: String { content.withLock { $0 } }
  func write(_ text: Bytes) { append(String(decoding: text.array, as: UTF8.self)) }
  func append(_ text: String) { content.withLock { $0 += text } }
}

func schedule(_ name: String, _ pass: some FunctionPass, traits: PassTraits = []) -> ScheduledPass {
  ScheduledPass(name: name, pass: .function(pass), traits: traits)
}

func schedule(_ name: String, _ step: @escaping @Sendable (inout Module, borrowing ModuleContext) throws -> Void)
  -> ScheduledPass
{
  ScheduledPass(name: name, pass: .module(ModuleStep(step)))
}

/// Runs `schedule` and returns what the runner logged and measured.
@discardableResult
func run(
  _ schedule: [ScheduledPass], on module: inout Module, workers: Int = 2, log: Transcript = Transcript(),
  hooks: DebugHooks = DebugHooks(), _ configure: (inout RunnerOptions) -> Void = { _ in }
) throws -> RunProfile {
  var options = RunnerOptions()
  configure(&options)
  let runner = PassRunner(
    options: options, workers: WorkerPool(count: workers), printer: Transcript(),
    progress: ProgressLine(isOn: false) { log.append($0) }, hooks: hooks)
  try runner.run(schedule, on: &module)
  return runner.profile
}

func bodies(of module: Module) -> [[UInt8]] { module.functions.values.map { $0.code?.bytes.array ?? [] } }
