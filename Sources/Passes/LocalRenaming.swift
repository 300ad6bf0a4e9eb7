import Analysis
import IR
import Support

// What `coalesce-locals` does to a body when it knows which locals share an index.

extension Body {
  /// Removes assignments of values that are never read; what computes the values stays, unless it is a constant or
  /// another local.
  mutating func removeDeadWrites(_ deadWrites: borrowing Column<Bool>, of graph: borrowing ControlFlowGraph) {
    var position = 0
    while position < graph.accesses.count {
      let node = graph.accesses[position].node
      let first = position
      repeat { position += 1 } while position < graph.accesses.count && graph.accesses[position].node == node
      if !(first..<position).contains(where: { deadWrites[$0] }) { continue }
      switch self[node] {
      case .localSet(let set): replaceWithDrop(node, of: set.value)
      case .localTee(let set): replace(node, withValue: set.value)
      case .tupleSet(let set): removeDeadWrites(deadWrites, from: first, of: node, set)
      default: preconditionFailure("no assignment")
      }
    }
  }

  private mutating func removeDeadWrites(
    _ deadWrites: borrowing Column<Bool>, from first: Int, of node: NodeID, _ set: TupleSetNode
  ) {
    changeCount += 1
    // The last local is assigned first.
    var position = first
    var isNeeded = false
    for index in (0..<set.localCount).reversed() where !local(index, of: set).isNone {
      if deadWrites[position] { pool[set.start + index] = LocalID.none.rawValue } else { isNeeded = true }
      position += 1
    }
    if !isNeeded { replaceWithDrop(node, of: set.value) }
  }

  /// Removes assignments of a local to itself.
  mutating func removeSelfCopies(_ graph: borrowing ControlFlowGraph) {
    for position in 0..<graph.accesses.count where graph.accesses[position].isWrite {
      let node = graph.accesses[position].node
      let record = nodes[node.index]
      guard record.opcode == .localSet || record.opcode == .localTee else { continue }
      let value = NodeID(rawValue: record.b)
      guard nodes[value.index].a == record.a else { continue }
      switch opcode(of: value) {
      case .localGet where record.opcode == .localTee: replace(node, withValue: value)
      case .localGet: replaceWithDrop(node, of: value)
      case .localTee: setOperand(0, of: node, to: NodeID(rawValue: nodes[value.index].b))
      default: break
      }
    }
  }

  // MARK: Replacing

  private mutating func replaceWithDrop(_ node: NodeID, of value: NodeID) {
    switch opcode(of: value) {
    case .localGet, .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc:
      replace(node, with: NodeRecord(.block, .none, a: LabelID.none.rawValue))
    default:
      if type(of: value).isConcrete {
        replace(node, with: NodeRecord(.drop, .none, a: value.rawValue))
      } else {
        replace(node, withValue: value)
      }
    }
  }

  /// Puts `value`, an operand of the node, in the node's place.
  private mutating func replace(_ node: NodeID, withValue value: NodeID) {
    replace(node, with: nodes[value.index])
    moveBranchHint(from: value, to: node)
    if !positions.isEmpty && !position(of: value).isNone { setPosition(of: node, to: position(of: value)) }
  }

  // MARK: Indices

  /// Gives the locals the indices of a coloring. Those of one type come to stand side by side, so that they share a
  /// declaration.
  mutating func renumberLocals(to coloring: consuming LocalColoring, of graph: borrowing ControlFlowGraph) {
    var coloring = coloring
    let places = sortedPlaces(of: coloring)
    var types = Column<ValueType>()
    types.resize(to: coloring.colorCount, filling: .i32)
    for color in 0..<coloring.colorCount { types[places[color].index] = coloring.types[color] }
    for index in 0..<coloring.colors.count where !coloring.colors[index].isNone {
      coloring.colors[index] = places[coloring.colors[index].index]
    }
    var users = Column<NodeID>(capacity: graph.accesses.count)
    for index in 0..<graph.accesses.count {
      let node = graph.accesses[index].node
      if users.isEmpty || users.last != node { users.append(node) }
    }
    renumberLocals(of: users, to: coloring.colors, types: types)
  }

  /// By color: its place when parameters come first, then the others by type.
  private func sortedPlaces(of coloring: borrowing LocalColoring) -> Column<LocalID> {
    var numbers: [ValueType: Int] = [:]
    var ends: [Int] = []
    for color in parameterCount..<max(parameterCount, coloring.colorCount) {
      let number = numbers[coloring.types[color], default: ends.count]
      if number == ends.count {
        numbers[coloring.types[color]] = number
        ends.append(0)
      }
      ends[number] += 1
    }
    var end = parameterCount
    for number in ends.indices {
      end += ends[number]
      ends[number] = end - ends[number]
    }
    var places = Column<LocalID>(capacity: coloring.colorCount)
    for color in 0..<coloring.colorCount {
      if color < parameterCount {
        places.append(LocalID(color))
        continue
      }
      let number = numbers[coloring.types[color]]!
      places.append(LocalID(ends[number]))
      ends[number] += 1
    }
    return places
  }
}
