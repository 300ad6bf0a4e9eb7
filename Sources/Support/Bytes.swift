/// Memory that holds bytes which never change again: a mapped file, or a block of the heap.
public final class ByteStorage: @unchecked Sendable {
  // Unchecked: the memory is written only before the object is shared.
  @usableFromInline let base: UnsafePointer<UInt8>
  @usableFromInline let count: Int
  private let isMapped: Bool

  /// Takes over `base`, which came from `malloc` or, if `isMapped`, from `mmap`.
  public init(adopting base: UnsafePointer<UInt8>, count: Int, isMapped: Bool = false) {
    self.base = base
    self.count = count
    self.isMapped = isMapped
  }

  public convenience init(copying bytes: UnsafeBufferPointer<UInt8>) {
    guard let memory = malloc(max(bytes.count, 1)) else { outOfMemory() }
    if let source = bytes.baseAddress { memcpy(memory, source, bytes.count) }
    self.init(adopting: UnsafePointer(memory.assumingMemoryBound(to: UInt8.self)), count: bytes.count)
  }

  deinit {
    if isMapped {
      munmap(UnsafeMutableRawPointer(mutating: base), count)
    } else {
      free(UnsafeMutableRawPointer(mutating: base))
    }
  }

  /// Tells the system that the pages of a mapped file are not needed for now; reading them again is correct but slow.
  public func releasePages(of range: Range<Int>) {
    guard isMapped else { return }
    let page = 4096
    let first = (range.lowerBound + page - 1) / page * page
    let last = range.upperBound / page * page
    guard first < last else { return }
    madvise(UnsafeMutableRawPointer(mutating: base + first), last - first, MADV_DONTNEED)
  }
}

/// A slice of immutable bytes that shares its storage.
@frozen public struct Bytes: Sendable {
  public let storage: ByteStorage
  public let start: Int
  public let count: Int

  @inlinable public init(storage: ByteStorage, start: Int, count: Int) {
    precondition(start >= 0 && count >= 0 && start + count <= storage.count)
    self.storage = storage
    self.start = start
    self.count = count
  }

  public init(_ bytes: [UInt8] = []) {
    self.init(storage: bytes.withUnsafeBufferPointer { ByteStorage(copying: $0) }, start: 0, count: bytes.count)
  }

  public init(copying column: borrowing Column<UInt8>) {
    let count = column.count
    self.init(storage: column.withUnsafeBuffer { ByteStorage(copying: $0) }, start: 0, count: count)
  }

  @inlinable public var isEmpty: Bool { count == 0 }

  @inlinable public subscript(index: Int) -> UInt8 {
    precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
    return storage.base[start + index]
  }

  /// The bytes of `range`, counted from the start of this slice.
  public subscript(range: Range<Int>) -> Bytes {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    return Bytes(storage: storage, start: start + range.lowerBound, count: range.count)
  }

  @inlinable public func withUnsafeBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) throws -> Result) rethrows
    -> Result
  {
    try withExtendedLifetime(storage) {
      try body(UnsafeBufferPointer(start: storage.base + start, count: count))
    }
  }

  public var array: [UInt8] { withUnsafeBytes { Array($0) } }
}

extension Bytes: Hashable {
  public static func == (left: Bytes, right: Bytes) -> Bool {
    guard left.count == right.count else { return false }
    return left.withUnsafeBytes { l in
      right.withUnsafeBytes { r in left.count == 0 || memcmp(l.baseAddress!, r.baseAddress!, left.count) == 0 }
    }
  }

  public func hash(into hasher: inout Hasher) {
    withUnsafeBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
  }
}
