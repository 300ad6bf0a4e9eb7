import IR
import Support

/// Bytes of a memory, as far as the code of an address tells which: those at a local and a constant, or at a constant.
///
/// Sums wrap around as the instructions do; an access that does not trap is below the size of the address space, so two
/// places with the same base are the same or overlap exactly if their distances from it do, modulo that size.
struct MemoryPlace: BitwiseCopyable {
  let memory: MemoryID
  /// `none` if the address is a constant.
  let base: LocalID
  /// What the code adds to the local. This sum wraps around.
  let addend: UInt64
  /// What the instruction adds to that. This sum does not.
  let immediate: UInt64
  /// Both together: from the base, modulo the size of the address space.
  let offset: UInt64
  let size: UInt64
  /// All bits of an address.
  let mask: UInt64

  /// Nil if the address is not of that form.
  init?(of address: NodeID, _ memarg: Memarg, size: Int, in body: borrowing Body) {
    var base = LocalID.none
    var addend: UInt64 = 0
    switch body[address] {
    case .localGet(let local): base = local
    case .localTee(let node): base = node.local
    case .binary(let node) where node.opcode == .i32Add || node.opcode == .i64Add:
      guard case .localGet(let local) = body[node.left], let value = body.addressConstant(node.right) else { return nil }
      base = local
      addend = value
    default:
      guard let value = body.addressConstant(address) else { return nil }
      addend = value
    }
    memory = memarg.memory
    mask = body.type(of: address) == .i64 ? .max : 0xffff_ffff
    self.base = base
    self.addend = addend
    immediate = memarg.offset
    offset = (addend &+ memarg.offset) & mask
    self.size = UInt64(size)
    // Beyond all memory.
    if base.isNone && (addend &+ memarg.offset != offset || offset < addend) { return nil }
  }

  private init() {
    memory = .none
    base = .none
    addend = 0
    immediate = 0
    offset = 0
    size = 0
    mask = 0
  }

  /// No place at all.
  static var nowhere: MemoryPlace { MemoryPlace() }

  /// Whether the two are the same bytes if neither access traps.
  func isSame(as other: MemoryPlace) -> Bool {
    memory == other.memory && base == other.base && offset == other.offset && size == other.size
  }

  /// Whether an access here traps only if one to the other, which is the same place, does.
  func trapsOnly(with other: MemoryPlace) -> Bool {
    addend == other.addend || immediate == 0 || base.isNone
  }

  /// False only if no access to the one can touch the other.
  func mayOverlap(_ other: MemoryPlace) -> Bool {
    if memory != other.memory { return false }
    if base != other.base { return true }
    let distance = (other.offset &- offset) & mask
    return distance < size || (0 &- distance) & mask < other.size
  }

  /// Whether all bytes of `other` are among these, and an access here traps if and only if one to `other` does.
  func covers(_ other: MemoryPlace) -> Bool {
    memory == other.memory && base == other.base && addend == other.addend && immediate <= other.immediate
      && immediate &+ size == other.immediate &+ other.size
  }

  /// Equal for equal places; their sizes do not count.
  var hash: UInt64 {
    let key = offset &* 0x9e37_79b9_7f4a_7c15 ^ UInt64(base.rawValue) << 32 ^ UInt64(memory.rawValue)
    return key &* 0x9e37_79b9_7f4a_7c15
  }

  /// The first byte that an access does not touch, from where `addend` leads.
  var end: UInt64 { immediate &+ size }
}

/// Tells by one scan that no place is named twice, as is so in most bodies that are small.
enum PlaceFilter {
  /// Whether two accesses may be to the same place. Those that are out of the tree count.
  static func mayRepeat(in body: borrowing Body) -> Bool {
    var accesses = Column<NodeID>()
    for index in 0..<body.nodes.count {
      let shape = body.info(of: NodeID(index)).shape
      if shape == .load || shape == .store { accesses.append(NodeID(index)) }
    }
    if accesses.count < 2 { return false }
    var bits = 64
    while bits < 64 * accesses.count { bits *= 2 }
    var seen = Column<UInt64>()
    seen.resize(to: bits / 64, filling: 0)
    for index in 0..<accesses.count {
      guard let place = body.place(of: accesses[index]) else { continue }
      let hash = Int(truncatingIfNeeded: place.hash >> 20) & (bits - 1)
      if seen[hash / 64] & 1 << UInt64(hash % 64) != 0 { return true }
      seen[hash / 64] |= 1 << UInt64(hash % 64)
    }
    return false
  }
}

extension Body {
  /// Where a load or store touches memory, if its address tells.
  fileprivate func place(of access: NodeID) -> MemoryPlace? {
    guard let size = opcode(of: access).accessSize else { return nil }
    switch self[access] {
    case .load(let node): return MemoryPlace(of: node.address, node.memarg, size: size, in: self)
    case .store(let node): return MemoryPlace(of: node.address, node.memarg, size: size, in: self)
    default: return nil
    }
  }

  fileprivate func addressConstant(_ id: NodeID) -> UInt64? {
    switch self[id] {
    case .i32Const(let value): return UInt64(UInt32(bitPattern: value))
    case .i64Const(let value): return UInt64(bitPattern: value)
    default: return nil
    }
  }
}

extension Opcode {
  /// The load that gives back what this store, of a whole value, has stored.
  var wholeLoad: Opcode? {
    switch self {
    case .i32Store: return .i32Load
    case .i64Store: return .i64Load
    case .f32Store: return .f32Load
    case .f64Store: return .f64Load
    case .v128Store: return .v128Load
    default: return nil
    }
  }

  /// How many bytes a load or store touches; nil of other instructions, and of atomic ones.
  var accessSize: Int? {
    switch self {
    case .i32Load8S, .i32Load8U, .i64Load8S, .i64Load8U, .i32Store8, .i64Store8, .v128Load8Splat: return 1
    case .i32Load16S, .i32Load16U, .i64Load16S, .i64Load16U, .i32Store16, .i64Store16, .v128Load16Splat: return 2
    case .i32Load, .f32Load, .i64Load32S, .i64Load32U, .i32Store, .f32Store, .i64Store32, .v128Load32Splat,
      .v128Load32Zero:
      return 4
    case .i64Load, .f64Load, .i64Store, .f64Store, .v128Load8x8S, .v128Load8x8U, .v128Load16x4S, .v128Load16x4U,
      .v128Load32x2S, .v128Load32x2U, .v128Load64Splat, .v128Load64Zero:
      return 8
    case .v128Load, .v128Store: return 16
    default: return nil
    }
  }
}
