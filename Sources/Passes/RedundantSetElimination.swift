import Analysis
import IR
import PassManager
import Support

/// Removes assignments of a value that the local has already.
///
///     (local.set $y (local.get $x))        (local.set $y (local.get $x))
///     (call $f)                            (call $f)
///     (local.set $x (local.get $y))   ->   (nop)
///     (local.set $z (i32.const 0))         (nop)             ;; as declared
///
/// Where a reference is in two locals, reads use the one with the more exact type.
///
/// After Binaryen's pass of that name, which holds the number of each local at the beginning of each block.
struct RedundantSetElimination: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    if !body.mayAssignKnownValues { return }
    let flow = ControlFlowGraph(of: body)
    guard let queries = RedundancyQueries(in: body, flow) else { return }
    let dominators = Dominators(of: flow)
    let values = LocalGraph(of: flow, dominators, localCount: body.localCount, lastQueries: queries.lastBlocks)
    let numbers = ValueNumbers(of: values, in: body, flow)
    if !queries.copies.isEmpty {
      let reads = ExactReads(queries.copies, in: body, flow, values, numbers, context.declarations.types)
      reads.apply(to: &body, flow, dominators, values, numbers)
    }
    removeRedundantWrites(in: &body, flow, values, numbers)
  }

  private func removeRedundantWrites(
    in body: inout Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph,
    _ numbers: borrowing ValueNumbers
  ) {
    // By access.
    var isRedundant = Column<Bool>()
    isRedundant.resize(to: flow.accesses.count, filling: false)
    var count = 0
    for number in 0..<flow.blockCount where flow.isReachable(BlockID(number)) {
      for index in flow.accessRange(of: BlockID(number)) where flow.accesses[index].isWrite {
        let old = values.value(overwrittenBy: index)
        guard !old.isNone, body.assignsKnownValue(index, in: flow) else { continue }
        isRedundant[index] = numbers[old] == numbers[values.value(writtenBy: index)]
        if isRedundant[index] { count += 1 }
      }
    }
    if count == 0 { return }
    let needed = body.localsThatNeedDeadWrites(isRedundant, of: flow)
    // Ascending, and so operands before the node they belong to.
    for index in 0..<flow.accesses.count where isRedundant[index] {
      let access = flow.accesses[index]
      if needed.isEmpty || !needed[access.local.index] { body.removeCopy(access.node) }
    }
  }
}

/// What the pass has to know of which local.
private struct RedundancyQueries: ~Copyable {
  /// By local: the last block that assigns a value to it that it may have.
  private(set) var lastBlocks = Column<BlockID>()
  /// Copies of references between locals of different types, as accesses; what they copy is the access before.
  private(set) var copies: [Int] = []

  /// Nil if no write may be redundant.
  init?(in body: borrowing Body, _ flow: borrowing ControlFlowGraph) {
    lastBlocks.resize(to: body.localCount, filling: .none)
    var isEmpty = true
    for number in 0..<flow.blockCount where flow.isReachable(BlockID(number)) {
      let range = flow.accessRange(of: BlockID(number))
      for index in range where flow.accesses[index].isWrite && body.assignsKnownValue(index, in: flow) {
        let local = flow.accesses[index].local
        isEmpty = false
        lastBlocks[local.index] = BlockID(number)
        guard body.type(of: local).isReference, index > range.lowerBound else { continue }
        if body.type(of: local) != body.type(of: flow.accesses[index - 1].local) { copies.append(index) }
      }
    }
    if isEmpty { return nil }
    for copy in copies {
      for index in copy - 1...copy { lastBlocks[flow.accesses[index].local.index] = BlockID(flow.blockCount - 1) }
    }
  }
}
