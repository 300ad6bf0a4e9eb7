import IR
import Support

/// The bytes of memories.
enum LinearMemory {
  /// Memory of `byteCount` zeros; nil if the system has none.
  static func make(_ limits: Limits, byteCount: UInt64) -> MemoryRecord? {
    let capacity = max(Int(byteCount), 1)
    guard let base = map(capacity) else { return nil }
    return MemoryRecord(base: base, byteCount: byteCount, capacity: capacity, limits: limits)
  }

  static func release(_ memory: MemoryRecord) { munmap(memory.base, memory.capacity) }

  /// Grows the memory by `pages`, to at most `byteLimit` bytes. Returns its old size in pages, or nil if it stays as it
  /// is. Growing one page at a time costs amortized constant time: room is doubled.
  static func grow(_ memory: inout MemoryRecord, by pages: UInt64, byteLimit: UInt64) -> UInt64? {
    let old = memory.pageCount
    let (count, overflow) = old.addingReportingOverflow(pages)
    let shift = UInt64(memory.limits.pageSizeLog2)
    let addressable: UInt64 = memory.limits.is64 ? .max >> shift : (1 << 32) >> shift
    guard !overflow, count <= memory.limits.maximum ?? .max, count <= addressable, count <= byteLimit >> shift
    else { return nil }
    let byteCount = count << shift
    if byteCount > UInt64(memory.capacity) {
      let capacity = max(Int(byteCount), min(2 * memory.capacity, Int(byteLimit)))
      guard let base = map(capacity) else { return nil }
      memcpy(base, memory.base, Int(memory.byteCount))
      munmap(memory.base, memory.capacity)
      memory.base = base
      memory.capacity = capacity
    }
    memory.byteCount = byteCount
    return old
  }

  private static func map(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    let base = mmap(nil, byteCount, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
    return base == MAP_FAILED ? nil : base
  }
}
