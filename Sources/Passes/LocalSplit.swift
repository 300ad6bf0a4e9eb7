import Analysis
import IR
import Support

/// Which local each value of a body is to have.
///
/// What becomes a local is a home: a web, by its lowest value, or a value alone, counted from the number of values on.
struct LocalSplit: ~Copyable {
  /// Engines take no function with more locals; what would need more stays where it is.
  private static let localLimit = 50_000

  /// By value: where reads that see just it find it.
  private var homes = Column<UInt32>()
  private let webs: LocalWebs
  private let separatesMerges: Bool
  /// By value: whether a read sees just it.
  private var isRead = Column<Bool>()
  /// By value: whether it comes to a used phi.
  private var isMerged = Column<Bool>()
  /// By local: whether it stays as it is.
  private var isFixed = Column<Bool>()
  /// By home: the local that it is.
  private var locals = Column<LocalID>()
  /// Types of the locals to make.
  private var newTypes: [ValueType] = []
  /// Parameters whose value at the beginning is also in another local.
  private var copies: [(parameter: LocalID, local: LocalID)] = []

  /// - Parameter separatesMerges: whether values that meet others have a home of their own besides that of the web, if
  ///   something reads just them.
  init(
    of body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph, separatesMerges: Bool
  ) {
    webs = LocalWebs(of: values)
    self.separatesMerges = separatesMerges
    isRead.resize(to: values.valueCount, filling: false)
    isMerged.resize(to: values.valueCount, filling: false)
    for access in 0..<values.accessCount where !flow.accesses[access].isWrite {
      let value = values.value(readBy: access)
      if !value.isNone { isRead[value.index] = true }
    }
    for phi in 0..<values.phiCount where values.isUsed(phi: phi) {
      for index in 0..<values.operandCount(ofPhi: phi) { isMerged[values.operand(index, ofPhi: phi).index] = true }
    }
    for index in 0..<body.localCount { isFixed.append(!values.isKnown(LocalID(index))) }
    for index in 0..<values.valueCount {
      let value = LocalValue(index)
      let isAlone = separatesMerges && mayBeAlone(value, in: body, flow, values)
      homes.append(isAlone ? UInt32(values.valueCount) + value.rawValue : webs.lowest(of: value).rawValue)
    }
    fixLocalsUnsetInStructure(of: body, flow, values)
    assignLocals(in: body, flow, values)
  }

  private func mayBeAlone(
    _ value: LocalValue, in body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph
  ) -> Bool {
    if !isRead[value.index] || !isMerged[value.index] { return false }
    if let local = values.initialLocal(value) { return local.index < body.parameterCount }
    guard let write = values.write(value) else { return false }
    // Several values at once are assigned once; so is what a `catch` receives.
    let node = flow.accesses[write].node
    return body.opcode(of: node) != .tupleSet && body.opcode(of: body.operand(0, of: node)) != .payload
  }

  private func isUsed(_ value: LocalValue) -> Bool { isRead[value.index] || isMerged[value.index] }

  /// The homes that an assignment of the value fills: that of its web, if not `none`, and the one it has alone.
  private func homes(filledBy value: LocalValue) -> (web: Int?, alone: Int?) {
    let home = Int(homes[value.index])
    if home < homes.count { return (home, nil) }
    return (isMerged[value.index] ? webs.lowest(of: value).index : nil, home)
  }

  // MARK: Locals without default

  /// Fixes the locals without default value of which a part would be read where validation does not see it set
  /// (specification 3.4.9), though it always is: that a construct is left only after it has been set does not count.
  private mutating func fixLocalsUnsetInStructure(
    of body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph
  ) {
    guard (0..<body.localCount).contains(where: { !body.localTypes[$0].isDefaultable }) else { return }
    var sets = StructuralSets(count: 2 * values.valueCount)
    for index in 0..<body.parameterCount {
      let filled = homes(filledBy: LocalValue(index))
      if let web = filled.web { sets.set(web) }
      if let alone = filled.alone { sets.set(alone) }
    }
    var next = 0
    body.walk(
      from: body.root,
      enter: { id in
        sets.enter(id, in: body)
        return true
      },
      exit: { id in
        // Accesses are in the order of evaluation.
        while next < flow.accesses.count && flow.accesses[next].node == id {
          note(next, &sets, in: body, flow, values)
          next += 1
        }
        sets.exit(id)
      })
  }

