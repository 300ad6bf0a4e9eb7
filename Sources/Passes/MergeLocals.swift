import Analysis
import IR
import PassManager
import Support

/// Makes one local of two that have the same value, where one of them is all that is needed.
///
///     (local.set $y (local.get $x))        (call $f (local.get $x))
///     (call $f (local.get $y))        ->   (call $f (local.get $x))
///     (call $f (local.get $x))
///
/// If all that reads a copy could read its source, the copy goes. If not, but all that reads the source behind the copy
/// could read the copy, it does: then the two are not needed at the same time, and `coalesce-locals` makes them one.
///
/// After Binaryen's pass of that name; here chains of copies lead to their beginning at once.
struct MergeLocals: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    if !body.mayCopyLocals { return }
    let flow = ControlFlowGraph(of: body)
    guard let queries = LocalCopies.queries(in: body, flow) else { return }
    let dominators = Dominators(of: flow)
    let values = LocalGraph(of: flow, dominators, localCount: body.localCount, lastQueries: queries)
    var copies = LocalCopies(in: body, flow, values)
    copies.count(flow, dominators, values)
    copies.decide(flow, values, in: body)
    copies.apply(to: &body, flow, values)
  }
}

/// An assignment of what another local has.
private struct LocalCopy: BitwiseCopyable {
  /// The access that writes; the one before it reads the source, or is a `local.tee` of it.
  let write: Int
  let source: LocalValue
  /// What is copied along the whole chain of copies that this one ends, and the local that has it.
  let origin: LocalValue
  let originLocal: LocalID
  /// How many reads of the copy might read the local of `origin`, and that of the source.
  var readsFromOrigin = 0
  var readsFromSource = 0
  /// How many reads of the source might read the copy, or come before it.
  var readsFromCopy = 0
  var earlierReads = 0
  /// What reads of the copy are to read.
  var replacement = LocalID.none
  /// Whether reads of the source are to read the copy.
  var takesReads = false
}

private struct LocalCopies: ~Copyable {
  private var copies = Column<LocalCopy>()
  /// By value: the number of the copy that assigns it, and of the first that it is the source of.
  private var copyNumbers = Column<Int32>()
  private var firstCopies = Column<Int32>()
  /// By value: how many reads see just it, and whether it comes to a phi that a read sees.
  private var readCounts = Column<UInt32>()
  private var isMerged = Column<Bool>()
  /// By block: the one that begins the innermost loop around it.
  private var loops = Column<BlockID>()
  /// By access.
  private var blocks = Column<BlockID>()

  /// By local: the last block of the body, for those that copies write or read; nil if there are no copies.
  static func queries(in body: borrowing Body, _ flow: borrowing ControlFlowGraph) -> Column<BlockID>? {
    var queries = Column<BlockID>()
    let last = BlockID(flow.blockCount - 1)
    for index in 0..<flow.accesses.count where isCopy(index, in: body, flow) {
      if queries.isEmpty { queries.resize(to: body.localCount, filling: .none) }
      for access in index - 1...index { queries[flow.accesses[access].local.index] = last }
    }
    if queries.isEmpty { return nil }
    return queries
  }

  /// Whether the access assigns what the one before it read or assigned, to another local of the same type.
  private static func isCopy(_ index: Int, in body: borrowing Body, _ flow: borrowing ControlFlowGraph) -> Bool {
    let access = flow.accesses[index]
    guard access.isWrite, index > 0, body.opcode(of: access.node) != .tupleSet else { return false }
    let source = flow.accesses[index - 1]
    let type = body.type(of: access.local)
    // Whether locals without default are set is not for this pass to find out.
    return source.node == body.operand(0, of: access.node) && source.local != access.local
      && body.opcode(of: source.node) != .tupleSet && type == body.type(of: source.local) && type.isDefaultable
  }

  init(in body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph) {
    copyNumbers.resize(to: values.valueCount, filling: -1)
    firstCopies.resize(to: values.valueCount, filling: -1)
    readCounts.resize(to: values.valueCount, filling: 0)
    isMerged.resize(to: values.valueCount, filling: false)
    blocks.resize(to: flow.accesses.count, filling: .none)
    findLoops(flow)
    for phi in 0..<values.phiCount where values.isUsed(phi: phi) {
      for index in 0..<values.operandCount(ofPhi: phi) { isMerged[values.operand(index, ofPhi: phi).index] = true }
    }
    for number in 0..<flow.blockCount where flow.isReachable(BlockID(number)) {
      for index in flow.accessRange(of: BlockID(number)) {
        blocks[index] = BlockID(number)
        if flow.accesses[index].isWrite {
          if Self.isCopy(index, in: body, flow) { add(index, flow, values) }
        } else if !values.value(readBy: index).isNone {
          readCounts[values.value(readBy: index).index] += 1
        }
      }
    }
  }

