import Support

/// A function body in IR: an expression tree in the columns of an arena that a worker uses for one body after another.
///
/// `root` is a block whose label is `LabelID.function` and which has no bytes of its own. After decoding, ids are in
/// the order of evaluation; nodes made later have higher ids. Nothing is freed until the next body.
public struct Body: ~Copyable {
  public var nodes = Column<NodeRecord>()
  /// Variable-length parts of nodes.
  public var pool = Column<UInt32>()
  /// Types of parameters, then of declared locals.
  public var localTypes = Column<ValueType>()
  public internal(set) var parameterCount = 0
  public var root = NodeID.none
  /// Labels are 0 ..< labelCount; 0 is the function's own.
  public internal(set) var labelCount: UInt32 = 1

  /// Value types of all tuples, and where each tuple begins.
  @usableFromInline var tupleTypes = Column<ValueType>()
  @usableFromInline var tupleStarts = Column<UInt32>()
  private var tuples: [[ValueType]: Int] = [:]

  /// Hints of `if` and `br_if` nodes: whether the condition is likely true. A pass that makes a node anew for the same
  /// decision carries the hint over (`moveBranchHint`).
  public var branchHints: [NodeID: Bool] = [:]
  /// Where nodes come from, by node: empty if nothing is known, and shorter than `nodes` if nothing is of the last. Read
  /// by `position(of:)`.
  public var positions = Column<PositionID>()
  /// Where the beginning of the function comes from; its end comes from where `root` does.
  public var startPosition = PositionID.none
  public var localNames: [LocalID: Name] = [:]
  public var labelNames: [LabelID: Name] = [:]

  /// Goes up with every change; a pass that leaves it alone has changed nothing.
  public var changeCount = 0

  /// Whether `rewriteBottomUp` counts its rewrites and stops at a limit: when the runner looks for the one that is wrong.
  public private(set) var countsRewrites = false
  /// The rewrites counted since `countRewrites`: calls of the closure that changed something.
  public internal(set) var rewriteCount = 0
  @usableFromInline var rewriteLimit = Int.max

  /// The opcode table, at hand: what `OpcodeTable.infos` returns, without asking each time whether it is there.
  @usableFromInline let infos = OpcodeTable.infos

  private let anchor = Anchor()

  public init() {}

  /// Makes the arena ready for another body; its memory is kept.
  public mutating func reset(parameters: ArraySlice<ValueType>) {
    nodes.removeAll()
    pool.removeAll()
    localTypes.removeAll()
    for parameter in parameters { localTypes.append(parameter) }
    parameterCount = parameters.count
    root = .none
    labelCount = 1
    tupleTypes.removeAll()
    tupleStarts.removeAll()
    if !tuples.isEmpty { tuples = [:] }
    if !branchHints.isEmpty { branchHints = [:] }
    positions.removeAll()
    startPosition = .none
    if !localNames.isEmpty { localNames = [:] }
    if !labelNames.isEmpty { labelNames = [:] }
    changeCount = 0
    countsRewrites = false
  }

  /// From now on, until the next body, `rewriteBottomUp` makes no more than `limit` rewrites and leaves other nodes as
  /// they are.
  public mutating func countRewrites(upTo limit: Int) {
    countsRewrites = true
    rewriteCount = 0
    rewriteLimit = limit
  }

  /// Memory that the arena holds, in bytes.
  public var byteCount: Int {
    nodes.byteCount + pool.byteCount + localTypes.byteCount + tupleTypes.byteCount + tupleStarts.byteCount
      + positions.byteCount
  }

  /// Gives back columns that one huge body left larger than `limit` bytes each.
  public mutating func releaseMemory(beyond limit: Int) {
    nodes.releaseMemory(beyond: limit)
    pool.releaseMemory(beyond: limit)
    localTypes.releaseMemory(beyond: limit)
    positions.releaseMemory(beyond: limit)
  }

  // MARK: Nodes

