import IR
import PassManager
import Support

/// Lets a branch to a test go on to where the test leads, if that is known where the branch comes from.
///
///     (block $join                           (block $join
///       (if (call $f)                          (if (call $f)
///         (then                                  (then
///           (local.set $x (i32.const 1))           (local.set $x (i32.const 1))
///           (br $join)))                 ->        (br $far)))
///       (call $g))                             (call $g))
///     (br_if $far (local.get $x))            (br_if $far (local.get $x))
///
/// What is known of a local comes from assignments and from the tests on the way (`KnownRanges`). A test goes if its
/// outcome is known on all ways to it. Where size matters, no block is made to branch behind a test, unless that saves
/// the test.
///
/// One walk, linear but for the logarithm in `DominatingTimes`.
struct JumpThreading: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard let locals = testedLocals(of: body) else { return }
    var walk = JumpWalk(of: body, testing: locals, favorsSize: context.options.shrinkLevel > 0)
    walk.run(on: &body)
    walk.removeDecidedIfs(in: &body)
    walk.makeBlocks(in: &body)
  }

  /// By local: whether the outcome of a test of it may be known. Nil if there are none.
  private func testedLocals(of body: borrowing Body) -> Column<Bool>? {
    var testCounts = Column<UInt8>()
    testCounts.resize(to: body.localCount, filling: 0)
    var isAssigned = Column<Bool>()
    isAssigned.resize(to: body.localCount, filling: false)
    // Nodes that are no longer part of the body only make the answer less exact; but their locals may be gone.
    for index in 0..<body.nodes.count {
      let id = NodeID(index)
      switch body.opcode(of: id) {
      case .if: noteTest(body.operand(0, of: id), in: &testCounts, body)
      case .brIf: noteTest(body.operand(1, of: id), in: &testCounts, body)
      case .localSet, .localTee:
        let local = body.local(of: id)
        if local.index < body.localCount && !isAssigned[local.index] {
          isAssigned[local.index] = isKnownValue(body.localValue(of: id), in: body)
        }
      default: break
      }
    }
    var isTested = Column<Bool>()
    var isEmpty = true
    for index in 0..<body.localCount {
      let isUseful = testCounts[index] > 1 || testCounts[index] == 1 && isAssigned[index]
      if isUseful { isEmpty = false }
      isTested.append(isUseful)
    }
    if isEmpty { return nil }
    return .some(consume isTested)
  }

  private func noteTest(_ condition: NodeID, in counts: inout Column<UInt8>, _ body: borrowing Body, depth: Int = 4) {
    switch body[condition] {
    case .localGet, .localTee:
      let local = body.local(of: condition)
      if local.index < counts.count { counts[local.index] = min(counts[local.index] + 1, 2) }
    case .unary(let node) where depth > 0: noteTest(node.operand, in: &counts, body, depth: depth - 1)
    case .refIsNull(let value) where depth > 0: noteTest(value, in: &counts, body, depth: depth - 1)
    case .binary(let node) where depth > 0:
      noteTest(node.left, in: &counts, body, depth: depth - 1)
      if node.opcode == .i32And || node.opcode == .i32Or {
        noteTest(node.right, in: &counts, body, depth: depth - 1)
      }
    default: break
    }
  }

  private func isKnownValue(_ value: NodeID, in body: borrowing Body) -> Bool {
    switch body.opcode(of: value) {
    case .i32Const, .i64Const, .refNull, .localGet, .localTee, .i32And, .i32Load8U, .i32Load16U, .i32Eqz: true
    case let opcode:
      opcode.inverseComparison != nil
        || body.type(of: value).isValue && body.type(of: value).valueType.isReference
    }
  }
}
