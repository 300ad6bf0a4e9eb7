import Support

// Tokens of the text format (specification 6.3), written.

extension Column where Element == UInt8 {
  @inline(__always)
  package mutating func appendText(_ text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package mutating func appendText(_ text: String) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }

  /// Ends the line and begins the next with `indentation` spaces, at most `lineIndentationLimit`.
  @inline(__always)
  package mutating func appendNewline(indentation: Int) {
    let spaces: StaticString =
      "\n                                                                                                    "
    append(
      contentsOf: UnsafeBufferPointer(start: spaces.utf8Start, count: 1 + min(indentation, lineIndentationLimit)))
  }

  // MARK: Numbers

  package mutating func appendDecimal(_ value: UInt64) {
    if value < 10 {
      append(UInt8(truncatingIfNeeded: value) + 0x30)
      return
    }
    var digits: InlineArray<20, UInt8> = .init(repeating: 0)
    var position = 20
    var rest = value
    while rest > 0 {
      position -= 1
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      digits[position] = UInt8(truncatingIfNeeded: digit) + 0x30
      rest = quotient
    }
    for index in position..<20 { append(digits[index]) }
  }

  @inline(__always)
  package mutating func appendDecimal(_ value: UInt32) { appendDecimal(UInt64(value)) }

  package mutating func appendDecimal(_ value: Int64) {
    if value < 0 { append(0x2d) }
    appendDecimal(value.magnitude)
  }

  /// Appends the lowest `digitCount` hexadecimal digits, without `0x`.
  package mutating func appendHex(_ value: UInt64, digitCount: Int) {
    for position in (0..<digitCount).reversed() {
      let digit = UInt8(truncatingIfNeeded: value >> UInt64(4 * position)) & 0xf
      append(digit < 10 ? 0x30 + digit : 0x57 + digit)
    }
  }

  /// Appends the f32 with these bits: the shortest decimal that reads back as the same number; a NaN with its payload.
  package mutating func appendF32(bits: UInt32) {
    let value = Float(bitPattern: bits)
    if value.isFinite {
      appendText(value.description)
    } else {
      appendNonFinite(
        isNegative: bits >> 31 != 0, fraction: UInt64(bits & 0x7f_ffff), canonicalFraction: 1 << 22)
    }
  }

  /// Appends the f64 with these bits, as `appendF32` does.
  package mutating func appendF64(bits: UInt64) {
    let value = Double(bitPattern: bits)
    if value.isFinite {
      appendText(value.description)
    } else {
      appendNonFinite(
        isNegative: bits >> 63 != 0, fraction: bits & 0xf_ffff_ffff_ffff, canonicalFraction: 1 << 51)
    }
  }

  private mutating func appendNonFinite(isNegative: Bool, fraction: UInt64, canonicalFraction: UInt64) {
    if isNegative { append(0x2d) }
    switch fraction {
    case 0: appendText("inf")
    case canonicalFraction: appendText("nan")
    default:
      appendText("nan:0x")
      appendHex(fraction, digitCount: (67 - fraction.leadingZeroBitCount) / 4)
    }
  }

  // MARK: Names and strings

  /// Appends a name as a string: characters as they are, but for quotes, backslashes, controls and those that change
  /// the direction of the text around them, which some tools refuse.
  package mutating func appendQuoted(_ name: Name) {
    let bytes = name.utf8
    append(0x22)
    var directionEnd = 0
    for (index, byte) in bytes.enumerated() {
      if byte == 0xe2 && isDirectionControl(bytes[index + 1], bytes[index + 2]) { directionEnd = index + 3 }
      appendStringByte(byte, isEscaped: byte < 0x20 || byte == 0x7f || index < directionEnd)
    }
    append(0x22)
  }

  /// Appends bytes as a string literal, all but printable ASCII escaped.
  package mutating func appendQuoted(_ bytes: UnsafeBufferPointer<UInt8>) {
    append(0x22)
    for byte in bytes { appendStringByte(byte, isEscaped: byte < 0x20 || byte >= 0x7f) }
    append(0x22)
  }

  @inline(__always)
  package mutating func appendStringByte(_ byte: UInt8, isEscaped: Bool) {
    if isEscaped || byte == 0x22 || byte == 0x5c {
      append(0x5c)
      appendHex(UInt64(byte), digitCount: 2)
    } else {
      append(byte)
    }
  }

  /// Appends `$name`, quoted if some of its characters may not stand in an identifier.
  package mutating func appendIdentifier(_ name: Name) {
    append(0x24)
    if name.utf8.allSatisfy(isIdentifierCharacter) {
      name.utf8.withUnsafeBufferPointer { append(contentsOf: $0) }
    } else {
      appendQuoted(name)
    }
  }
}

/// The most spaces at the beginning of a line: what nests deeper is no longer told apart, so that the text of a deep
/// nest stays linear in its size.
package let lineIndentationLimit = 100

/// Whether the character whose UTF-8 form is 0xe2 and these bytes is one of U+202A to U+202E and U+2066 to U+206F.
private func isDirectionControl(_ second: UInt8, _ third: UInt8) -> Bool {
  second == 0x80 && (0xaa...0xae).contains(third) || second == 0x81 && (0xa6...0xaf).contains(third)
}

/// Whether a byte is an identifier character (specification 6.3.5).
private func isIdentifierCharacter(_ byte: UInt8) -> Bool {
  switch byte {
  case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: return true  // 0-9 A-Z a-z
  case 0x22, 0x28, 0x29, 0x2c, 0x3b, 0x5b, 0x5d, 0x7b, 0x7d: return false  // " ( ) , ; [ ] { }
  default: return byte > 0x20 && byte < 0x7f
  }
}
