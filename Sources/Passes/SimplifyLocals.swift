import Analysis
import IR
import PassManager
import Support

/// Moves sets of locals down to where the locals are read, so that values need no local.
///
///     (local.set $x (call $f))           (call $g
///     (local.set $y (i32.const 1))  ->     (local.tee $x (call $f))
///     (call $g                             (i32.const 1))
///       (local.get $x)                   (call $h (local.get $x))
///       (local.get $y))
///     (call $h (local.get $x))
///
/// What the ways through an `if` or a block end with becomes its result. Sets that nothing reads and copies that
/// change nothing are removed. After Binaryen's pass of the same name.
///
/// Each walk is near-linear, and their number is bounded: see `SetSinking` and `SinkableSets`.
struct SimplifyLocals: FunctionPass {
  /// Bounds the walks over one body.
  static let walkLimit = 16

  var rules = SetSinking.Rules()

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    let survey = LocalSurvey(of: body)
    if !survey.setsLocals { return }
    let hasCopies = survey.hasCopies
    let options = context.options
    let ignored = options.ignoredEffects
    var sinking = SetSinking(of: body, getCounts: survey.takeGetCounts(), rules: rules, ignoring: ignored)
    if hasCopies { _ = unifyCopies(&sinking, in: &body, context.declarations) }
    for walk in 1..<Self.walkLimit {
      let changes = sinking.run(on: &body)
      if changes == 0 {
        if walk > 1 && sinking.hasCopies && unifyCopies(&sinking, in: &body, context.declarations) > 0 { continue }
        break
      }
      // What little another walk may find has to be worth it.
      if walk > 1 && changes < body.nodes.count / 32 { break }
    }
  }

  /// Returns how many nodes that changed.
  private func unifyCopies(_ sinking: inout SetSinking, in body: inout Body, _ declarations: Declarations) -> Int {
    let before = body.changeCount
    var counts = Column<UInt32>()
    swap(&counts, &sinking.getCounts)
    var locals = EquivalentLocals(of: body, getCounts: counts, removesCopies: rules.makesResults, declarations)
    body.walkDominance(&locals)
    sinking.getCounts = locals.takeGetCounts()
    return body.changeCount - before
  }
}

/// What there is to do in a body.
private struct LocalSurvey: ~Copyable {
  /// By local: how many `local.get` there are.
  private var getCounts = Column<UInt32>()
  private(set) var setsLocals = false
  /// A local is set to what another local has.
  private(set) var hasCopies = false

  init(of body: borrowing Body) {
    getCounts.resize(to: body.localCount, filling: 0)
    var pending = Column<NodeID>()
    pending.append(body.root)
    while !pending.isEmpty {
      body.forEachOperand(of: pending.popLast()) { id in
        switch body.opcode(of: id) {
        case .localGet: getCounts[body.local(of: id).index] += 1
        case .localSet, .localTee:
          setsLocals = true
          let value = body.opcode(of: body.localValue(of: id))
          if value == .localGet || value == .localTee { hasCopies = true }
          pending.append(id)
        default: if body.operandCount(of: id) > 0 { pending.append(id) }
        }
      }
    }
  }

  consuming func takeGetCounts() -> Column<UInt32> { getCounts }
}
