/// A growable run of plain values: what `[Element]` is, without reference counting and uniqueness checks.
///
/// It owns its memory and can't be copied. Every access is checked against `count`. All unsafe storage of the IR is
/// here. Growth doubles; `removeAll` keeps the memory for the next body.
@frozen package struct Column<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>
  package private(set) var capacity: Int
  package private(set) var count: Int

  package init(capacity: Int = 0) {
    self.capacity = capacity
    count = 0
    base = Self.allocate(capacity)
  }

  deinit { free(base) }

  /// Memory held, in bytes.
  package var byteCount: Int { capacity * MemoryLayout<Element>.stride }

  @inlinable package var isEmpty: Bool { count == 0 }

  @inlinable package subscript(index: Int) -> Element {
    @_transparent unsafeAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return UnsafePointer(base + index)
    }
    @_transparent unsafeMutableAddress {
      precondition(UInt(bitPattern: index) < UInt(bitPattern: count))
      return base + index
    }
  }

  /// The last value; the column must not be empty.
  @inlinable package var last: Element {
    get { self[count - 1] }
    set { self[count - 1] = newValue }
  }

  @inlinable package mutating func append(_ value: Element) {
    if count == capacity { grow(to: count + 1) }
    (base + count).initialize(to: value)
    count += 1
  }

  /// Removes and returns the last value; the column must not be empty.
  @inlinable package mutating func popLast() -> Element {
    precondition(count > 0)
    count -= 1
    return base[count]
  }

  @inlinable package mutating func removeLast(_ number: Int) {
    precondition(number <= count)
    count -= number
  }

  @inlinable package mutating func removeAll() { count = 0 }

  /// Drops everything from `newCount` on.
  @inlinable package mutating func truncate(to newCount: Int) {
    precondition(newCount <= count)
    count = newCount
  }

  /// Appends copies of `value` until there are `newCount` values, or drops those beyond.
  @inlinable package mutating func resize(to newCount: Int, filling value: Element) {
    if newCount > capacity { grow(to: newCount) }
    while count < newCount {
      (base + count).initialize(to: value)
      count += 1
    }
    count = newCount
  }

  /// Appends the values of `range` of this same column.
  @inlinable package mutating func appendCopy(of range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    if count + range.count > capacity { grow(to: count + range.count) }
    (base + count).update(from: base + range.lowerBound, count: range.count)
    count += range.count
  }

  @inlinable package mutating func append(contentsOf values: UnsafeBufferPointer<Element>) {
    guard let source = values.baseAddress, values.count > 0 else { return }
    if count + values.count > capacity { grow(to: count + values.count) }
    (base + count).update(from: source, count: values.count)
    count += values.count
  }

  /// Puts `value` before the one at `index`. Linear in what follows it.
  package mutating func insert(_ value: Element, at index: Int) {
    precondition(index <= count)
    append(value)
    var position = count - 1
    while position > index {
      base[position] = base[position - 1]
      position -= 1
    }
    base[index] = value
  }

  @inlinable package func withUnsafeBuffer<Result>(_ body: (UnsafeBufferPointer<Element>) throws -> Result) rethrows
    -> Result
  {
    try body(UnsafeBufferPointer(start: base, count: count))
  }

  @inlinable package mutating func withUnsafeMutableBuffer<Result>(
    _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeMutableBufferPointer(start: base, count: count))
  }

  /// Gives memory beyond `limit` bytes back to the system; what the column held is lost.
  package mutating func releaseMemory(beyond limit: Int) {
    guard byteCount > limit else { return }
    free(base)
    capacity = 0
    count = 0
    base = Self.allocate(0)
  }

  @usableFromInline @inline(never) mutating func grow(to minimum: Int) {
    let newCapacity = max(minimum, capacity < 16 ? 16 : capacity * 2)
    guard let memory = realloc(base, newCapacity * MemoryLayout<Element>.stride) else { outOfMemory() }
    base = memory.assumingMemoryBound(to: Element.self)
    capacity = newCapacity
  }

  private static func allocate(_ capacity: Int) -> UnsafeMutablePointer<Element> {
    guard let memory = malloc(max(capacity, 1) * MemoryLayout<Element>.stride) else { outOfMemory() }
    return memory.assumingMemoryBound(to: Element.self)
  }
}

extension Column where Element: Equatable {
  package func toArray() -> [Element] { withUnsafeBuffer { Array($0) } }
}

/// Ends the process: there is no way on without memory, and no memory to say much.
@usableFromInline package func outOfMemory() -> Never {
  let message: StaticString = "pare: out of memory\n"
  _ = write(2, message.utf8Start, message.utf8CodeUnitCount)
  exit(1)
}
