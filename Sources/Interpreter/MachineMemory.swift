import IR
import Support

// Memories and tables: what is rare or long (specification 4.6.4 to 4.6.8).

extension Machine {
  func memoryAccess(
    _ i: Instruction, _ more: Instruction, _ fp: UnsafeMutablePointer<UInt64>,
    _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) {
    let opcode = Opcode(rawValue: UInt16(more.a))!
    switch i.operation {
    case .atomic: try atomic(opcode, i, fp, instance)
    case .loadVector:
      let size = Machine.vectorLoadSize(opcode)
      fp.set(i.a, Vector.loadResult(opcode, load(try place(fp.u64(i.a), i, size: size, instance), size: size)))
    case .loadLane:
      let size = 1 << Int(opcode.info.alignment)
      let value = load(try place(fp.u64(i.a), i, size: size, instance), size: size).low
      let replace = Machine.laneOpcode(byteCount: size)
      fp.set(i.a, Vector.replaceLane(replace, fp.vector(i.a + 1), lane: UInt8(more.b), value))
    default:
      let size = 1 << Int(opcode.info.alignment)
      let place = try place(fp.u64(i.a), i, size: size, instance)
      var vector = fp.vector(i.a + 1)
      withUnsafeBytes(of: &vector) { _ = memcpy(place, $0.baseAddress! + Int(more.b) * size, size) }
    }
  }

  private func load(_ place: UnsafeMutableRawPointer, size: Int) -> V128 {
    var bytes = V128(low: 0, high: 0)
    withUnsafeMutableBytes(of: &bytes) { _ = memcpy($0.baseAddress!, place, size) }
    return bytes
  }

  private static func vectorLoadSize(_ opcode: Opcode) -> Int {
    switch opcode {
    case .v128Load8Splat: return 1
    case .v128Load16Splat: return 2
    case .v128Load32Splat, .v128Load32Zero: return 4
    default: return 8
    }
  }

  private static func laneOpcode(byteCount: Int) -> Opcode {
    switch byteCount {
    case 1: return .i8x16ReplaceLane
    case 2: return .i16x8ReplaceLane
    case 4: return .i32x4ReplaceLane
    default: return .i64x2ReplaceLane
    }
  }

  // MARK: Bulk

  mutating func memory(
    _ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>, _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) {
    if i.operation == .dataDrop { return instance.pointee.owner.takeUnretainedValue().dropData(Int(i.b)) }
    let memory = instance.pointee.memories[Int(i.x)]
    let is64 = memory.pointee.limits.is64
    switch i.operation {
    case .memorySize: fp.set(i.a, memory.pointee.pageCount)
    case .memoryGrow:
      let old = LinearMemory.grow(&memory.pointee, by: fp.u64(i.a), byteLimit: store.limits.memoryBytes)
      fp.set(i.a, old ?? (is64 ? .max : UInt64(UInt32.max)))
    case .memoryFill:
      let (start, value, count) = (fp.u64(i.a), fp.u64(i.a + 1), fp.u64(i.a + 2))
      let place = try range(start, count, in: memory)
      try charge(count / 64)
      memset(place, Int32(value & 0xff), Int(count))
    case .memoryCopy:
      let (target, source, count) = (fp.u64(i.a), fp.u64(i.a + 1), fp.u64(i.a + 2))
      let from = try range(source, count, in: instance.pointee.memories[Int(i.b)])
      let to = try range(target, count, in: memory)
      try charge(count / 64)
      memmove(to, from, Int(count))
    default:
      let (target, source, count) = (fp.u64(i.a), fp.u64(i.a + 1), fp.u64(i.a + 2))
      let to = try range(target, count, in: memory)
      let data = instance.pointee.owner.takeUnretainedValue().datas[Int(i.b)]
      guard source <= UInt64(data.count), count <= UInt64(data.count) - source else { throw .outOfBoundsMemoryAccess }
      try charge(count / 64)
      data.withUnsafeBytes { if count > 0 { memcpy(to, $0.baseAddress! + Int(source), Int(count)) } }
    }
  }

