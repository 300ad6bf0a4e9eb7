import Analysis
import IR
import Support

/// Tells where constants may take the place of reads of locals, so that the code gets no longer.
struct ReadReplacement: ~Copyable {
  /// By value: how many accesses read it.
  private var readCounts = Column<UInt32>()
  /// By value: whether it comes to a phi that is read.
  private var isMerged = Column<Bool>()

  private enum Decision: UInt8 { case open, yes, no }
  /// By value.
  private var decisions = Column<Decision>()

  init(of locals: borrowing LocalGraph, _ flow: borrowing ControlFlowGraph) {
    readCounts.resize(to: locals.valueCount, filling: 0)
    isMerged.resize(to: locals.valueCount, filling: false)
    decisions.resize(to: locals.valueCount, filling: .open)
    for access in 0..<flow.accesses.count where !flow.accesses[access].isWrite {
      let value = locals.value(readBy: access)
      if !value.isNone { readCounts[value.index] += 1 }
    }
    for phi in 0..<locals.phiCount where locals.isUsed(phi: phi) {
      for index in 0..<locals.operandCount(ofPhi: phi) {
        let operand = locals.operand(index, ofPhi: phi)
        if !operand.isNone { isMerged[operand.index] = true }
      }
    }
  }

  /// Whether a constant shall take the place of the reads of a value: of all or of none.
  mutating func decide(
    _ value: LocalValue, _ constant: Constant, of local: LocalID, _ set: NodeID?, in body: borrowing Body
  ) -> Bool {
    if decisions[value.index] == .open {
      decisions[value.index] = pays(value, constant, of: local, set, in: body) ? .yes : .no
    }
    return decisions[value.index] == .yes
  }

  /// Where a `local.set` is then of no use, its bytes count.
  private func pays(
    _ value: LocalValue, _ constant: Constant, of local: LocalID, _ set: NodeID?, in body: borrowing Body
  ) -> Bool {
    let (own, read) = (constant.byteCount, local.accessByteCount)
    if own <= read { return true }
    guard own < Constant.unwritten, let set else { return false }
    let saved = read + (body.constant(body.localValue(of: set))?.byteCount ?? 0)
    return Int(readCounts[value.index]) * (own - read) <= saved
  }

  /// The `local.set` that is not needed without the reads of a value.
  func set(
    of value: LocalValue, _ locals: borrowing LocalGraph, _ flow: borrowing ControlFlowGraph, in body: borrowing Body
  ) -> NodeID? {
    guard let write = locals.write(value), !isMerged[value.index], readCounts[value.index] > 0 else { return nil }
    let access = flow.accesses[write]
    return locals.isKnown(access.local) && body.opcode(of: access.node) == .localSet ? access.node : nil
  }
}
