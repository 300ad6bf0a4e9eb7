import Support

/// An integer as a text gives it (specification 6.3.1): sign and magnitude, not yet of a type.
struct IntegerLiteral: BitwiseCopyable {
  var hasSign = false
  var isNegative = false
  var magnitude: UInt64 = 0
  /// The magnitude does not fit into 64 bits.
  var isTooLarge = false

  /// Nil if the text is no integer.
  init?(_ text: UnsafeBufferPointer<UInt8>) {
    var cursor = 0
    if let first = text.first, first == Ascii.plus || first == Ascii.minus {
      hasSign = true
      isNegative = first == Ascii.minus
      cursor = 1
    }
    if cursor + 1 < text.count && text[cursor] == UInt8(ascii: "0") && text[cursor + 1] == UInt8(ascii: "x") {
      guard readDigits(of: text, from: cursor + 2, radix: 16) else { return nil }
    } else {
      guard readDigits(of: text, from: cursor, radix: 10) else { return nil }
    }
  }

  private mutating func readDigits(of text: UnsafeBufferPointer<UInt8>, from start: Int, radix: UInt64) -> Bool {
    var cursor = start
    var previousIsDigit = false
    while cursor < text.count {
      let byte = text[cursor]
      cursor += 1
      if byte == Ascii.underscore {
        guard previousIsDigit else { return false }
        previousIsDigit = false
        continue
      }
      guard let digit = Ascii.hexDigit(byte), UInt64(digit) < radix else { return false }
      previousIsDigit = true
      let (product, overflows) = magnitude.multipliedReportingOverflow(by: radix)
      let (sum, carries) = product.addingReportingOverflow(UInt64(digit))
      magnitude = sum
      if overflows || carries { isTooLarge = true }
    }
    return previousIsDigit
  }

  /// The value modulo 2^bits, of a constant that may be given as signed or unsigned; nil if out of range.
  func constant(bits: Int) -> UInt64? {
    guard !isTooLarge else { return nil }
    let mask = bits == 64 ? UInt64.max : (1 << UInt64(bits)) - 1
    if isNegative {
      return magnitude <= 1 << UInt64(bits - 1) ? (0 &- magnitude) & mask : nil
    }
    return magnitude <= mask ? magnitude : nil
  }
}
