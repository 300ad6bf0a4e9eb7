// Numbers as source maps write them (ECMA-426, "VLQ"): base 64 digits, lowest first, of five bits and one that says
// that another digit follows; the lowest bit of all is the sign.

extension Column where Element == UInt8 {
  package mutating func appendVLQ(_ value: Int64) {
    var rest = UInt64(value.magnitude) << 1 | (value < 0 ? 1 : 0)
    repeat {
      let digit = UInt8(truncatingIfNeeded: rest & 0x1f)
      rest >>= 5
      append(base64Character(rest == 0 ? digit : digit | 0x20))
    } while rest > 0
  }
}

/// Reads the number at `position` and moves behind it; nil if there is none, if it is cut off, or if it takes more than
/// 40 bits. `position` is then at the character that is wrong.
package func readVLQ(_ text: UnsafeBufferPointer<UInt8>, at position: inout Int) -> Int64? {
  var value: UInt64 = 0
  var shift: UInt64 = 0
  while position < text.count, let digit = base64Digit(text[position]), shift <= 35 {
    position += 1
    value |= UInt64(digit & 0x1f) << shift
    shift += 5
    if digit & 0x20 == 0 {
      let magnitude = Int64(value >> 1)
      return value & 1 == 0 ? magnitude : -magnitude
    }
  }
  return nil
}

private func base64Character(_ digit: UInt8) -> UInt8 {
  switch digit {
  case 0..<26: return UInt8(ascii: "A") + digit
  case 26..<52: return UInt8(ascii: "a") + digit - 26
  case 52..<62: return UInt8(ascii: "0") + digit - 52
  case 62: return UInt8(ascii: "+")
  default: return UInt8(ascii: "/")
  }
}

private func base64Digit(_ character: UInt8) -> UInt8? {
  switch character {
  case UInt8(ascii: "A")...UInt8(ascii: "Z"): return character - UInt8(ascii: "A")
  case UInt8(ascii: "a")...UInt8(ascii: "z"): return character - UInt8(ascii: "a") + 26
  case UInt8(ascii: "0")...UInt8(ascii: "9"): return character - UInt8(ascii: "0") + 52
  case UInt8(ascii: "+"): return 62
  case UInt8(ascii: "/"): return 63
  default: return nil
  }
}
