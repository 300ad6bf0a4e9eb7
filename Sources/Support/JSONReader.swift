/// Reads JSON (RFC 8259) from the outside in: the caller asks for what it expects, and skips the rest.
///
/// It borrows the bytes, which may be anything. Errors have the offset of what is wrong. Linear; nesting costs no
/// machine stack.
package struct JSONReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  package var position = 0

  package init(borrowing bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  // MARK: Values

  /// Reads an object; `member` has to read or skip the value that belongs to the key.
  package mutating func readObject(_ member: (inout JSONReader, String) throws -> Void) throws {
    try expect("{", "an object")
    if take("}") { return }
    repeat {
      let key = try readString()
      try expect(":", "a colon")
      try member(&self, key)
    } while take(",")
    try expect("}", "a comma or }")
  }

  /// Reads an array; `element` has to read or skip one value.
  package mutating func readArray(_ element: (inout JSONReader) throws -> Void) throws {
    try expect("[", "an array")
    if take("]") { return }
    repeat { try element(&self) } while take(",")
    try expect("]", "a comma or ]")
  }

  /// What is no character (half of a surrogate pair, malformed UTF-8) becomes U+FFFD.
  package mutating func readString() throws -> String { String(decoding: try readStringBytes(), as: UTF8.self) }

  /// The contents of a string, escapes replaced.
  package mutating func readStringBytes() throws -> [UInt8] {
    let range = try skipString()
    let contents = UnsafeBufferPointer(rebasing: bytes[range])
    return contents.contains(UInt8(ascii: "\\")) ? unescaped(contents) : Array(contents)
  }

  /// Moves behind a string; the range is that of its contents, where escapes stay what they are.
  package mutating func skipString() throws -> Range<Int> {
    try expect("\"", "a string")
    let start = position
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return start..<position - 1
      case UInt8(ascii: "\\"): try skipEscape()
      case 0..<0x20: throw error("a control character in a string")
      default: position += 1
      }
    }
    throw error("a string has no end", at: start - 1)
  }

  /// Takes `null` if it comes next.
  package mutating func takeNull() -> Bool { take("null") }

  /// Moves behind any value, and checks that it is one. The range is that of its text.
  @discardableResult
  package mutating func skipValue() throws -> Range<Int> {
    skipSpace()
    let start = position
    var open: [UInt8] = []
    repeat {
      if take("[") {
        if !take("]") {
          open.append(UInt8(ascii: "["))
          continue
        }
      } else if take("{") {
        if !take("}") {
          open.append(UInt8(ascii: "{"))
          try skipKey()
          continue
        }
      } else {
        try skipScalar()
      }
      try closeOrContinue(&open)
    } while !open.isEmpty
    return start..<position
  }

  /// Skips the line `)]}'...` that servers put in front of JSON, so that it can't be run as a script.
  package mutating func skipGuardLine() {
    guard take(")]}") else { return }
    while position < bytes.count && bytes[position] != 0x0a && bytes[position] != 0x0d { position += 1 }
  }

  /// Throws unless nothing but space is left.
  package mutating func expectEnd() throws {
    skipSpace()
    if position < bytes.count { throw error("something follows the end of the JSON text") }
  }

  package func error(_ message: String, at offset: Int? = nil) -> WasmError {
    WasmError(.malformed, message, at: .binary(offset: offset ?? position, section: nil))
  }
}

extension JSONReader {
  fileprivate mutating func skipSpace() {
    while position < bytes.count {
      switch bytes[position] {
      case 0x20, 0x09, 0x0a, 0x0d: position += 1
      default: return
      }
    }
  }

  fileprivate mutating func take(_ text: StaticString) -> Bool {
    skipSpace()
    let count = text.utf8CodeUnitCount
    guard bytes.count - position >= count else { return false }
    for index in 0..<count where bytes[position + index] != text.utf8Start[index] { return false }
    position += count
    return true
  }

