import Support

// Which locals a node names, and giving the locals of a body other ids.

extension Body {
  /// Calls `visit` with each local that the node itself reads or writes; one that it names twice comes twice.
  @inlinable @inline(__always) public func forEachLocal(of id: NodeID, _ visit: (LocalID) -> Void) {
    let record = nodes[id.index]
    switch record.opcode {
    case .localGet, .localSet, .localTee: visit(LocalID(rawValue: record.a))
    case .tupleSet:
      for position in 0..<Int(record.c) {
        let local = LocalID(rawValue: pool[Int(record.b) + position])
        if !local.isNone { visit(local) }
      }
    default: break
    }
  }

  /// Visits the nodes that name locals once, in the order of evaluation: `forEachNode` without the others, which need not
  /// be left when their operands are done.
  @inlinable @inline(__always) public func forEachNodeWithLocals(_ visit: (NodeID) throws -> Void) rethrows {
    var walk = TreeWalk(from: root)
    if !walk.enter(root, in: self) { return }
    while true {
      let step = walk.next()
      let id = step.node
      switch opcode(of: id) {
      case .localGet: break
      case .localSet, .localTee, .tupleSet: if !step.isLast && walk.enter(id, in: self) { continue }
      default:
        // The root alone has been entered.
        if step.isLast { return }
        walk.replaceByOperands(id, in: self)
        continue
      }
      try visit(id)
      walk.leave(step)
    }
  }

  /// Makes a `local.get`, `local.set` or `local.tee` name another local. Its type is for the caller to see to.
  package mutating func setLocal(of id: NodeID, to local: LocalID) {
    precondition([.localGet, .localSet, .localTee].contains(opcode(of: id)))
    if nodes[id.index].a == local.rawValue { return }
    changeCount += 1
    nodes[id.index].a = local.rawValue
  }

  /// Makes a `tuple.set` assign the value at `index` to another local; `none` drops it.
  package mutating func setLocal(_ index: Int, ofTupleSet id: NodeID, to local: LocalID) {
    guard case .tupleSet(let node) = self[id], index < node.localCount else { preconditionFailure("no such value") }
    if pool[node.start + index] == local.rawValue { return }
    changeCount += 1
    pool[node.start + index] = local.rawValue
  }

  /// Puts other locals in the place of those that nodes name.
  ///
  /// - Parameters:
  ///   - newIDs: by local. Several may become one; `none` is for locals that nothing names. Parameters stay.
  ///   - types: of the new locals, by new id, parameters first.
  package mutating func renumberLocals(to newIDs: borrowing Column<LocalID>, types: consuming Column<ValueType>) {
    // Nodes that are out of the tree may name locals that go.
    var users = Column<NodeID>()
    forEachNode { id in
      switch opcode(of: id) {
      case .localGet, .localSet, .localTee, .tupleSet: users.append(id)
      default: break
      }
    }
    renumberLocals(of: users, to: newIDs, types: types)
  }

  /// The same, if the nodes that name locals are known.
  ///
  /// - Parameter users: each such node once; others are left alone.
  package mutating func renumberLocals(
    of users: borrowing Column<NodeID>, to newIDs: borrowing Column<LocalID>, types: consuming Column<ValueType>
  ) {
    precondition(newIDs.count == localCount && types.count >= parameterCount)
    changeCount += 1
    for index in 0..<users.count {
      let id = users[index]
      let record = nodes[id.index]
      switch record.opcode {
      case .localGet, .localSet, .localTee: nodes[id.index].a = newIDs[Int(record.a)].rawValue
      case .tupleSet:
        for position in Int(record.b)..<Int(record.b) + Int(record.c) where pool[position] != LocalID.none.rawValue {
          pool[position] = newIDs[Int(pool[position])].rawValue
        }
      default: break
      }
    }
    if !localNames.isEmpty { renumberNames(newIDs) }
    localTypes = types
  }

  /// A local that takes the place of several is named as the first of them that has a name.
  private mutating func renumberNames(_ newIDs: borrowing Column<LocalID>) {
    var names: [LocalID: Name] = [:]
    for local in localNames.keys.sorted() where !newIDs[local.index].isNone {
      if names[newIDs[local.index]] == nil { names[newIDs[local.index]] = localNames[local] }
    }
    localNames = names
  }
}
