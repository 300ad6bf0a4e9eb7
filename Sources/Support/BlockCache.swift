/// Memory for columns. Small blocks that are given back wait for the next column, by thread, so that no thread waits.
///
/// A pass makes a dozen columns for each body, and most bodies are small: with `malloc` alone that took a twentieth of
/// a run's time.
enum BlockCache {
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

  /// The size of the block that a request gets, in bytes.
  static func size(for byteCount: Int) -> Int { byteCount > largest ? byteCount : 1 << shift(for: byteCount) }

  private static func shift(for byteCount: Int) -> Int {
    max(smallestShift, Int.bitWidth - (byteCount - 1).leadingZeroBitCount)
  }

  /// A block of `size(for: byteCount)` bytes; there must be one byte at least. Ends the process if there is no memory.
  static func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
    if byteCount <= largest {
      let shelf = shelves + (shift(for: byteCount) - smallestShift)
      if let block = shelf.pointee.first {
        shelf.pointee.first = block.load(as: UnsafeMutableRawPointer?.self)
        shelf.pointee.count -= 1
        return block
      }
    }
    guard let block = malloc(size(for: byteCount)) else { outOfMemory() }
    return block
  }

  /// Gives a block back that was taken for so many bytes, or for as many as it has.
  static func give(_ block: UnsafeMutableRawPointer, _ byteCount: Int) {
    if byteCount > largest { return free(block) }
    let shelf = shelves + (shift(for: byteCount) - smallestShift)
    if shelf.pointee.count == keptCount { return free(block) }
    block.storeBytes(of: shelf.pointee.first, as: UnsafeMutableRawPointer?.self)
    shelf.pointee.first = block
    shelf.pointee.count += 1
  }

  /// A block of `newCount` bytes that begins with the `usedCount` first bytes of one of `oldCount` bytes.
  static func grow(
    _ block: UnsafeMutableRawPointer, from oldCount: Int, to newCount: Int, using usedCount: Int
  ) -> UnsafeMutableRawPointer {
    if oldCount > largest {
      guard let grown = realloc(block, newCount) else { outOfMemory() }
      return grown
    }
    let grown = take(newCount)
    // What a column has as its address while it has no memory is not read.
    if oldCount > 0 {
      grown.copyMemory(from: block, byteCount: usedCount)
      give(block, oldCount)
    }
    return grown
  }

  private static var shelves: UnsafeMutablePointer<Shelf> {
    guard let shelves = pthread_getspecific(key) else { return makeShelves() }
    return shelves.assumingMemoryBound(to: Shelf.self)
  }

  @inline(never) private static func makeShelves() -> UnsafeMutablePointer<Shelf> {
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
