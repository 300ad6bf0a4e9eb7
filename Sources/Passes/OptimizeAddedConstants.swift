import Analysis
import IR
import PassManager
import Support

/// Makes a constant that is added to an address part of the offset.
///
///     (i32.load offset=4 (i32.add (local.get $x) (i32.const 8)))    ->    (i32.load offset=12 (local.get $x))
///
/// An offset is added without wrapping. That makes no difference if nothing is ever accessed in the first 1024 bytes of
/// memory, which the user has to promise (`--low-memory-unused`), and the constants are below that.
///
/// If it `propagates`, it takes additions out of what a local is assigned, if the local holds an address and no more:
///
///     (local.set $y (i32.add (local.get $x) (i32.const 8)))         (local.set $y (local.get $x))
///     (i32.store (local.get $y) (i32.load (local.get $y)))    ->    (i32.store offset=8 (local.get $y)
///                                                                     (i32.load offset=8 (local.get $y)))
///
/// After Binaryen's passes of these names. Near-linear.
struct OptimizeAddedConstants: FunctionPass {
  var propagates = false
  /// Offsets stay below this.
  static var bound: UInt64 { 1024 }

  func run(on body: inout Body, in context: borrowing FunctionContext) {
    precondition(context.options.lowMemoryUnused)
    var isAnyAssigned = false
    body.rewriteBottomUp { body, id in
      switch body.info(of: id).shape {
      case .load, .store: return Self.takeAddition(intoOffsetOf: id, in: &body)
      case .localSet, .localTee:
        if body.addition(body.localValue(of: id)) != nil { isAnyAssigned = true }
        return id
      default: return id
      }
    }
    if propagates && isAnyAssigned { propagate(in: &body, shrinks: context.options.shrinkLevel > 0) }
  }

  private static func takeAddition(intoOffsetOf id: NodeID, in body: inout Body) -> NodeID {
    var record = body.nodes[id.index]
    var memarg = body.memarg(record.c)
    var address = NodeID(rawValue: record.a)
    while let (rest, constant) = body.addition(address), memarg.offset + constant < bound {
      memarg.offset += constant
      address = rest
    }
    if address.rawValue == record.a { return id }
    record.a = address.rawValue
    record.c = body.pack(memarg)
    body.replace(id, with: record)
    return id
  }

  private func propagate(in body: inout Body, shrinks: Bool) {
    let flow = ControlFlowGraph(of: body)
    let locals = LocalGraph(of: flow, Dominators(of: flow), localCount: body.localCount)
    let uses = ValueUses(of: locals, flow)
    // By node that is an address: what accesses it.
    var users = Column<NodeID>()
    users.resize(to: body.nodes.count, filling: .none)
    body.forEachNode { id in
      switch body.info(of: id).shape {
      case .load, .store: users[body.operand(0, of: id).index] = id
      default: break
      }
    }
    for write in 0..<flow.accesses.count where flow.accesses[write].isWrite {
      let (set, value) = (flow.accesses[write].node, locals.value(writtenBy: write))
      guard body.opcode(of: set) != .tupleSet, let (rest, constant) = body.addition(body.localValue(of: set)),
        locals.isKnown(flow.accesses[write].local)
      else { continue }
      var readers: [NodeID] = body.opcode(of: set) == .localTee ? [set] : []
      for position in uses.range(of: value) {
        let user = uses.user(at: position)
        // What comes to a phi is used by who knows whom.
        readers.append(uses.phi(user) == nil ? flow.accesses[user].node : .none)
      }
      let accesses = readers.map { $0.isNone ? $0 : users[$0.index] }
      guard pays(constant, body.localValue(of: set), accesses, shrinks: shrinks, in: body) else { continue }
      body.setOperand(0, of: set, to: rest)
      for access in accesses { body.addToOffset(of: access, constant) }
    }
  }

  /// Whether all are accesses that can take the constant; if `shrinks`, also whether the code gets no longer.
  private func pays(
    _ constant: UInt64, _ addition: NodeID, _ accesses: [NodeID], shrinks: Bool, in body: borrowing Body
  ) -> Bool {
    var growth = 0
    for access in accesses {
      if access.isNone { return false }
      let offset = body.memarg(body.nodes[access.index].c).offset
      if offset + constant >= Self.bound { return false }
      if offset < 128 && offset + constant >= 128 { growth += 1 }
    }
    return !accesses.isEmpty && (!shrinks || growth <= 3)
  }
}

extension Body {
  /// What a node adds to a constant below the bound.
  fileprivate func addition(_ id: NodeID) -> (rest: NodeID, constant: UInt64)? {
    let record = nodes[id.index]
    guard record.opcode == .i32Add || record.opcode == .i64Add else { return nil }
    let (left, right) = (NodeID(rawValue: record.a), NodeID(rawValue: record.b))
    if let constant = integer(right), constant < OptimizeAddedConstants.bound { return (left, constant) }
    if let constant = integer(left), constant < OptimizeAddedConstants.bound { return (right, constant) }
    return nil
  }

  fileprivate mutating func addToOffset(of access: NodeID, _ constant: UInt64) {
    var record = nodes[access.index]
    var memarg = memarg(record.c)
    memarg.offset += constant
    record.c = pack(memarg)
    replace(access, with: record)
  }
}
