import Analysis
import IR
import PassManager
import Support

/// Lets reads of a local that has been cast use what the cast gave, whose type tells more.
///
///     (drop (ref.cast (ref $s) (local.get $x)))       (drop (local.tee $y (ref.cast (ref $s) (local.get $x))))
///     (call $f (local.get $x))                   ->   (call $f (local.get $y))
///
/// A cast moves up to the first read of the value if nothing between the two can be seen from outside, so that reads
/// in between know more as well.
///
/// After Binaryen's pass of that name. A cast counts as far as validation would see that a local has been set there
/// (specification 3.4.9); which reads see the same value is what the `LocalGraph` knows. Near-linear.
struct OptimizeCasts: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard Self.hasCast(body) else { return }
    var casts = CastPropagation(in: body, context.declarations.types)
    casts.find(in: body)
    casts.apply(to: &body)
  }

  /// Whether a reference from a local is cast; nodes that are out of the tree count.
  private static func hasCast(_ body: borrowing Body) -> Bool {
    (0..<body.nodes.count).contains { body.localThatIsCast(by: NodeID($0)) != nil }
  }
}

extension Body {
  /// The `local.get` or `local.tee` whose value the node, a cast or an assertion, gives on; nil if there is none.
  fileprivate func localThatIsCast(by id: NodeID) -> NodeID? {
    var id = id
    guard let operand = castReference(of: id) else { return nil }
    id = operand
    while let operand = castReference(of: id) { id = operand }
    return opcode(of: id) == .localGet || opcode(of: id) == .localTee ? id : nil
  }

  private func castReference(of id: NodeID) -> NodeID? {
    switch opcode(of: id) {
    case .refAsNonNull, .refCast, .refCastNull: return operand(0, of: id)
    default: return nil
    }
  }
}

private struct CastPropagation: ~Copyable {
  /// Engines take no function with more locals.
  private static let localLimit = 50_000

  private struct Cast: BitwiseCopyable {
    let node: NodeID
    let type: ValueType
    /// The cast of the same value that was known before; -1 if there was none.
    let previous: Int32
    /// What holds the result; `none` until it is needed.
    var local = LocalID.none
    /// The read to which the cast has moved; `none` if it has not.
    var place = NodeID.none
  }

  /// A read that may become one of a cast to come.
  private struct Read: BitwiseCopyable {
    let node: NodeID
    let epoch: UInt32
    /// The read of the same value before; -1 if there was none.
    let previous: Int32
  }

  private let types: TypeTable
  /// By node: the value that a `local.get` reads or a `local.tee` assigns.
  private var values = Column<LocalValue>()
  /// By value: the last cast that may hold, and the last read.
  private var bestCasts = Column<Int32>()
  private var lastReads = Column<Int32>()
  private var casts = Column<Cast>()
  private var reads = Column<Read>()
  /// Reads that become reads of a cast.
  private var changes: [(node: NodeID, cast: Int)] = []
  private var newLocals = 0
  /// Goes up where a trap may not move to an earlier place.
  private var epoch: UInt32 = 0

  init(in body: borrowing Body, _ types: TypeTable) {
    self.types = types
    let flow = ControlFlowGraph(of: body)
    let graph = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    values.resize(to: body.nodes.count, filling: .none)
    for index in 0..<flow.accesses.count {
      let access = flow.accesses[index]
      switch body.opcode(of: access.node) {
      case .localGet: values[access.node.index] = graph.value(readBy: index)
      case .localTee: values[access.node.index] = graph.value(writtenBy: index)
      default: break
      }
    }
    bestCasts.resize(to: graph.valueCount, filling: -1)
    lastReads.resize(to: graph.valueCount, filling: -1)
  }

  // MARK: Search

  mutating func find(in body: borrowing Body) {
    var seen = StructuralSets(count: body.nodes.count)
    body.walk(
      from: body.root,
      enter: { id in
        if seen.enter(id, in: body) { epoch += 1 }
        return true
      },
      exit: { id in
        leave(id, in: body, &seen)
        if seen.exit(id) { epoch += 1 }
      })
  }

  private mutating func leave(_ id: NodeID, in body: borrowing Body, _ seen: inout StructuralSets) {
    switch body.opcode(of: id) {
    case .localGet: read(id, in: body, seen)
    case .refAsNonNull, .refCast, .refCastNull: cast(id, in: body, &seen)
    default:
      let effects = Effects(of: id, in: body)
      if effects.transfersControl || !effects.flags.isDisjoint(with: [.calls, .allWrites]) { epoch += 1 }
    }
  }

