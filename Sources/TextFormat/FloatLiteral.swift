import Support

/// The binary formats of floating-point constants.
struct FloatFormat: BitwiseCopyable {
  /// Bits of the significand with the implicit one.
  let precision: Int
  let exponentBits: Int

  static let f32 = FloatFormat(precision: 24, exponentBits: 8)
  static let f64 = FloatFormat(precision: 53, exponentBits: 11)

  var signBit: UInt64 { 1 << UInt64(precision - 1 + exponentBits) }
  var infinity: UInt64 { ((1 << UInt64(exponentBits)) - 1) << UInt64(precision - 1) }
  var quietBit: UInt64 { 1 << UInt64(precision - 2) }
  var smallestNormalExponent: Int { 2 - (1 << (exponentBits - 1)) }
}

/// What a text says as a floating-point constant (specification 6.3.2).
enum FloatLiteral {
  case bits(UInt64)
  /// Well-formed, but rounds to infinity, or a NaN payload that does not fit.
  case outOfRange
  case malformed

  init(_ text: UnsafeBufferPointer<UInt8>, format: FloatFormat) {
    var cursor = 0
    var sign: UInt64 = 0
    if let first = text.first, first == Ascii.plus || first == Ascii.minus {
      sign = first == Ascii.minus ? format.signBit : 0
      cursor = 1
    }
    let rest = UnsafeBufferPointer(rebasing: text[cursor...])
    if rest.elementsEqual("inf".utf8) {
      self = .bits(sign | format.infinity)
    } else if rest.elementsEqual("nan".utf8) {
      self = .bits(sign | format.infinity | format.quietBit)
    } else if rest.starts(with: "nan:".utf8) {
      self = FloatLiteral(payload: UnsafeBufferPointer(rebasing: rest[4...]), sign: sign, format: format)
    } else if rest.starts(with: "0x".utf8) {
      self = FloatLiteral(hexadecimal: UnsafeBufferPointer(rebasing: rest[2...]), sign: sign, format: format)
    } else {
      self = FloatLiteral(decimal: rest, sign: sign, format: format)
    }
  }

  private init(payload text: UnsafeBufferPointer<UInt8>, sign: UInt64, format: FloatFormat) {
    guard text.starts(with: "0x".utf8), let literal = IntegerLiteral(text) else {
      self = .malformed
      return
    }
    let isInRange = !literal.isTooLarge && literal.magnitude > 0 && literal.magnitude < format.quietBit << 1
    self = isInRange ? .bits(sign | format.infinity | literal.magnitude) : .outOfRange
  }
}

// MARK: Decimal

extension FloatLiteral {
  /// Checks the grammar and leaves the rounding to `strtof` and `strtod`, which round correctly.
  private init(decimal text: UnsafeBufferPointer<UInt8>, sign: UInt64, format: FloatFormat) {
    guard FloatLiteral.isDecimal(text) else {
      self = .malformed
      return
    }
    let bits = withUnsafeTemporaryAllocation(of: CChar.self, capacity: text.count + 1) { buffer -> UInt64 in
      var count = 0
      for byte in text where byte != Ascii.underscore {
        buffer[count] = CChar(bitPattern: byte)
        count += 1
      }
      buffer[count] = 0
      let start = UnsafePointer(buffer.baseAddress!)
      return format.precision == 24 ? UInt64(strtof(start, nil).bitPattern) : strtod(start, nil).bitPattern
    }
    self = bits >= format.infinity ? .outOfRange : .bits(sign | bits)
  }

  /// digits, then optionally a point and perhaps digits, then optionally an exponent.
  private static func isDecimal(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
    var cursor = 0
    guard skipDigits(text, &cursor) else { return false }
    if cursor < text.count && text[cursor] == Ascii.dot {
      cursor += 1
      if cursor < text.count && Ascii.isDigit(text[cursor]) {
        guard skipDigits(text, &cursor) else { return false }
      }
    }
    if cursor < text.count && (text[cursor] == UInt8(ascii: "e") || text[cursor] == UInt8(ascii: "E")) {
      cursor += 1
      if cursor < text.count && (text[cursor] == Ascii.plus || text[cursor] == Ascii.minus) { cursor += 1 }
      guard skipDigits(text, &cursor) else { return false }
    }
    return cursor == text.count
  }

