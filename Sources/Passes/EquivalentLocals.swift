import IR
import PassManager
import Support

/// Reads, of locals that have the same value, the one that is read most often, so that copies of it become useless;
/// removes copies to a local that has the value already.
///
///     (local.set $y (local.get $x))        (local.set $y (local.get $x))
///     (call $f (local.get $y))        ->   (call $f (local.get $x))
///     (local.set $y (local.get $x))
struct EquivalentLocals: DominanceVisitor, ~Copyable {
  /// So many locals of the same value are compared.
  private static let comparisonLimit = 16

  var times = DominatingTimes()
  /// By local: the number of `local.get`.
  private(set) var getCounts: Column<UInt32>
  private let removesCopies: Bool
  private let declarations: Declarations
  /// By local: what value it has, and since when that is known.
  private var values = Column<UInt32>()
  private var valueTimes = Column<UInt32>()
  private var valueCount: UInt32 = 0
  /// By local: the next and the last of a ring of locals; all that have the same value are in one.
  private var next = Column<LocalID>()
  private var last = Column<LocalID>()

  init(
    of body: borrowing Body, getCounts: consuming Column<UInt32>, removesCopies: Bool, _ declarations: Declarations
  ) {
    self.getCounts = getCounts
    self.removesCopies = removesCopies
    self.declarations = declarations
    values.resize(to: body.localCount, filling: 0)
    valueTimes.resize(to: body.localCount, filling: 0)
    for index in 0..<body.localCount {
      next.append(LocalID(index))
      last.append(LocalID(index))
    }
    // Before the first time nothing is known.
    times.forget(since: 0)
  }

  /// Gives the counts back.
  consuming func takeGetCounts() -> Column<UInt32> { getCounts }

  @inline(__always)
  mutating func leave(_ id: NodeID, in body: inout Body) -> NodeID {
    switch body.opcode(of: id) {
    case .localGet:
      let local = body.local(of: id)
      return next[local.index] == local ? id : leaveGet(id, local, in: &body)
    case .localSet, .localTee: return assign(id, in: &body)
    case .tupleSet: return leaveTupleSet(id, in: &body)
    default: return id
    }
  }

  private mutating func leaveGet(_ id: NodeID, _ local: LocalID, in body: inout Body) -> NodeID {
    let best = mostRead(insteadOf: local, in: &body)
    if best != local { replaceGet(id, of: local, by: best, in: &body) }
    return id
  }

  private mutating func leaveTupleSet(_ id: NodeID, in body: inout Body) -> NodeID {
    guard case .tupleSet(let node) = body[id] else { preconditionFailure() }
    for index in 0..<node.localCount {
      let local = body.local(index, of: node)
      if !local.isNone { setNewValue(of: local) }
    }
    return id
  }

  private mutating func assign(_ id: NodeID, in body: inout Body) -> NodeID {
    let local = body.local(of: id)
    let value = body.localValue(of: id)
    guard body.opcode(of: value) == .localGet || body.opcode(of: value) == .localTee else {
      setNewValue(of: local)
      return id
    }
    let source = body.local(of: value)
    if source == local { return id }
    if isKnown(source) && isKnown(local) && values[source.index] == values[local.index] {
      return removesCopies ? removeCopy(id, value, in: &body) : id
    }
    if !isKnown(source) { setNewValue(of: source) }
    leaveRing(local)
    setValue(of: local, to: values[source.index])
    joinRing(local, of: source)
    return id
  }

  private mutating func removeCopy(_ id: NodeID, _ value: NodeID, in body: inout Body) -> NodeID {
    if body.opcode(of: id) == .localTee { return value }
    let source = body.local(of: value)
    if body.opcode(of: value) == .localGet {
      getCounts[source.index] -= 1
      body.replace(id, with: NodeRecord(.block, .none, a: LabelID.none.rawValue))
    } else {
      body.replace(
        id, with: NodeRecord(.localSet, .none, a: source.rawValue, b: body.localValue(of: value).rawValue))
    }
    return id
  }

  // MARK: Values

  @inline(__always)
  private func isKnown(_ local: LocalID) -> Bool { times.contains(valueTimes[local.index]) }

  private mutating func setValue(of local: LocalID, to value: UInt32) {
    values[local.index] = value
    valueTimes[local.index] = times.tick()
  }

  private mutating func setNewValue(of local: LocalID) {
    leaveRing(local)
    valueCount += 1
    setValue(of: local, to: valueCount)
  }

  private mutating func leaveRing(_ local: LocalID) {
    let (after, before) = (next[local.index], last[local.index])
    next[before.index] = after
    last[after.index] = before
    next[local.index] = local
    last[local.index] = local
  }

  private mutating func joinRing(_ local: LocalID, of other: LocalID) {
    let after = next[other.index]
    next[other.index] = local
    last[local.index] = other
    next[local.index] = after
    last[after.index] = local
  }

  // MARK: Gets

  /// The local to read where `local` is read: of those with its value the one that other places read most often; one
  /// whose type says more is better still.
  private mutating func mostRead(insteadOf local: LocalID, in body: inout Body) -> LocalID {
    var candidate = next[local.index]
    if candidate == local || !isKnown(local) { return local }
    var best = local
    var bestCount = getCounts[local.index] - 1
    for _ in 0..<Self.comparisonLimit where candidate != local {
      if isKnown(candidate) && values[candidate.index] == values[local.index] && mayRead(candidate, in: body) {
        let (type, bestType) = (body.type(of: candidate), body.type(of: best))
        let count = getCounts[candidate.index]
        let isBetter = type == bestType ? count > bestCount : declarations.types.matches(type, bestType)
        if isBetter {
          best = candidate
          bestCount = count
        }
      }
      candidate = next[candidate.index]
    }
    if best == local || body.type(of: best) != body.type(of: local) { return best }
    return bestCount > getCounts[local.index] ? best : local
  }

  /// Whether validation sees that the local has been set wherever this asks.
  @inline(__always)
  private func mayRead(_ local: LocalID, in body: borrowing Body) -> Bool {
    local.index < body.parameterCount || body.type(of: local).isDefaultable
  }

  private mutating func replaceGet(_ id: NodeID, of local: LocalID, by best: LocalID, in body: inout Body) {
    getCounts[local.index] -= 1
    getCounts[best.index] += 1
    body.replace(id, with: NodeRecord(.localGet, ResultType(body.type(of: best)), a: best.rawValue))
  }
}