  private mutating func findLoops(_ flow: borrowing ControlFlowGraph) {
    var open = Column<BlockID>()
    for number in 0..<flow.blockCount {
      let block = BlockID(number)
      let depth = flow.loopDepth(of: block)
      let isHeader = flow.isLoopHeader(block)
      while !open.isEmpty && flow.loopDepth(of: open.last) >= (isHeader ? depth : depth + 1) { open.removeLast(1) }
      if isHeader { open.append(block) }
      loops.append(open.isEmpty ? .none : open.last)
    }
  }

  private mutating func add(_ write: Int, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph) {
    let access = flow.accesses[write - 1]
    let source = access.isWrite ? values.value(writtenBy: write - 1) : values.value(readBy: write - 1)
    if source.isNone || !values.isKnown(access.local) || !values.isKnown(flow.accesses[write].local) { return }
    var (origin, local) = (source, access.local)
    let earlier = copyNumbers[source.index]
    if earlier >= 0 { (origin, local) = (copies[Int(earlier)].origin, copies[Int(earlier)].originLocal) }
    copyNumbers[values.value(writtenBy: write).index] = Int32(copies.count)
    if firstCopies[source.index] < 0 { firstCopies[source.index] = Int32(copies.count) }
    copies.append(LocalCopy(write: write, source: source, origin: origin, originLocal: local))
  }

  // MARK: Reads

  /// Counts which reads may read which local instead.
  mutating func count(
    _ flow: borrowing ControlFlowGraph, _ dominators: borrowing Dominators, _ values: borrowing LocalGraph
  ) {
    if copies.isEmpty { return }
    var current = CurrentValues(of: values)
    for place in 0..<dominators.order.count {
      let block = dominators.order[place]
      current.enter(block, of: values, dominators)
      for index in flow.accessRange(of: block) {
        if flow.accesses[index].isWrite {
          current.write(flow.accesses[index].local, index, of: values)
        } else {
          count(index, values.value(readBy: index), current, flow, values)
        }
      }
    }
  }

  private mutating func count(
    _ read: Int, _ value: LocalValue, _ current: borrowing CurrentValues, _ flow: borrowing ControlFlowGraph,
    _ values: borrowing LocalGraph
  ) {
    if value.isNone { return }
    let own = Int(copyNumbers[value.index])
    if own >= 0 {
      let copy = copies[own]
      if current[copy.originLocal] == copy.origin { copies[own].readsFromOrigin += 1 }
      if current[flow.accesses[copy.write - 1].local] == copy.source { copies[own].readsFromSource += 1 }
    }
    let other = Int(firstCopies[value.index])
    if other >= 0 {
      let write = copies[other].write
      if read < write {
        if isOver(value, before: write, values) { copies[other].earlierReads += 1 }
      } else if current[flow.accesses[write].local] == values.value(writtenBy: write) {
        copies[other].readsFromCopy += 1
      }
    }
  }

  /// Whether control comes from `write`, which can read `value`, to accesses before it only through the beginning of
  /// `value`: each loop around the write is around that, too.
  private func isOver(_ value: LocalValue, before write: Int, _ values: borrowing LocalGraph) -> Bool {
    var start = BlockID.entry
    if let phi = values.phi(value) { start = values.block(ofPhi: phi) }
    if let access = values.write(value) { start = blocks[access] }
    return loops[start.index] == loops[blocks[write].index]
  }

  // MARK: Rewriting

  mutating func decide(_ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph, in body: borrowing Body) {
    for number in 0..<copies.count {
      let copy = copies[number]
      let value = values.value(writtenBy: copy.write)
      let reads = Int(readCounts[value.index])
      let earlier = Int(copyNumbers[copy.source.index])
      // If the source goes itself, nothing can read it.
      let sourceStays = earlier < 0 || copies[earlier].replacement.isNone
      if !isMerged[value.index] && copy.readsFromOrigin == reads {
        copies[number].replacement = copy.originLocal
      } else if !isMerged[value.index] && sourceStays && copy.readsFromSource == reads {
        copies[number].replacement = flow.accesses[copy.write - 1].local
      } else {
        copies[number].takesReads =
          sourceStays && !isMerged[copy.source.index] && Int(firstCopies[copy.source.index]) == number
          && copy.readsFromCopy > 0
          && copy.readsFromCopy + copy.earlierReads == Int(readCounts[copy.source.index])
      }
    }
  }

  func apply(to body: inout Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph) {
    if copies.isEmpty { return }
    // Ascending, and so operands before the node they belong to.
    for index in 0..<flow.accesses.count where !blocks[index].isNone {
      let access = flow.accesses[index]
      if access.isWrite {
        let number = Int(copyNumbers[values.value(writtenBy: index).index])
        if number >= 0 && !copies[number].replacement.isNone { body.removeCopy(access.node) }
        continue
      }
      let value = values.value(readBy: index)
      if value.isNone { continue }
      let (own, other) = (Int(copyNumbers[value.index]), Int(firstCopies[value.index]))
      if own >= 0 && !copies[own].replacement.isNone {
        body.setLocal(of: access.node, to: copies[own].replacement)
      } else if other >= 0 && copies[other].takesReads && index > copies[other].write {
        body.setLocal(of: access.node, to: flow.accesses[copies[other].write].local)
      }
    }
  }
}