  /// Moves over digits with single underscores between them; false if there are none or an underscore is misplaced.
  private static func skipDigits(_ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int) -> Bool {
    var previousIsDigit = false
    while cursor < text.count {
      if Ascii.isDigit(text[cursor]) {
        previousIsDigit = true
      } else if text[cursor] == Ascii.underscore && previousIsDigit {
        previousIsDigit = false
      } else {
        break
      }
      cursor += 1
    }
    return previousIsDigit
  }
}

// MARK: Hexadecimal

extension FloatLiteral {
  /// Rounded here, exactly and once: the first 60 bits and more of the significand, and whether anything follows them.
  private init(hexadecimal text: UnsafeBufferPointer<UInt8>, sign: UInt64, format: FloatFormat) {
    var number = HexadecimalNumber()
    var cursor = 0
    guard number.readDigits(text, &cursor, isFraction: false) else {
      self = .malformed
      return
    }
    if cursor < text.count && text[cursor] == Ascii.dot {
      cursor += 1
      if cursor < text.count && Ascii.hexDigit(text[cursor]) != nil {
        guard number.readDigits(text, &cursor, isFraction: true) else {
          self = .malformed
          return
        }
      }
    }
    guard number.readExponent(text, &cursor), cursor == text.count else {
      self = .malformed
      return
    }
    let bits = number.rounded(to: format)
    self = bits >= format.infinity ? .outOfRange : .bits(sign | bits)
  }
}

/// significand * 2^exponent, and a little more than that if `isSticky`.
private struct HexadecimalNumber {
  var significand: UInt64 = 0
  var exponent = 0
  var isSticky = false

  mutating func readDigits(_ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int, isFraction: Bool) -> Bool {
    var previousIsDigit = false
    while cursor < text.count {
      if let digit = Ascii.hexDigit(text[cursor]) {
        previousIsDigit = true
        if significand >> 60 == 0 {
          significand = significand << 4 | UInt64(digit)
          if isFraction { exponent -= 4 }
        } else {
          isSticky = isSticky || digit != 0
          if !isFraction { exponent += 4 }
        }
      } else if text[cursor] == Ascii.underscore && previousIsDigit {
        previousIsDigit = false
      } else {
        break
      }
      cursor += 1
    }
    return previousIsDigit
  }

  mutating func readExponent(_ text: UnsafeBufferPointer<UInt8>, _ cursor: inout Int) -> Bool {
    guard cursor < text.count else { return true }
    guard text[cursor] == UInt8(ascii: "p") || text[cursor] == UInt8(ascii: "P") else { return false }
    cursor += 1
    guard cursor < text.count, let literal = IntegerLiteral(UnsafeBufferPointer(rebasing: text[cursor...])),
      !text[cursor...].contains(UInt8(ascii: "x"))
    else { return false }
    cursor = text.count
    // Far beyond what digits of any text in memory could balance.
    let limit = UInt64(1) << 50
    let magnitude = Int(literal.isTooLarge ? limit : min(literal.magnitude, limit))
    exponent += literal.isNegative ? -magnitude : magnitude
    return true
  }

  /// The bits of the nearest number of the format, ties to even; infinity if beyond its range.
  func rounded(to format: FloatFormat) -> UInt64 {
    guard significand != 0 else { return 0 }
    let shift = significand.leadingZeroBitCount
    let normalized = significand << UInt64(shift)
    let scale = exponent - shift + 63  // the value is between 2^scale and 2^(scale + 1)
    let smallest = format.smallestNormalExponent
    if scale > 1 - smallest { return format.infinity }
    let dropped = 64 - format.precision + max(0, smallest - scale)
    if dropped > 64 { return 0 }
    var kept = dropped == 64 ? 0 : normalized >> UInt64(dropped)
    let half: UInt64 = 1 << UInt64(dropped - 1)
    let rest = dropped == 64 ? normalized : normalized & ((1 << UInt64(dropped)) - 1)
    if rest > half || rest == half && (isSticky || kept & 1 != 0) { kept += 1 }
    // The implicit one adds itself to the exponent, and so does a carry out of the significand.
    return scale < smallest ? kept : UInt64(scale - smallest) << UInt64(format.precision - 1) + kept
  }
}
