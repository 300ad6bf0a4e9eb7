import Analysis
import IR
import PassManager
import Support

/// Computes a value that is needed again once and keeps it in a local; reads it from a local that has it anyway.
///
///     (call $f                               (call $f
///       (i32.mul                               (local.tee $new (i32.mul
///         (local.get $x)                         (local.get $x)
///         (local.get $y)))         ->            (local.get $y))))
///     (call $g                               (call $g
///       (i32.mul                               (local.get $new))
///         (local.get $x)
///         (local.get $y)))
///
/// Values are numbered by what they are computed from, in the order of evaluation, so that two are compared in constant
/// time; state that is read has a number, too, which is another one once the state may have changed. A value counts
/// where control is sure to have come through its computation: numbering along the dominator tree (Briggs, Cooper and
/// Simpson, "Value numbering", 1997, 4.1), which is the order of evaluation in structured code.
///
/// As `local-cse` it is after Binaryen's pass of that name, which looks along straight ways and puts a value into a
/// local of its own even if another has it; nothing counts from outside of a loop. As `value-numbering` it keeps in
/// loops what these do not change.
///
/// Near-linear in time; 20 bytes for each node, 36 for each different value.
struct LocalCommonSubexpressionElimination: FunctionPass {
  var looksIntoLoops = false

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    var numbering = ExpressionNumbering(
      of: body, context.declarations, savesSize: context.options.shrinkLevel > 0, looksIntoLoops: looksIntoLoops)
    body.walkDominance(&numbering)
    if !numbering.hasRepeats { return }
    var reuse = ExpressionReuse()
    reuse.run(on: &body, numbering.takeRepeats())
  }
}

/// Puts reads of locals in the place of values that are computed again.
private struct ExpressionReuse: ~Copyable {
  /// A node whose value is kept, and the local that keeps it.
  private struct Kept: BitwiseCopyable {
    let node: NodeID
    let local: LocalID
  }

  private var kept = Column<Kept>()
  /// By node: its position in `kept`.
  private var positions = Column<UInt32>()
  private var repeats = Column<NodeID>()

  /// What is below a node that goes is not looked at: the largest values are reused. Nothing below it is the first to
  /// compute a value, as its operands have the values that those of its equal have.
  mutating func run(on body: inout Body, _ sources: borrowing Column<ExpressionSource>) {
    positions.resize(to: sources.count, filling: .max)
    var pending = Column<UInt32>()
    pending.append(body.root.rawValue)
    while !pending.isEmpty {
      let id = NodeID(rawValue: pending.popLast())
      if sources[id.index].isNone {
        body.appendOperands(of: id, to: &pending)
      } else {
        repeats.append(id)
      }
    }
    for position in 0..<repeats.count {
      let id = repeats[position]
      let local = local(of: sources[id.index], in: &body)
      body.replace(id, with: NodeRecord(.localGet, ResultType(body.type(of: local)), a: local.rawValue))
    }
    for position in 0..<kept.count {
      let (id, local) = (kept[position].node, kept[position].local)
      let value = body.append(body.nodes[id.index])
      body.movePosition(from: id, to: value)
      body.replace(
        id, with: NodeRecord(.localTee, ResultType(body.type(of: local)), a: local.rawValue, b: value.rawValue))
    }
  }

  private mutating func local(of source: ExpressionSource, in body: inout Body) -> LocalID {
    if !source.local.isNone { return source.local }
    let leader = source.leader
    if positions[leader.index] == .max {
      positions[leader.index] = UInt32(kept.count)
      kept.append(Kept(node: leader, local: body.makeLocal(body.type(of: leader).valueType)))
    }
    return kept[Int(positions[leader.index])].local
  }
}
