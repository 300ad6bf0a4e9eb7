/// A growable run of plain values: what `[Element]` is, without reference counting and uniqueness checks.
///
/// It owns its memory and can't be copied. Every access is checked against `count`. All unsafe storage of the IR is
/// here. Growth doubles; `removeAll` keeps the memory for the next body.
@frozen public struct Column<Element: BitwiseCopyable>: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<Element>
  @usableFromInline var capacity: Int
  /// Number of values.
  @usableFromInline var size: Int

  @inlinable public var count: Int { size }

  @inlinable public init(capacity: Int = 0) {
    self.capacity = 0
    size = 0
    base = Self.noBase
    if capacity > 0 { grow(to: capacity) }
  }

  @inlinable deinit { if capacity > 0 { BlockCache.give(base, byteCount) } }

  /// Memory held, in bytes.
  @inlinable public var byteCount: Int { capacity &* MemoryLayout<Element>.stride }

  @inlinable public var isEmpty: Bool { count == 0 }

  @inlinable public subscript(index: Int) -> Element {
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
  @inlinable public var last: Element {
    @_transparent unsafeAddress {
      precondition(size > 0)
      return UnsafePointer(base + (size &- 1))
    }
    @_transparent unsafeMutableAddress {
      precondition(size > 0)
      return base + (size &- 1)
    }
  }

  @inlinable public mutating func append(_ value: Element) {
    if count == capacity { grow(to: count + 1) }
    (base + count).initialize(to: value)
    size &+= 1
  }

  /// Removes and returns the last value; the column must not be empty.
  @inlinable public mutating func popLast() -> Element {
    precondition(count > 0)
    size &-= 1
    return base[count]
  }

  @inlinable public mutating func removeLast(_ number: Int) {
    precondition(number <= count)
    size -= number
  }

  @inlinable public mutating func removeAll() { size = 0 }

  /// Drops everything from `newCount` on.
  @inlinable public mutating func truncate(to newCount: Int) {
    precondition(newCount <= count)
    size = newCount
  }

  /// Appends copies of `value` until there are `newCount` values, or drops those beyond.
  @inlinable public mutating func resize(to newCount: Int, filling value: Element) {
    if newCount > capacity { grow(to: newCount) }
    while count < newCount {
      (base + count).initialize(to: value)
      size += 1
    }
    size = newCount
  }

  /// Appends the values of `range` of this same column.
  @inlinable public mutating func appendCopy(of range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= count)
    if count + range.count > capacity { grow(to: count + range.count) }
    (base + count).update(from: base + range.lowerBound, count: range.count)
    size += range.count
  }

  /// Appends the values of `range` of another column, the last one first.
  @inlinable public mutating func appendReversed(_ source: borrowing Column, _ range: Range<Int>) {
    precondition(range.lowerBound >= 0 && range.upperBound <= source.count)
    reserve(range.count)
    var index = range.upperBound
    while index > range.lowerBound {
      index &-= 1
      uncheckedAppend(source.base[index])
    }
  }

  @inlinable public mutating func append(contentsOf values: UnsafeBufferPointer<Element>) {
    guard let source = values.baseAddress, values.count > 0 else { return }
    if count + values.count > capacity { grow(to: count + values.count) }
    (base + count).update(from: source, count: values.count)
    size += values.count
  }

  // MARK: Without checks

  // For loops that most of the time is spent in, where the code beside them shows that nothing can go wrong.

  /// Makes room for so many values more.
  @inlinable @inline(__always) public mutating func reserve(_ number: Int) {
    if capacity &- size < number { grow(to: count + number) }
  }

  /// There must be room: see `reserve`.
  @inlinable @inline(__always) public mutating func uncheckedAppend(_ value: Element) {
    (base + size).initialize(to: value)
    size &+= 1
  }

  /// The last value; the column must not be empty.
  @inlinable public var uncheckedLast: Element {
    @inline(__always) get { base[size &- 1] }
    @inline(__always) set { base[size &- 1] = newValue }
  }

  /// The 32-bit word at `position` of the value at `index`; both must be there.
  @inlinable @inline(__always) public func uncheckedWord(_ position: Int, of index: Int) -> UInt32 {
    UnsafeRawPointer(base + index).load(fromByteOffset: 4 &* position, as: UInt32.self)
  }

  /// The column must have as many values.
  @inlinable @inline(__always) public mutating func uncheckedRemoveLast(_ number: Int) { size &-= number }

  /// Puts `value` before the one at `index`. Linear in what follows it.
  public mutating func insert(_ value: Element, at index: Int) {
    precondition(index <= count)
    append(value)
    var position = count - 1
    while position > index {
      base[position] = base[position - 1]
      position -= 1
    }
    base[index] = value
  }

  @inlinable public func withUnsafeBuffer<Result>(_ body: (UnsafeBufferPointer<Element>) throws -> Result) rethrows
    -> Result
  {
    try body(UnsafeBufferPointer(start: base, count: count))
  }

  @inlinable public mutating func withUnsafeMutableBuffer<Result>(
    _ body: (UnsafeMutableBufferPointer<Element>) throws -> Result
  ) rethrows -> Result {
    try body(UnsafeMutableBufferPointer(start: base, count: count))
  }

  /// Gives memory beyond `limit` bytes back to the system; what the column held is lost.
  public mutating func releaseMemory(beyond limit: Int) {
    guard byteCount > limit else { return }
    BlockCache.give(base, byteCount)
    capacity = 0
    size = 0
    base = Self.noBase
  }

  @inlinable @inline(never) mutating func grow(to minimum: Int) {
    let stride = MemoryLayout<Element>.stride
    let block = BlockCache.grow(base, from: byteCount, to: minimum * stride, using: size &* stride)
    base = block.base.assumingMemoryBound(to: Element.self)
    capacity = block.byteCount / stride
  }

  /// Of a column without memory, which many remain; never read.
  @inlinable static var noBase: UnsafeMutablePointer<Element> {
    UnsafeMutablePointer(bitPattern: MemoryLayout<Element>.alignment).unsafelyUnwrapped
  }
}

extension Column where Element: Comparable {
  /// Sorts ascending; equal values are taken to be the same.
  @inlinable public mutating func sort() {
    var buffer = UnsafeMutableBufferPointer(start: base, count: count)
    buffer.sort()
  }
}

extension Column where Element: Equatable {
  public func toArray() -> [Element] { withUnsafeBuffer { Array($0) } }
}

/// Ends the process: there is no way on without memory, and no memory to say much.
public func outOfMemory() -> Never {
  let message: StaticString = "pare: out of memory\n"
  _ = write(2, message.utf8Start, message.utf8CodeUnitCount)
  exit(1)
}
