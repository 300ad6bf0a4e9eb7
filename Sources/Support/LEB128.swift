// LEB128 as the binary format uses it (specification 5.2.2): always the shortest form when written.

extension Column where Element == UInt8 {
  @inlinable public mutating func appendUnsigned(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest))
  }

  @inlinable public mutating func appendUnsigned(_ value: UInt32) { appendUnsigned(UInt64(value)) }
  @inlinable public mutating func appendUnsigned(_ value: Int) { appendUnsigned(UInt64(value)) }

  @inlinable public mutating func appendSigned(_ value: Int64) {
    var rest = value
    while rest < -64 || rest > 63 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest) & 0x7f)
  }

  /// Appends the lowest `byteCount` bytes of `bits`, little endian.
  @inlinable public mutating func appendLittleEndian(_ bits: UInt64, byteCount: Int) {
    for index in 0..<byteCount { append(UInt8(truncatingIfNeeded: bits >> (8 * UInt64(index)))) }
  }

  /// Appends a length-prefixed name.
  public mutating func append(_ name: Name) {
    appendUnsigned(name.utf8.count)
    name.utf8.withUnsafeBufferPointer { append(contentsOf: $0) }
  }

  public mutating func append(_ bytes: Bytes) { bytes.withUnsafeBytes { append(contentsOf: $0) } }
}

/// The number of bytes of `value` as unsigned LEB128.
@inlinable public func unsignedLEBSize(_ value: UInt64) -> Int {
  value < 0x80 ? 1 : (70 - value.leadingZeroBitCount) / 7
}

/// The number of bytes of `value` as signed LEB128: seven bits each, one of all for the sign.
@inlinable public func signedLEBSize(_ value: Int64) -> Int {
  let magnitude = value < 0 ? ~value : value
  return (71 - magnitude.leadingZeroBitCount) / 7
}
