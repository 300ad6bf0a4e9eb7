import Support

/// The line and column (both from 1, the column in characters) of a byte of a text.
///
/// LF, CR and CR LF end a line (specification 6.3.3). Linear in `offset`: meant for errors.
func textPlace(of offset: Int, in text: UnsafeBufferPointer<UInt8>) -> WasmError.Place {
  let (lines, lineStart) = countLines(in: text, before: offset)
  var column = 1
  for index in lineStart..<max(lineStart, min(offset, text.count)) where text[index] & 0xc0 != 0x80 { column += 1 }
  return .text(line: lines + 1, column: column)
}

/// The number of line ends before `offset`, and where the line of `offset` starts.
func countLines(in text: UnsafeBufferPointer<UInt8>, from start: Int = 0, before offset: Int) -> (Int, Int) {
  var lines = 0
  var lineStart = start
  for index in start..<max(start, min(offset, text.count)) {
    let byte = text[index]
    if byte == Ascii.lineFeed
      || byte == Ascii.carriageReturn && (index + 1 >= text.count || text[index + 1] != Ascii.lineFeed)
    {
      lines += 1
      lineStart = index + 1
    }
  }
  return (lines, lineStart)
}

/// The offset of the first byte that is not part of a valid UTF-8 sequence, or nil.
func firstMalformedUTF8(in text: UnsafeBufferPointer<UInt8>) -> Int? {
  var position = 0
  while position < text.count {
    if text[position] < 0x80 {
      position += 1
      while position + 8 <= text.count, isASCII(text, at: position) { position += 8 }
      continue
    }
    guard let length = sequenceLength(in: text, at: position) else { return position }
    position += length
  }
  return nil
}

private func isASCII(_ text: UnsafeBufferPointer<UInt8>, at position: Int) -> Bool {
  let word = UnsafeRawPointer(text.baseAddress! + position).loadUnaligned(as: UInt64.self)
  return word & 0x8080_8080_8080_8080 == 0
}

/// The length of the sequence of two to four bytes at `position`, or nil if it is malformed.
private func sequenceLength(in text: UnsafeBufferPointer<UInt8>, at position: Int) -> Int? {
  let first = text[position]
  let length: Int
  var second: ClosedRange<UInt8> = 0x80...0xbf
  switch first {
  case 0xc2...0xdf: length = 2
  case 0xe0: (length, second) = (3, 0xa0...0xbf)  // no overlong forms
  case 0xed: (length, second) = (3, 0x80...0x9f)  // no surrogates
  case 0xe1...0xef: length = 3
  case 0xf0: (length, second) = (4, 0x90...0xbf)
  case 0xf4: (length, second) = (4, 0x80...0x8f)  // not above U+10FFFF
  case 0xf1...0xf3: length = 4
  default: return nil
  }
  guard position + length <= text.count, second.contains(text[position + 1]) else { return nil }
  for index in 2..<max(2, length) where text[position + index] & 0xc0 != 0x80 { return nil }
  return length
}

/// Bytes that the grammar names.
enum Ascii {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0a
  static let carriageReturn: UInt8 = 0x0d
  static let space: UInt8 = 0x20
  static let quote = UInt8(ascii: "\"")
  static let dollar = UInt8(ascii: "$")
  static let leftParen = UInt8(ascii: "(")
  static let rightParen = UInt8(ascii: ")")
  static let plus = UInt8(ascii: "+")
  static let minus = UInt8(ascii: "-")
  static let dot = UInt8(ascii: ".")
  static let semicolon = UInt8(ascii: ";")
  static let at = UInt8(ascii: "@")
  static let backslash = UInt8(ascii: "\\")
  static let underscore = UInt8(ascii: "_")

  /// The value of a hexadecimal digit, or nil.
  @inline(__always) static func hexDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): return byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): return byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): return byte - UInt8(ascii: "A") + 10
    default: return nil
    }
  }

  @inline(__always) static func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }
  @inline(__always) static func isLowercase(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "a") < 26 }
}