  fileprivate mutating func expect(_ text: StaticString, _ what: String) throws {
    if take(text) { return }
    let found = position < bytes.count ? "" : ", found the end"
    throw error("malformed JSON: expected \(what)\(found)")
  }

  fileprivate mutating func skipKey() throws {
    _ = try skipString()
    try expect(":", "a colon")
  }

  /// After a value: closes what it ends, up to where another value follows.
  fileprivate mutating func closeOrContinue(_ open: inout [UInt8]) throws {
    while let innermost = open.last {
      let isObject = innermost == UInt8(ascii: "{")
      if take(",") {
        if isObject { try skipKey() }
        return
      }
      try expect(isObject ? "}" : "]", isObject ? "a comma or }" : "a comma or ]")
      open.removeLast()
    }
  }

  fileprivate mutating func skipScalar() throws {
    skipSpace()
    if position < bytes.count && bytes[position] == UInt8(ascii: "\"") {
      _ = try skipString()
    } else if !take("null") && !take("true") && !take("false") {
      try skipNumber()
    }
  }

  fileprivate mutating func skipNumber() throws {
    let start = position
    _ = takeByte("-")
    let integer = position
    guard skipDigits() > 0, bytes[integer] != UInt8(ascii: "0") || position == integer + 1 else {
      throw error("malformed JSON: expected a value", at: start)
    }
    if takeByte("."), skipDigits() == 0 { throw error("malformed number", at: start) }
    if takeByte("e") || takeByte("E") {
      if !takeByte("+") { _ = takeByte("-") }
      if skipDigits() == 0 { throw error("malformed number", at: start) }
    }
  }

  fileprivate mutating func takeByte(_ scalar: Unicode.Scalar) -> Bool {
    guard position < bytes.count && bytes[position] == UInt8(ascii: scalar) else { return false }
    position += 1
    return true
  }

  fileprivate mutating func skipDigits() -> Int {
    let start = position
    while position < bytes.count && bytes[position] &- 0x30 < 10 { position += 1 }
    return position - start
  }

  // MARK: Escapes

  fileprivate mutating func skipEscape() throws {
    let start = position
    let character = position + 1 < bytes.count ? bytes[position + 1] : 0
    switch Unicode.Scalar(character) {
    case "\"", "\\", "/", "b", "f", "n", "r", "t": position += 2
    case "u" where codeUnit(at: position + 2, in: bytes) != nil: position += 6
    default: throw error("malformed escape in a string", at: start)
    }
  }

  /// The value of four hexadecimal digits.
  fileprivate func codeUnit(at start: Int, in text: UnsafeBufferPointer<UInt8>) -> UInt16? {
    guard start + 4 <= text.count else { return nil }
    var value: UInt16 = 0
    for index in start..<start + 4 {
      guard let digit = Character(Unicode.Scalar(text[index])).hexDigitValue, text[index] < 0x80 else { return nil }
      value = value << 4 | UInt16(digit)
    }
    return value
  }

  /// The contents of a string that has been checked, escapes replaced.
  fileprivate func unescaped(_ contents: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    var result: [UInt8] = []
    var index = 0
    while index < contents.count {
      guard contents[index] == UInt8(ascii: "\\") else {
        result.append(contents[index])
        index += 1
        continue
      }
      var units: [UInt16] = []
      while index + 1 < contents.count, contents[index] == UInt8(ascii: "\\"), contents[index + 1] == UInt8(ascii: "u"),
        let unit = codeUnit(at: index + 2, in: contents)
      {
        units.append(unit)
        index += 6
      }
      if units.isEmpty {
        result.append(escapedByte(contents[index + 1]))
        index += 2
      } else {
        result += Array(String(decoding: units, as: UTF16.self).utf8)
      }
    }
    return result
  }

  fileprivate func escapedByte(_ character: UInt8) -> UInt8 {
    switch Unicode.Scalar(character) {
    case "b": return 0x08
    case "f": return 0x0c
    case "n": return 0x0a
    case "r": return 0x0d
    case "t": return 0x09
    default: return character
    }
  }
}