  @inlinable public func opcode(of id: NodeID) -> Opcode { nodes[id.index].opcode }
  @inlinable public func info(of id: NodeID) -> OpcodeInfo { infos[Int(nodes[id.index].opcode.rawValue)] }
  @inlinable public func type(of id: NodeID) -> ResultType { nodes[id.index].type }

  public mutating func setType(of id: NodeID, to type: ResultType) {
    changeCount += 1
    nodes[id.index].type = type
  }

  @inlinable public mutating func append(_ record: NodeRecord) -> NodeID {
    nodes.append(record)
    return NodeID(nodes.count - 1)
  }

  /// The node's operands stay where they are: `record` takes them over.
  public mutating func replace(_ id: NodeID, with record: NodeRecord) {
    changeCount += 1
    nodes[id.index] = record
  }

  @inlinable public subscript(list: NodeList, index: Int) -> NodeID {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: list.count))
    return NodeID(rawValue: pool[Int(list.start) + index])
  }

  // MARK: Locals and labels

  public var localCount: Int { localTypes.count }
  @inlinable public func type(of local: LocalID) -> ValueType { localTypes[local.index] }

  /// The local of a `local.get`, `local.set` or `local.tee`: what the view of the node says, for loops over all nodes.
  @inlinable @inline(__always) public func local(of access: NodeID) -> LocalID {
    let record = nodes[access.index]
    precondition(record.opcode == .localGet || record.opcode == .localSet || record.opcode == .localTee)
    return LocalID(rawValue: record.a)
  }

  /// The value of a `local.set` or `local.tee`, likewise.
  @inlinable @inline(__always) public func localValue(of access: NodeID) -> NodeID {
    let record = nodes[access.index]
    precondition(record.opcode == .localSet || record.opcode == .localTee)
    return NodeID(rawValue: record.b)
  }

  public mutating func makeLocal(_ type: ValueType) -> LocalID {
    changeCount += 1
    localTypes.append(type)
    return LocalID(localTypes.count - 1)
  }

  public mutating func makeLabel() -> LabelID {
    labelCount += 1
    return LabelID(rawValue: labelCount - 1)
  }

  // MARK: Tuples

  /// The type of a node with these results: none, a value type or a tuple.
  public mutating func resultType(of types: some RandomAccessCollection<ValueType>) -> ResultType {
    switch types.count {
    case 0: return .none
    case 1: return ResultType(types.first!)
    default:
      let key = Array(types)
      if let known = tuples[key] { return ResultType(tuple: known) }
      tuples[key] = tupleStarts.count
      tupleStarts.append(UInt32(tupleTypes.count))
      for type in key { tupleTypes.append(type) }
      return ResultType(tuple: tupleStarts.count - 1)
    }
  }

  /// Number of values of a type.
  @inlinable public func arity(of type: ResultType) -> Int {
    type.isTuple ? tupleRange(of: type).count : type.isConcrete ? 1 : 0
  }

  /// The value type at `index` of a concrete type.
  @inlinable public func valueType(_ index: Int, of type: ResultType) -> ValueType {
    type.isTuple ? tupleTypes[tupleRange(of: type).lowerBound + index] : type.valueType
  }

  public func valueTypes(of type: ResultType) -> [ValueType] {
    (0..<arity(of: type)).map { valueType($0, of: type) }
  }

  @usableFromInline func tupleRange(of type: ResultType) -> Range<Int> {
    let index = type.tupleIndex
    let end = index + 1 < tupleStarts.count ? Int(tupleStarts[index + 1]) : tupleTypes.count
    return Int(tupleStarts[index])..<end
  }

  // MARK: Branch hints

  /// Gives the hint of `old` to `new`; negated if the condition of `new` is the opposite.
  public mutating func moveBranchHint(from old: NodeID, to new: NodeID, negated: Bool = false) {
    guard !branchHints.isEmpty, let hint = branchHints.removeValue(forKey: old) else { return }
    branchHints[new] = hint != negated
  }
}
