import Analysis
import IR
import Support

/// What `CodePushing` has to know before it starts: which sets may move at all, and where the reads of their locals end.
///
/// Times count the nodes in the order of evaluation.
struct PushSurvey: ~Copyable {
  private struct Local: BitwiseCopyable {
    var writeCount: UInt32 = 0
    var lastGet: UInt32 = 0
    /// The set, if its value has no effect and nothing read the local before it.
    var set = NodeID.none

    /// Whether that set is the only one, and something reads it.
    var isCandidate: Bool { !set.isNone && writeCount == 1 && lastGet > 0 }
  }

  private var locals = Column<Local>()
  /// By node: when it ends.
  private var ends = Column<UInt32>()
  private var hasChoices = false
  private let ignoredFlags: Effects.Flags

  init(of body: borrowing Body, ignoring flags: Effects.Flags) {
    ignoredFlags = flags
    locals.resize(to: body.localCount, filling: Local())
    ends.resize(to: body.nodes.count, filling: 0)
    var time: UInt32 = 1
    // When something had an effect last.
    var lastEffect: UInt32 = 0
    // Of the sets around: when they began.
    var starts = Column<UInt32>()
    body.walk(from: body.root) { id in
      if body.opcode(of: id) == .localSet { starts.append(time) }
      return true
    } exit: { id in
      time += 1
      ends[id.index] = time
      switch body.opcode(of: id) {
      case .localGet: locals[body.local(of: id).index].lastGet = time
      case .localSet:
        let start = starts.popLast()
        noteSet(id, of: body.local(of: id), isPure: lastEffect <= start, in: body)
        lastEffect = time
      case .localTee:
        locals[body.local(of: id).index].writeCount += 1
        lastEffect = time
      case .tupleSet:
        guard case .tupleSet(let node) = body[id] else { preconditionFailure() }
        for index in 0..<node.localCount {
          let local = body.local(index, of: node)
          if !local.isNone { locals[local.index].writeCount += 1 }
        }
        lastEffect = time
      case let opcode where opcode.isChoice:
        hasChoices = true
        if opcode != .if { lastEffect = time }
      default: if hasEffect(id, in: body) { lastEffect = time }
      }
    }
  }

  private mutating func noteSet(_ id: NodeID, of local: LocalID, isPure: Bool, in body: borrowing Body) {
    locals[local.index].writeCount += 1
    if isPure && locals[local.index].lastGet == 0 && body.type(of: body.localValue(of: id)).isValue {
      locals[local.index].set = id
    }
  }

  /// Whether the node itself does something besides computing a value.
  private func hasEffect(_ id: NodeID, in body: borrowing Body) -> Bool {
    let attributes = body.info(of: id).attributes
    if attributes.contains(.pure) && !attributes.contains(.mayTrap) { return false }
    if body.opcode(of: id) == .loop { return true }
    var effects = Effects(of: id, in: body)
    if !effects.flags.contains(.calls) && body.opcode(of: id) != .unreachable { effects.flags.subtract(ignoredFlags) }
    return effects.hasSideEffects
  }

  /// Whether it is worth looking closer: there are ways that part, and sets that are the only ones of their locals.
  var mayPush: Bool {
    if !hasChoices { return false }
    for index in 0..<locals.count where locals[index].isCandidate { return true }
    return false
  }

  /// Whether the set, which is an item of `block`, is the only one of its local, and all reads come after it in the
  /// block.
  func isPushable(_ id: NodeID, of local: LocalID, in block: NodeID) -> Bool {
    let entry = locals[local.index]
    return entry.set == id && entry.isCandidate && contains(entry.lastGet, block)
  }

  /// Whether no read of the local comes after the node.
  func endsReads(of local: LocalID, _ id: NodeID) -> Bool { contains(locals[local.index].lastGet, id) }

  private func contains(_ time: UInt32, _ id: NodeID) -> Bool { time <= ends[id.index] }
}

extension Opcode {
  fileprivate var isChoice: Bool {
    switch self {
    case .if, .brIf, .brTable, .brOnNull, .brOnNonNull, .brOnCast, .brOnCastFail: true
    default: false
    }
  }
}

extension Body {
  /// Whether ways may part, for all that a look at what is in the arena tells, be it in the tree or not.
  var mayHaveChoices: Bool { (0..<nodes.count).contains { nodes[$0].opcode.isChoice } }
}
