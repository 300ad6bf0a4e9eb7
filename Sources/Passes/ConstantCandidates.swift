import IR
import Support

/// Finds the locals that may have a value that is known: those that are assigned what looks known, be it computed of
/// others of them, and those that may be read before they are assigned.
///
/// Few do, in most bodies: a look at the values of assignments saves looking at the flow of the other locals.
struct ConstantCandidates: ~Copyable {
  /// An assignment of what is computed of locals.
  private struct Derived: BitwiseCopyable {
    let local: LocalID
    let value: NodeID
  }

  /// What is beyond is taken to be known.
  private static let depthLimit = 4
  private static let roundLimit = 4

  private var locals = Column<Bool>()
  private(set) var hasAny = false

  init(in body: borrowing Body, _ declarations: Declarations) {
    locals.resize(to: body.localCount, filling: false)
    var isAssigned = Column<Bool>()
    isAssigned.resize(to: body.localCount, filling: false)
    for index in 0..<body.parameterCount { isAssigned[index] = true }
    var derived = Column<Derived>()
    body.forEachNodeWithLocals { id in
      switch body.opcode(of: id) {
      case .localGet:
        let local = body.local(of: id)
        if !isAssigned[local.index] { insert(local) }
      case .localSet, .localTee:
        let local = body.local(of: id)
        isAssigned[local.index] = true
        if locals[local.index] { break }
        switch appearance(of: body.localValue(of: id), in: body, declarations, depth: 0) {
        case .known: insert(local)
        case .derived: derived.append(Derived(local: local, value: body.localValue(of: id)))
        case .varying: break
        }
      case .tupleSet: body.forEachLocal(of: id) { isAssigned[$0.index] = true }
      default: break
      }
    }
    if hasAny { spread(&derived, in: body, declarations) }
  }

  /// By local: whether it is one.
  consuming func takeLocals() -> Column<Bool> { locals }

  private mutating func insert(_ local: LocalID) {
    locals[local.index] = true
    hasAny = true
  }

  /// Adds what is computed of those that have been found. After some rounds all that is left: more than there need be,
  /// but not less.
  private mutating func spread(
    _ derived: inout Column<Derived>, in body: borrowing Body, _ declarations: Declarations
  ) {
    for round in 0...Self.roundLimit {
      var rest = 0
      for index in 0..<derived.count {
        let item = derived[index]
        if locals[item.local.index] { continue }
        if round == Self.roundLimit || appearance(of: item.value, in: body, declarations, depth: 0) == .known {
          locals[item.local.index] = true
        } else {
          derived[rest] = item
          rest += 1
        }
      }
      if rest == derived.count { return }
      derived.truncate(to: rest)
    }
  }

  private enum Appearance { case known, derived, varying }

  /// How the value looks: known, if it is computed of constants and candidates, or needs a closer look; derived, if
  /// other locals are in it.
  // Not to be told from what a method that changes nothing costs: see `ConstantPropagation`.
  private mutating func appearance(
    of id: NodeID, in body: borrowing Body, _ declarations: Declarations, depth: Int
  ) -> Appearance {
    let shape = body.info(of: id).shape
    switch shape {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc, .structNewDefault: return .known
    case .localGet: return locals[body.local(of: id).index] ? .known : .derived
    case .globalGet:
      guard case .globalGet(let global) = body[id] else { return .varying }
      return declarations.globals[global.index].constantBits != nil ? .known : .varying
    case .select, .selectTyped: return .known
    case .localTee:
      return depth == Self.depthLimit
        ? .known : appearance(of: body.localValue(of: id), in: body, declarations, depth: depth + 1)
    case .block: return body.isSequence(id) ? .known : .varying
    default:
      if !shape.isComputation { return .varying }
      if depth == Self.depthLimit { return .known }
      var result = Appearance.known
      for position in 0..<body.operandCount(of: id) {
        switch appearance(of: body.operand(position, of: id), in: body, declarations, depth: depth + 1) {
        case .known: break
        case .derived: result = .derived
        case .varying: return .varying
        }
      }
      return result
    }
  }
}