  private func range(
    _ start: UInt64, _ count: UInt64, in memory: UnsafeMutablePointer<MemoryRecord>
  ) throws(Trap) -> UnsafeMutableRawPointer {
    guard start <= memory.pointee.byteCount, count <= memory.pointee.byteCount - start else {
      throw .outOfBoundsMemoryAccess
    }
    return memory.pointee.base + Int(start)
  }

  mutating func table(
    _ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>, _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) {
    if i.operation == .elemDrop { return instance.pointee.owner.takeUnretainedValue().dropElements(Int(i.b)) }
    let table = instance.pointee.tables[Int(i.b)]
    switch i.operation {
    case .tableGet:
      guard fp.u64(i.a) < table.pointee.count else { throw .outOfBoundsTableAccess }
      fp.set(i.a, table.pointee.base[Int(fp.u64(i.a))])
    case .tableSet:
      guard fp.u64(i.a) < table.pointee.count else { throw .outOfBoundsTableAccess }
      table.pointee.base[Int(fp.u64(i.a))] = fp.u64(i.a + 1)
    case .tableSize: fp.set(i.a, table.pointee.count)
    case .tableGrow:
      let failure = table.pointee.limits.is64 ? UInt64.max : UInt64(UInt32.max)
      fp.set(i.a, table.pointee.grow(by: fp.u64(i.a + 1), filling: fp.u64(i.a), limit: store.limits.tableElements) ?? failure)
    case .tableFill:
      let elements = try range(fp.u64(i.a), fp.u64(i.a + 2), in: table)
      try charge(fp.u64(i.a + 2) / 8)
      elements.update(repeating: fp.u64(i.a + 1), count: Int(fp.u64(i.a + 2)))
    case .tableCopy:
      let count = fp.u64(i.a + 2)
      let from = try range(fp.u64(i.a + 1), count, in: instance.pointee.tables[Int(i.c)])
      let to = try range(fp.u64(i.a), count, in: table)
      try charge(count / 8)
      memmove(to, from, 8 * Int(count))
    default:
      let (source, count) = (fp.u64(i.a + 1), fp.u64(i.a + 2))
      let to = try range(fp.u64(i.a), count, in: table)
      let elements = instance.pointee.owner.takeUnretainedValue().elements[Int(i.c)]
      guard source <= UInt64(elements.count), count <= UInt64(elements.count) - source else {
        throw .outOfBoundsTableAccess
      }
      try charge(count / 8)
      for index in 0..<Int(count) { to[index] = elements[Int(source) + index] }
    }
  }

  private func range(
    _ start: UInt64, _ count: UInt64, in table: UnsafeMutablePointer<TableRecord>
  ) throws(Trap) -> UnsafeMutablePointer<UInt64> {
    guard start <= table.pointee.count, count <= table.pointee.count - start else { throw .outOfBoundsTableAccess }
    return table.pointee.base + Int(start)
  }
}

extension TableRecord {
  /// Returns the old count, or nil if the table stays as it is.
  mutating func grow(by more: UInt64, filling value: UInt64, limit: UInt64) -> UInt64? {
    let old = count
    let (sum, overflow) = old.addingReportingOverflow(more)
    guard !overflow, sum <= limits.maximum ?? .max, sum <= limit, limits.is64 || sum <= UInt64(UInt32.max) else {
      return nil
    }
    if Int(sum) > capacity {
      let newCapacity = max(Int(sum), min(2 * capacity, Int(limit)))
      guard let memory = realloc(base, 8 * newCapacity) else { return nil }
      base = memory.assumingMemoryBound(to: UInt64.self)
      capacity = newCapacity
    }
    (base + Int(old)).initialize(repeating: value, count: Int(more))
    count = sum
    return old
  }
}
