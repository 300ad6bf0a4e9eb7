import IR
import PassManager
import Support

/// Lets narrow loads extend as their value is used, so that the extension need not be made again.
///
///     (local.set $x (i32.load8_s ...))               (local.set $x (i32.load8_u ...))
///     (i32.and (local.get $x) (i32.const 255))  ->   (i32.and (local.get $x) (i32.const 255))
///
/// A load may change if all that reads the local looks at the bits it has loaded alone. What then does nothing
/// (here, the `and`) is for other passes to remove. After Binaryen's pass of this name. Linear.
struct PickLoadSigns: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard (0..<body.nodes.count).contains(where: { body.nodes[$0].opcode.narrowLoad != nil }) else { return }
    var survey = LocalExtensions(localCount: body.localCount)
    body.forEachNode { survey.look(at: $0, in: body) }
    for index in 0..<survey.loads.count {
      let (local, load) = survey.loads[index]
      guard let narrow = body.opcode(of: load).narrowLoad,
        let isSigned = survey.preferredSign(of: local, bitCount: narrow.bitCount), isSigned != narrow.isSigned
      else { continue }
      var record = body.nodes[load.index]
      record.opcode = narrow.opposite
      body.replace(load, with: record)
    }
  }
}

/// How the low bits of each local are extended where it is read.
private struct LocalExtensions: ~Copyable {
  private struct Uses: BitwiseCopyable {
    var all: UInt32 = 0
    var signed: UInt32 = 0
    var unsigned: UInt32 = 0
    /// How many bits are extended; 0 if the local has not been, -1 if there are several answers.
    var bitCount: Int8 = 0
  }

  private var uses = Column<Uses>()
  /// Narrow loads that a local is assigned.
  private(set) var loads: [(LocalID, NodeID)] = []

  init(localCount: Int) { uses.resize(to: localCount, filling: Uses()) }

  mutating func look(at id: NodeID, in body: borrowing Body) {
    switch body[id] {
    case .localGet(let local): uses[local.index].all += 1
    case .localSet(let node):
      if body.opcode(of: node.value).narrowLoad != nil { loads.append((node.local, node.value)) }
    case .localTee(let node): uses[node.local.index].bitCount = -1
    case .unary(let node):
      guard let bitCount = node.opcode.extendedBits, case .localGet(let local) = body[node.operand] else { return }
      note(local, bitCount, isSigned: true)
    case .binary(let node): look(at: node, in: body)
    default: break
    }
  }

  private mutating func look(at node: BinaryNode, in body: borrowing Body) {
    switch node.opcode {
    case .i32And, .i64And:
      guard let mask = constant(node.right, in: body), case .localGet(let local) = body[node.left] else { return }
      if mask > 0 && mask & (mask &+ 1) == 0 { note(local, (mask &+ 1).trailingZeroBitCount, isSigned: false) }
    case .i32ShrS, .i64ShrS:
      let width = node.opcode == .i32ShrS ? 32 : 64
      guard let distance = constant(node.right, in: body), case .binary(let shift) = body[node.left],
        shift.opcode == (width == 32 ? .i32Shl : .i64Shl), constant(shift.right, in: body) == distance,
        distance > 0, distance < width, case .localGet(let local) = body[shift.left]
      else { return }
      note(local, width - Int(distance), isSigned: true)
    default: break
    }
  }

  private func constant(_ id: NodeID, in body: borrowing Body) -> Int64? {
    switch body[id] {
    case .i32Const(let value): Int64(value)
    case .i64Const(let value): value
    default: nil
    }
  }

  private mutating func note(_ local: LocalID, _ bitCount: Int, isSigned: Bool) {
    let known = uses[local.index].bitCount
    uses[local.index].bitCount = known == 0 || Int(known) == bitCount ? Int8(bitCount) : -1
    if isSigned { uses[local.index].signed += 1 } else { uses[local.index].unsigned += 1 }
  }

  /// How a load of so many bits should extend; nil if that matters elsewhere, too.
  func preferredSign(of local: LocalID, bitCount: Int) -> Bool? {
    let uses = uses[local.index]
    guard Int(uses.bitCount) == bitCount, uses.all == uses.signed + uses.unsigned else { return nil }
    // Extending with the sign by shifts takes two instructions.
    return uses.signed * 2 >= uses.unsigned
  }
}

extension Opcode {
  /// Of a load of fewer bits than it yields: how many, whether it extends the sign, and the one that does otherwise.
  fileprivate var narrowLoad: (bitCount: Int, isSigned: Bool, opposite: Opcode)? {
    switch self {
    case .i32Load8S: (8, true, .i32Load8U)
    case .i32Load8U: (8, false, .i32Load8S)
    case .i32Load16S: (16, true, .i32Load16U)
    case .i32Load16U: (16, false, .i32Load16S)
    case .i64Load8S: (8, true, .i64Load8U)
    case .i64Load8U: (8, false, .i64Load8S)
    case .i64Load16S: (16, true, .i64Load16U)
    case .i64Load16U: (16, false, .i64Load16S)
    case .i64Load32S: (32, true, .i64Load32U)
    case .i64Load32U: (32, false, .i64Load32S)
    default: nil
    }
  }

  /// Of an instruction that extends the sign of the low bits of its operand: how many they are.
  fileprivate var extendedBits: Int? {
    switch self {
    case .i32Extend8S, .i64Extend8S: 8
    case .i32Extend16S, .i64Extend16S: 16
    case .i64Extend32S: 32
    default: nil
    }
  }
}
