/// Reads binary-format primitives from a slice of bytes; the position is always inside it.
///
/// Errors give the offset from the start of the file (`origin` is the file offset of the slice). The reader borrows
/// the memory: whoever makes one keeps the storage alive.
@frozen public struct ByteReader {
  @usableFromInline let base: UnsafePointer<UInt8>
  public let end: Int
  public var position = 0
  /// File offset of position 0.
  public let origin: Int
  public let section: String?

  public init(borrowing bytes: UnsafeBufferPointer<UInt8>, origin: Int = 0, section: String? = nil) {
    base = bytes.baseAddress ?? UnsafePointer(bitPattern: 1)!
    end = bytes.count
    self.origin = origin
    self.section = section
  }

  @inlinable public var isAtEnd: Bool { position >= end }
  @inlinable public var remaining: Int { end - position }

  @inlinable public mutating func readByte() throws -> UInt8 {
    guard position < end else { throw unexpectedEnd() }
    let byte = base[position]
    position += 1
    return byte
  }

  /// The byte `distance` ahead, or nil beyond the end.
  @inlinable public func peekByte(ahead distance: Int = 0) -> UInt8? {
    position + distance < end ? base[position + distance] : nil
  }

  @inlinable public mutating func readU32() throws -> UInt32 {
    if position < end {
      let byte = base[position]
      if byte < 0x80 {
        position += 1
        return UInt32(byte)
      }
    }
    return UInt32(truncatingIfNeeded: try readUnsignedSlow(bits: 32))
  }

  @inlinable public mutating func readU64() throws -> UInt64 {
    if position < end {
      let byte = base[position]
      if byte < 0x80 {
        position += 1
        return UInt64(byte)
      }
    }
    return try readUnsignedSlow(bits: 64)
  }

  @inlinable public mutating func readS32() throws -> Int32 { Int32(truncatingIfNeeded: try readSigned(bits: 32)) }
  @inlinable public mutating func readS33() throws -> Int64 { try readSigned(bits: 33) }
  @inlinable public mutating func readS64() throws -> Int64 { try readSigned(bits: 64) }

  @inlinable mutating func readSigned(bits: Int) throws -> Int64 {
    if position < end {
      let byte = base[position]
      if byte < 0x80 {
        position += 1
        return Int64(Int8(bitPattern: byte << 1) >> 1)
      }
    }
    return try readSignedSlow(bits: bits)
  }

  @usableFromInline @inline(never) mutating func readUnsignedSlow(bits: Int) throws -> UInt64 {
    let start = position
    var result: UInt64 = 0
    var shift = 0
    while true {
      let byte = try readByte()
      let room = bits - shift
      if room < 7 && (byte & 0x7f) >> UInt8(room) != 0 {
        throw error(byte & 0x80 != 0 ? "integer representation too long" : "integer too large", at: start)
      }
      result |= UInt64(byte & 0x7f) << UInt64(shift)
      if byte & 0x80 == 0 { return result }
      shift += 7
      if shift >= bits { throw error("integer representation too long", at: start) }
    }
  }

  @usableFromInline @inline(never) mutating func readSignedSlow(bits: Int) throws -> Int64 {
    let start = position
    var result: Int64 = 0
    var shift = 0
    while true {
      let byte = try readByte()
      let room = bits - shift
      if room < 7 {
        // The bits beyond the type's width must repeat its sign bit.
        if byte & 0x80 != 0 { throw error("integer representation too long", at: start) }
        let extended = Int8(bitPattern: byte << 1) >> 1
        let high = extended >> Int8(room - 1)
        if high != 0 && high != -1 { throw error("integer too large", at: start) }
      }
      result |= Int64(byte & 0x7f) << Int64(shift)
      shift += 7
      if byte & 0x80 == 0 {
        if shift < 64 && byte & 0x40 != 0 { result |= -1 << Int64(shift) }
        return result
      }
      if shift >= bits { throw error("integer representation too long", at: start) }
    }
  }

  /// Reads `byteCount` bytes, at most 8, as a little-endian number.
  @inlinable public mutating func readLittleEndian(byteCount: Int) throws -> UInt64 {
    guard remaining >= byteCount else { throw unexpectedEnd() }
    var result: UInt64 = 0
    for index in 0..<byteCount { result |= UInt64(base[position + index]) << UInt64(8 * index) }
    position += byteCount
    return result
  }

  @inlinable public mutating func skip(_ byteCount: Int) throws {
    guard byteCount >= 0 && byteCount <= remaining else { throw unexpectedEnd() }
    position += byteCount
  }

  /// The memory of `range`; valid as long as the storage is.
  @inlinable public func buffer(_ range: Range<Int>) -> UnsafeBufferPointer<UInt8> {
    precondition(range.lowerBound >= 0 && range.upperBound <= end)
    return UnsafeBufferPointer(start: base + range.lowerBound, count: range.count)
  }

  public mutating func readName() throws -> Name {
    let start = position
    let count = Int(try readU32())
    guard count <= remaining else { throw error("unexpected end: a name of \(count) bytes goes beyond it", at: start) }
    let bytes = Array(buffer(position..<position + count))
    guard let name = Name(validating: bytes) else { throw error("malformed UTF-8 encoding", at: position) }
    position += count
    return name
  }

  /// Reads the length of a vector whose items take `itemSize` bytes at least, so that it can't ask for more memory
  /// than the input could fill.
  public mutating func readCount(of what: String, itemSize: Int = 1) throws -> Int {
    let start = position
    let count = Int(try readU32())
    guard count <= remaining / itemSize else {
      throw error("unexpected end: \(count) \(what) do not fit into the remaining \(remaining) bytes", at: start)
    }
    return count
  }

  public func place(at position: Int) -> WasmError.Place { .binary(offset: origin + position, section: section) }

  public func error(_ message: String, at position: Int? = nil, kind: WasmError.Kind = .malformed) -> WasmError {
    WasmError(kind, message, at: place(at: position ?? self.position))
  }

  @usableFromInline @inline(never) func unexpectedEnd() -> WasmError { error("unexpected end") }
}