  private mutating func read(_ id: NodeID, in body: borrowing Body, _ seen: borrowing StructuralSets) {
    let value = values[id.index]
    guard !value.isNone, body.type(of: id).isValue, body.type(of: id).valueType.isReference else { return }
    let best = bestCast(of: value, seen)
    if best >= 0 {
      if isMoreExact(casts[best].type, than: body.type(of: id).valueType) { use(best, for: id, in: body) }
      return
    }
    reads.append(Read(node: id, epoch: epoch, previous: lastReads[value.index]))
    lastReads[value.index] = Int32(reads.count - 1)
  }

  /// The most exact cast of the value that holds here; -1 if there is none. A cast that no longer holds never will again.
  private mutating func bestCast(of value: LocalValue, _ seen: borrowing StructuralSets) -> Int {
    var best = bestCasts[value.index]
    while best >= 0 && !seen.isSet(casts[Int(best)].node.index) { best = casts[Int(best)].previous }
    bestCasts[value.index] = best
    return Int(best)
  }

  private func isMoreExact(_ type: ValueType, than other: ValueType) -> Bool {
    type != other && types.matches(type, other)
  }

  private mutating func cast(_ id: NodeID, in body: borrowing Body, _ seen: inout StructuralSets) {
    guard let access = body.localThatIsCast(by: id), !values[access.index].isNone, body.type(of: id).isValue else {
      return
    }
    let value = values[access.index]
    let type = body.type(of: id).valueType
    let best = bestCast(of: value, seen)
    let known = best >= 0 ? casts[best].type : body.type(of: body.local(of: access))
    guard isMoreExact(type, than: known) else { return }
    casts.append(Cast(node: id, type: type, previous: Int32(best)))
    bestCasts[value.index] = Int32(casts.count - 1)
    seen.set(id.index)
    moveUp(casts.count - 1, of: value, readBy: access, in: body)
  }

  /// Moves a cast to the first read of its value from which control comes here without anything that can be seen.
  private mutating func moveUp(_ cast: Int, of value: LocalValue, readBy access: NodeID, in body: borrowing Body) {
    let last = lastReads[value.index]
    lastReads[value.index] = -1
    guard last >= 0, reads[Int(last)].node == access, body.operand(0, of: casts[cast].node) == access else { return }
    var index = reads[Int(last)].previous
    var first = NodeID.none
    while index >= 0, reads[Int(index)].epoch == epoch {
      first = reads[Int(index)].node
      use(cast, for: first, in: body)
      index = reads[Int(index)].previous
    }
    guard !first.isNone, !casts[cast].local.isNone else { return }
    _ = changes.popLast()
    casts[cast].place = first
    changes.append((casts[cast].node, cast))
  }

  private mutating func use(_ cast: Int, for read: NodeID, in body: borrowing Body) {
    if casts[cast].local.isNone {
      guard body.localCount + newLocals < Self.localLimit else { return }
      casts[cast].local = LocalID(body.localCount + newLocals)
      newLocals += 1
    }
    changes.append((read, cast))
  }

  // MARK: Rewriting

  func apply(to body: inout Body) {
    if newLocals == 0 { return }
    // In the order in which they were given out.
    var types = Column<ValueType>()
    types.resize(to: newLocals, filling: .i32)
    for index in 0..<casts.count where !casts[index].local.isNone {
      types[casts[index].local.index - body.localCount] = casts[index].type
    }
    for index in 0..<newLocals { _ = body.makeLocal(types[index]) }
    for index in 0..<casts.count where !casts[index].local.isNone { keepResult(of: casts[index], in: &body) }
    for (node, cast) in changes {
      let (local, type) = (casts[cast].local, casts[cast].type)
      body.replace(node, with: NodeRecord(.localGet, ResultType(type), a: local.rawValue))
    }
  }

  private func keepResult(of cast: Cast, in body: inout Body) {
    var record = body.nodes[cast.node.index]
    var slot = cast.node
    if !cast.place.isNone {
      slot = cast.place
      record.a = body.append(body.nodes[slot.index]).rawValue
    }
    let result = body.append(record)
    body.replace(
      slot, with: NodeRecord(.localTee, ResultType(cast.type), a: cast.local.rawValue, b: result.rawValue))
  }
}
