import Synchronization

/// Memory for columns. Small blocks that are given back wait for the next column, by thread, so that no thread waits.
///
/// A pass makes a dozen columns for each body, and most bodies are small: with `malloc` alone that took a twentieth of
/// a run's time, and each instruction here is run some twenty times for each body and pass.
@usableFromInline enum BlockCache {
  /// Larger blocks go back to `malloc`, in bytes. Smaller ones have sizes that are powers of two.
  private static let largest = 1 << largestShift
  private static let smallestShift = 8
  private static let largestShift = 15
  private static let sizeCount = largestShift - smallestShift + 1
  /// How many blocks of a size a thread keeps: 4 MiB in all.
  private static let keptCount = 64

  /// What a thread keeps of one size. A block that waits holds the address of the next in its first word.
  private struct Shelf {
    var first: UnsafeMutableRawPointer?
    var count = 0
  }

  /// A block, and how many bytes it has.
  @usableFromInline struct Block {
    @usableFromInline let base: UnsafeMutableRawPointer
    @usableFromInline let byteCount: Int
  }

  /// The shelf of the blocks that have so many bytes, or the next power of two; there must be one.
  @inline(__always) private static func shelfIndex(for byteCount: Int) -> Int {
    // With the low bits set, nothing is too small.
    let bits = (byteCount &- 1) | ((1 << smallestShift) - 1)
    return Int.bitWidth &- smallestShift &- bits.leadingZeroBitCount
  }

  /// A block of so many bytes, at least; they must be one or more. Ends the process if there is no memory.
  @usableFromInline static func take(_ byteCount: Int) -> Block {
    if byteCount > largest { return allocate(byteCount) }
    let index = shelfIndex(for: byteCount)
    let size = 1 &<< (index &+ smallestShift)
    let shelf = shelves + index
    guard let base = shelf.pointee.first else { return allocate(size) }
    shelf.pointee.first = base.load(as: UnsafeMutableRawPointer?.self)
    shelf.pointee.count &-= 1
    return Block(base: base, byteCount: size)
  }

  @inline(never) private static func allocate(_ byteCount: Int) -> Block {
    guard let base = malloc(byteCount) else { outOfMemory() }
    return Block(base: base, byteCount: byteCount)
  }

  /// Gives a block back that was taken for so many bytes, or for as many as it has.
  @usableFromInline static func give(_ base: UnsafeMutableRawPointer, _ byteCount: Int) {
    if byteCount > largest { return free(base) }
    let shelf = shelves + shelfIndex(for: byteCount)
    if shelf.pointee.count == keptCount { return free(base) }
    base.storeBytes(of: shelf.pointee.first, as: UnsafeMutableRawPointer?.self)
    shelf.pointee.first = base
    shelf.pointee.count &+= 1
  }

  /// A block of twice as many bytes as one of `oldCount`, or of `minimum` if that is more; it begins with the
  /// `usedCount` first bytes of the old one, if there is one.
  @usableFromInline static func grow(
    _ base: UnsafeMutableRawPointer, from oldCount: Int, to minimum: Int, using usedCount: Int
  ) -> Block {
    if oldCount == 0 { return take(minimum) }
    let newCount = max(minimum, oldCount * 2)
    if oldCount > largest {
      guard let grown = realloc(base, newCount) else { outOfMemory() }
      return Block(base: grown, byteCount: newCount)
    }
    let grown = take(newCount)
    grown.base.copyMemory(from: base, byteCount: usedCount)
    give(base, oldCount)
    return grown
  }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let code = pthread_key_create(&key) { shelves in
      #if canImport(Darwin)
        BlockCache.empty(shelves)
      #else
        if let shelves { BlockCache.empty(shelves) }
      #endif
    }
    precondition(code == 0)
    return key
  }()

  /// `key` and one more; 0 until somebody has asked for it. A constant to begin with: unlike `key`, it can be read without
  /// asking whether it is there.
  private static let knownKey = Atomic<UInt>(0)

  private static var shelves: UnsafeMutablePointer<Shelf> {
    let known = knownKey.load(ordering: .acquiring)
    guard known != 0, let shelves = pthread_getspecific(pthread_key_t(truncatingIfNeeded: known &- 1)) else {
      return makeShelves()
    }
    return shelves.assumingMemoryBound(to: Shelf.self)
  }

  @inline(never) private static func makeShelves() -> UnsafeMutablePointer<Shelf> {
    knownKey.store(UInt(key) + 1, ordering: .releasing)
    let shelves = UnsafeMutablePointer<Shelf>.allocate(capacity: sizeCount)
    shelves.initialize(repeating: Shelf(), count: sizeCount)
    pthread_setspecific(key, shelves)
    return shelves
  }

  /// The thread ends.
  private static func empty(_ raw: UnsafeMutableRawPointer) {
    let shelves = raw.assumingMemoryBound(to: Shelf.self)
    for index in 0..<sizeCount {
      while let block = shelves[index].first {
        shelves[index].first = block.load(as: UnsafeMutableRawPointer?.self)
        free(block)
      }
    }
    shelves.deallocate()
  }
}
