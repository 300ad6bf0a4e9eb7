import Analysis
import IR
import PassManager
import Support

/// Moves assignments down past branches and into arms, so that they run only where they are needed.
///
///     (local.set $x (i32.add ...))           (br_if $out (local.get $c))
///     (br_if $out (local.get $c))            (if (local.get $d)
///     (if (local.get $d)              ->       (then
///       (then                                    (local.set $x (i32.add ...))
///         (call $f                               (call $f
///           (local.get $x)                         (local.get $x)
///           (local.get $x))))                      (local.get $x))))
///
/// It moves assignments whose value has no effect, of locals that are assigned nowhere else and read only in the rest of
/// the same block. They do not go into loops, where they would run more often.
///
/// After Binaryen's pass of that name. Two walks over the body, and one more if something moves; near-linear.
struct CodePushing: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    if !body.mayHaveChoices { return }
    let survey = PushSurvey(of: body, ignoring: context.options.ignoredEffects)
    if !survey.mayPush { return }
    var walk = PushWalk(of: body, survey)
    walk.run(on: body)
    if walk.moveCount == 0 { return }
    apply(walk.sets, to: &body)
  }

  /// Moves the sets, in the order in which they stand.
  private func apply(_ sets: borrowing Column<PushableSet>, to body: inout Body) {
    // By node: the first and the last set that goes before it; and whether it is a set that goes elsewhere.
    var lists = Column<(first: UInt32, last: UInt32)>()
    lists.resize(to: body.nodes.count, filling: (.max, .max))
    var next = Column<UInt32>()
    next.resize(to: sets.count, filling: .max)
    var isMoved = Column<Bool>()
    isMoved.resize(to: body.nodes.count, filling: false)
    for index in 0..<sets.count where !sets[index].destination.isNone {
      let destination = sets[index].destination.index
      isMoved[sets[index].node.index] = true
      if lists[destination].first == .max { lists[destination].first = UInt32(index) }
      if lists[destination].last != .max { next[Int(lists[destination].last)] = UInt32(index) }
      lists[destination].last = UInt32(index)
    }
    body.rewriteBottomUp { body, id in
      if isMoved[id.index] { return body.makeEmptySequence() }
      var index = lists[id.index].first
      if index == .max { return id }
      var items: [NodeID] = []
      while index != .max {
        items.append(sets[Int(index)].node)
        index = next[Int(index)]
      }
      return body.makeBlock(items + [id], type: body.type(of: id))
    }
    body.flattenSequences()
  }
}