  private mutating func note(
    _ index: Int, _ sets: inout StructuralSets, in body: borrowing Body, _ flow: borrowing ControlFlowGraph,
    _ values: borrowing LocalGraph
  ) {
    let access = flow.accesses[index]
    if body.type(of: access.local).isDefaultable || isFixed[access.local.index] { return }
    if access.isWrite {
      let filled = homes(filledBy: values.value(writtenBy: index))
      if let web = filled.web { sets.set(web) }
      if let alone = filled.alone { sets.set(alone) }
    } else {
      let value = values.value(readBy: index)
      if value.isNone || !sets.isSet(Int(homes[value.index])) { isFixed[access.local.index] = true }
    }
  }

  // MARK: Choice

  private mutating func assignLocals(
    in body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph
  ) {
    locals.resize(to: separatesMerges ? 2 * homes.count : homes.count, filling: .none)
    // By local: whether it is the home of something.
    var isTaken = Column<Bool>()
    isTaken.resize(to: body.localCount, filling: false)
    for index in 0..<body.localCount where !isFixed[index] && keepsInitialValue(LocalID(index), in: body) {
      isTaken[index] = true
      locals[Int(homes[index])] = LocalID(index)
    }
    for number in 0..<flow.blockCount where flow.isReachable(BlockID(number)) {
      for index in flow.accessRange(of: BlockID(number)) where flow.accesses[index].isWrite {
        let local = flow.accesses[index].local
        let value = values.value(writtenBy: index)
        if isFixed[local.index] || !isUsed(value) { continue }
        let filled = homes(filledBy: value)
        if let web = filled.web { choose(local, for: web, &isTaken, in: body) }
        if let alone = filled.alone { choose(local, for: alone, &isTaken, in: body) }
      }
    }
  }

  /// Whether what the local has at the beginning of the function stays in it.
  private func keepsInitialValue(_ local: LocalID, in body: borrowing Body) -> Bool {
    let value = LocalValue(local.index)
    if local.index < body.parameterCount { return isUsed(value) }
    return isMerged[value.index] || isRead[value.index] && !body.hasShortDefault(local)
  }

  private mutating func choose(_ local: LocalID, for home: Int, _ isTaken: inout Column<Bool>, in body: borrowing Body) {
    if !locals[home].isNone { return }
    if isTaken[local.index] && body.localCount + newTypes.count < Self.localLimit {
      locals[home] = LocalID(body.localCount + newTypes.count)
      newTypes.append(body.type(of: local))
      if home < body.parameterCount { copies.append((LocalID(home), locals[home])) }
    } else {
      isTaken[local.index] = true
      locals[home] = local
    }
  }

  // MARK: Rewriting

  func apply(to body: inout Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph) {
    for type in newTypes { _ = body.makeLocal(type) }
    // Ascending, and so operands before the node they belong to.
    for number in 0..<flow.blockCount where flow.isReachable(BlockID(number)) {
      // The `tuple.set` at hand, and the position in it.
      var (tuple, position) = (NodeID.none, 0)
      for index in flow.accessRange(of: BlockID(number)) {
        let access = flow.accesses[index]
        if case .tupleSet(let node) = body[access.node] {
          // The last value is assigned first.
          if access.node != tuple { (tuple, position) = (access.node, node.localCount) }
          repeat { position -= 1 } while body.local(position, of: node).isNone
        }
        if isFixed[access.local.index] { continue }
        if access.isWrite {
          assign(values.value(writtenBy: index), at: access.node, position, in: &body)
        } else {
          read(values.value(readBy: index), access, in: &body)
        }
      }
    }
    copyParameters(in: &body)
  }

  private func read(_ value: LocalValue, _ access: LocalAccess, in body: inout Body) {
    let local = locals[Int(homes[value.index])]
    if local.isNone {
      body.replaceWithDefault(access.node, of: access.local)
    } else {
      body.setLocal(of: access.node, to: local)
    }
  }

  private func assign(_ value: LocalValue, at id: NodeID, _ position: Int, in body: inout Body) {
    let filled = homes(filledBy: value)
    let web = filled.web.map { locals[$0] } ?? .none
    let alone = filled.alone.map { locals[$0] } ?? .none
    if body.opcode(of: id) == .tupleSet {
      body.setLocal(position, ofTupleSet: id, to: web)
    } else if web.isNone && alone.isNone {
      body.removeAssignment(id)
    } else {
      if !web.isNone && !alone.isNone && web != alone { body.insertTee(of: web, below: id) }
      body.setLocal(of: id, to: alone.isNone ? web : alone)
    }
  }

  private func copyParameters(in body: inout Body) {
    if copies.isEmpty { return }
    let items = copies.map { body.makeLocalSet($0.local, body.makeLocalGet($0.parameter)) }
    guard case .block(let root) = body[body.root] else { preconditionFailure("no root") }
    let list = body.makeList(items + body.nodes(in: root.items))
    body.setItems(of: body.root, to: list)
  }
}
