import IR
import Support

/// A value that a local has: the one at the beginning of the function, one that an access assigns, or a phi, which is
/// one of several depending on where control comes from. `none` is what is not known: in code that cannot run, and of
/// locals that were too much work.
@frozen public struct LocalValue: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// Which values each read of a local may see, and where each value goes: static single assignment form, beside a body
/// that stays as it is.
///
/// Phis stand where values that different accesses assigned meet, and only where the local may still be read. Making the
/// graph takes time near-linear in blocks, edges, accesses and what phis there are. Phis may be as many as locals times
/// blocks, if values of all locals meet again and again; beyond a budget in proportion to the graph, the locals that
/// are left are not known. Memory: 4 bytes for each access, local and value that comes to a phi.
@frozen public struct LocalGraph: ~Copyable {
  public let localCount: Int
  public let accessCount: Int
  /// By access: what a read sees; what a write overwrites, if that may be asked for.
  @usableFromInline var values = Column<LocalValue>()

  /// Sorted by block; by local in a block.
  @usableFromInline var phis = Column<LocalPhi>()
  /// By block, and one more.
  @usableFromInline var phiStarts = Column<UInt32>()
  /// What comes to each phi, in the order of the predecessors of its block; by phi, and one more, where that begins.
  @usableFromInline var operandStarts = Column<UInt32>()
  @usableFromInline var operands = Column<LocalValue>()
  /// By phi: whether a read sees it, be it through other phis.
  @usableFromInline var phiIsUsed = Column<Bool>()
  @usableFromInline var localIsKnown = Column<Bool>()

  /// - Parameters:
  ///   - localCount: how many locals the body has.
  ///   - lastQueries: by local, if not empty: up to which block its value has to be known where it is not read; `none`
  ///     if that is not asked for. Phis then stand wherever values meet that may be asked for.
  public init(
    of graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators, localCount: Int,
    lastQueries: borrowing Column<BlockID> = Column()
  ) {
    self.localCount = localCount
    accessCount = graph.accesses.count
    localIsKnown.resize(to: localCount, filling: true)
    let writes = LocalWrites(in: graph, dominators, localCount: localCount, lastQueries)
    placePhis(for: writes, graph, dominators)
    findValues(graph, dominators)
  }

  // MARK: Values

  /// What a read sees.
  @inlinable public func value(readBy access: Int) -> LocalValue { values[access] }

  /// What a write overwrites. Only for locals with a last query, up to it.
  @inlinable public func value(overwrittenBy access: Int) -> LocalValue { values[access] }

  @inlinable public func value(writtenBy access: Int) -> LocalValue { LocalValue(localCount + access) }

  /// What the local has at the beginning of the function.
  @inlinable public func initialValue(of local: LocalID) -> LocalValue { LocalValue(rawValue: local.rawValue) }

  /// Values are 0 ..< valueCount: initial ones by local, those that accesses write, phis.
  @inlinable public var valueCount: Int { localCount + accessCount + phis.count }

  /// The local whose initial value it is; nil if it is another.
  @inlinable public func initialLocal(_ value: LocalValue) -> LocalID? {
    value.index < localCount ? LocalID(rawValue: value.rawValue) : nil
  }

  /// The write that assigns the value; nil if it is another.
  @inlinable public func write(_ value: LocalValue) -> Int? {
    value.index >= localCount && value.index < localCount + accessCount ? value.index - localCount : nil
  }

  /// The number of the phi that the value is; nil if it is another.
  @inlinable public func phi(_ value: LocalValue) -> Int? {
    value.index >= localCount + accessCount && !value.isNone ? value.index - localCount - accessCount : nil
  }

  @inlinable public func isKnown(_ local: LocalID) -> Bool { localIsKnown[local.index] }

  // MARK: Phis

  @inlinable public var phiCount: Int { phis.count }
  @inlinable public func value(ofPhi phi: Int) -> LocalValue { LocalValue(localCount + accessCount + phi) }
  @inlinable public func local(ofPhi phi: Int) -> LocalID { phis[phi].local }
  @inlinable public func block(ofPhi phi: Int) -> BlockID { phis[phi].block }

  /// Whether a read sees the phi, be it through other phis.
  @inlinable public func isUsed(phi: Int) -> Bool { phiIsUsed[phi] }

