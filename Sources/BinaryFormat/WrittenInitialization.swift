import IR
import Support

/// Which non-defaultable locals have been set where an instruction is written (specification 3.4.9). Passes need not
/// care: control flow is what they keep, and the rule knows of it only that constructs nest. What it refuses becomes a
/// nullable local.
struct WrittenInitialization: ~Copyable {
  var locals = LocalInitialization()
  /// Locals that are read where the rule does not know that they have been set.
  private(set) var missed: Set<LocalID> = []
  /// By open construct: the undo height where it began.
  private var heights = Column<Int32>()

  mutating func reset(parameterCount: Int) {
    locals.reset(count: parameterCount)
    if !missed.isEmpty { missed = [] }
    heights.removeAll()
  }

  /// Notes a `local.get`, `local.set` or `local.tee` that has been written.
  mutating func note(_ access: NodeRecord) {
    guard locals.isTracking else { return }
    let local = LocalID(rawValue: access.a)
    if access.opcode != .localGet {
      locals.set(local)
    } else if !locals.isSet(local) {
      missed.insert(local)
    }
  }

  mutating func open() {
    if locals.isTracking { heights.append(locals.height) }
  }

  /// Another arm of the innermost construct begins.
  mutating func reopen() {
    if locals.isTracking { locals.undo(to: heights.last) }
  }

  /// Not for the function itself, which was never opened.
  mutating func close() {
    if locals.isTracking && !heights.isEmpty { locals.undo(to: heights.popLast()) }
  }
}

extension Body {
  /// Makes non-nullable locals nullable, and asserts wherever they are read that they are not null. Linear.
  mutating func makeNullable(_ locals: Set<LocalID>) {
    for local in locals { localTypes[local.index] = localTypes[local.index].asNullable }
    for index in 0..<nodes.count {
      let id = NodeID(index)
      switch self[id] {
      case .localGet(let local) where locals.contains(local): assertNonNull(id, of: local)
      case .localTee(let node) where locals.contains(node.local): assertNonNull(id, of: node.local)
      default: break
      }
    }
  }

  private mutating func assertNonNull(_ id: NodeID, of local: LocalID) {
    var access = nodes[id.index]
    let type = access.type
    access.type = ResultType(localTypes[local.index])
    let operand = append(access)
    replace(id, with: NodeRecord(.refAsNonNull, type, a: operand.rawValue))
  }
}
