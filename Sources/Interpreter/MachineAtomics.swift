import IR
import Support

// Atomic instructions, for the one thread that there is (threads proposal, "Memory instructions").

extension Machine {
  func atomic(
    _ opcode: Opcode, _ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>,
    _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) {
    let size = 1 << Int(opcode.info.alignment)
    let address = fp.u64(i.a)
    let place = try aligned(address, i, size: size, instance)
    switch opcode.info.shape {
    case .load: fp.set(i.a, Machine.load(place, size))
    case .store: Machine.store(fp.u64(i.a + 1), place, size)
    case .cmpxchg:
      let old = Machine.load(place, size)
      // The comparison is with all bits of the operand.
      if old == fp.u64(i.a + 1) { Machine.store(fp.u64(i.a + 2), place, size) }
      fp.set(i.a, old)
    case .atomicWait:
      guard instance.pointee.memories[Int(i.x)].pointee.limits.isShared else { throw .expectedSharedMemory }
      if Machine.load(place, size) != fp.u64(i.a + 1) {
        fp.set(i.a, UInt32(1))
      } else if fp.i64(i.a + 2) >= 0 {
        // Nobody can wake the thread: time passes.
        fp.set(i.a, UInt32(2))
      } else {
        throw .deadlock
      }
    default:
      if opcode == .memoryAtomicNotify {
        fp.set(i.a, UInt32(0))
      } else {
        let old = Machine.load(place, size)
        Machine.store(Machine.combine(opcode, old, fp.u64(i.a + 1)), place, size)
        fp.set(i.a, old)
      }
    }
  }

  private func aligned(
    _ address: UInt64, _ i: Instruction, size: Int, _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) -> UnsafeMutableRawPointer {
    // Where an address is both, being out of bounds comes second.
    if (address &+ UInt64(i.c)) & UInt64(size - 1) != 0 { throw .unalignedAtomic }
    return try place(address, i, size: size, instance)
  }

  private static func load(_ place: UnsafeMutableRawPointer, _ size: Int) -> UInt64 {
    switch size {
    case 1: return UInt64(place.load(as: UInt8.self))
    case 2: return UInt64(place.loadUnaligned(as: UInt16.self))
    case 4: return UInt64(place.loadUnaligned(as: UInt32.self))
    default: return place.loadUnaligned(as: UInt64.self)
    }
  }

  private static func store(_ value: UInt64, _ place: UnsafeMutableRawPointer, _ size: Int) {
    var value = value
    memcpy(place, &value, size)
  }

  private static func combine(_ opcode: Opcode, _ old: UInt64, _ operand: UInt64) -> UInt64 {
    switch opcode {
    case .i32AtomicRmwAdd, .i64AtomicRmwAdd, .i32AtomicRmw8AddU, .i32AtomicRmw16AddU, .i64AtomicRmw8AddU,
      .i64AtomicRmw16AddU, .i64AtomicRmw32AddU:
      return old &+ operand
    case .i32AtomicRmwSub, .i64AtomicRmwSub, .i32AtomicRmw8SubU, .i32AtomicRmw16SubU, .i64AtomicRmw8SubU,
      .i64AtomicRmw16SubU, .i64AtomicRmw32SubU:
      return old &- operand
    case .i32AtomicRmwAnd, .i64AtomicRmwAnd, .i32AtomicRmw8AndU, .i32AtomicRmw16AndU, .i64AtomicRmw8AndU,
      .i64AtomicRmw16AndU, .i64AtomicRmw32AndU:
      return old & operand
    case .i32AtomicRmwOr, .i64AtomicRmwOr, .i32AtomicRmw8OrU, .i32AtomicRmw16OrU, .i64AtomicRmw8OrU,
      .i64AtomicRmw16OrU, .i64AtomicRmw32OrU:
      return old | operand
    case .i32AtomicRmwXor, .i64AtomicRmwXor, .i32AtomicRmw8XorU, .i32AtomicRmw16XorU, .i64AtomicRmw8XorU,
      .i64AtomicRmw16XorU, .i64AtomicRmw32XorU:
      return old ^ operand
    default: return operand
    }
  }
}