  /// The phis at the beginning of a block.
  @inlinable public func phis(in block: BlockID) -> Range<Int> {
    phis.isEmpty ? 0..<0 : Int(phiStarts[block.index])..<Int(phiStarts[block.index + 1])
  }

  /// As many as the block of the phi has predecessors, in their order.
  @inlinable public func operandCount(ofPhi phi: Int) -> Int {
    Int(operandStarts[phi + 1] - operandStarts[phi])
  }

  @inlinable public func operand(_ index: Int, ofPhi phi: Int) -> LocalValue {
    operands[Int(operandStarts[phi]) + index]
  }
}

// MARK: Construction

extension LocalGraph {
  private mutating func placePhis(
    for writes: borrowing LocalWrites, _ graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators
  ) {
    if writes.locals.isEmpty { return }
    let budget = 1024 + 16 * (accessCount + graph.edgeCount)
    var placement = PhiPlacement(in: graph, dominators, budget: budget)
    for index in 0..<writes.locals.count {
      let local = writes.locals[index]
      localIsKnown[local.index] = placement.place(
        local, writtenIn: writes.blocks, writes.blockRange(index), lastUse: writes.lastUse(of: local), in: graph,
        dominators)
    }
    if placement.phis.isEmpty { return }
    phiStarts.resize(to: graph.blockCount + 1, filling: 0)
    for index in 0..<placement.phis.count { phiStarts[placement.phis[index].block.index + 1] += 1 }
    for block in 0..<graph.blockCount { phiStarts[block + 1] += phiStarts[block] }
    phis.resize(to: placement.phis.count, filling: placement.phis[0])
    var ends = Column<UInt32>(capacity: phiStarts.count)
    for index in 0..<phiStarts.count { ends.append(phiStarts[index]) }
    for index in 0..<placement.phis.count {
      let phi = placement.phis[index]
      phis[Int(ends[phi.block.index])] = phi
      ends[phi.block.index] += 1
    }
    operandStarts.append(0)
    for index in 0..<phis.count {
      operands.resize(to: operands.count + graph.predecessorCount(of: phis[index].block), filling: .none)
      operandStarts.append(UInt32(operands.count))
    }
    phiIsUsed.resize(to: phis.count, filling: false)
  }

  /// Goes down the dominator tree with what each local has.
  private mutating func findValues(_ graph: borrowing ControlFlowGraph, _ dominators: borrowing Dominators) {
    values.resize(to: accessCount, filling: .none)
    var current = CurrentValues(of: self)
    var used = Column<UInt32>()
    for place in 0..<dominators.order.count {
      let block = dominators.order[place]
      current.enter(block, of: self, dominators)
      for index in graph.accessRange(of: block) {
        let access = graph.accesses[index]
        let value = current[access.local]
        values[index] = value
        if access.isWrite {
          current.write(access.local, index, of: self)
        } else if let phi = phi(value), !phiIsUsed[phi] {
          phiIsUsed[phi] = true
          used.append(UInt32(phi))
        }
      }
      if phis.isEmpty { continue }
      for number in 0..<graph.successorCount(of: block) {
        deliver(current, from: block, to: graph.successor(number, of: block), graph)
      }
    }
    spreadUse(&used)
  }

  private mutating func deliver(
    _ current: borrowing CurrentValues, from source: BlockID, to target: BlockID, _ graph: borrowing ControlFlowGraph
  ) {
    let range = phis(in: target)
    if range.isEmpty { return }
    var (low, high) = (0, graph.predecessorCount(of: target))
    while high - low > 1 {
      let middle = (low + high) / 2
      if graph.predecessor(middle, of: target) <= source { low = middle } else { high = middle }
    }
    for phi in range { operands[Int(operandStarts[phi]) + low] = current[phis[phi].local] }
  }

  /// Marks what the phis in `used` may be as used, too.
  private mutating func spreadUse(_ used: inout Column<UInt32>) {
    while !used.isEmpty {
      let user = Int(used.popLast())
      for index in Int(operandStarts[user])..<Int(operandStarts[user + 1]) {
        guard let phi = phi(operands[index]), !phiIsUsed[phi] else { continue }
        phiIsUsed[phi] = true
        used.append(UInt32(phi))
      }
    }
  }
}
