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
  /// Most functions need three or four walks.
  static let walkLimit = 16

  var rules = SetSinking.Rules()

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard body.setsLocals else { return }
    let counts = body.countLocalGets()
    let options = context.options
    let ignored: Effects.Flags = options.trapsNeverHappen || options.ignoresImplicitTraps ? .traps : []
    var sinking = SetSinking(of: body, getCounts: counts, rules: rules, ignoring: ignored)
    _ = sinking.run(on: &body, isFirst: true)
    var isLate = false
    for _ in 1..<Self.walkLimit {
      let hasChanged = sinking.run(on: &body, isFirst: false)
      if !hasChanged {
        if isLate { break }
        if !unifyCopies(&sinking, in: &body, context.declarations) { break }
      }
      isLate = !hasChanged
    }
  }

  /// Returns whether that changed anything.
  private func unifyCopies(_ sinking: inout SetSinking, in body: inout Body, _ declarations: Declarations) -> Bool {
    var counts = Column<UInt32>()
    swap(&counts, &sinking.getCounts)
    var locals = EquivalentLocals(of: body, getCounts: counts, removesCopies: rules.makesResults, declarations)
    body.walkDominance(&locals)
    let hasChanged = locals.hasChanged
    sinking.getCounts = locals.takeGetCounts()
    return hasChanged
  }
}

extension Body {
  fileprivate var setsLocals: Bool {
    (0..<nodes.count).contains { nodes[$0].opcode == .localSet || nodes[$0].opcode == .localTee }
  }

  /// By local: how many `local.get` there are.
  fileprivate func countLocalGets() -> Column<UInt32> {
    var counts = Column<UInt32>()
    counts.resize(to: localCount, filling: 0)
    forEachNode { id in
      let record = nodes[id.index]
      if record.opcode == .localGet { counts[Int(record.a)] += 1 }
    }
    return counts
  }
}
