/// A name of the module's text or binary form: valid UTF-8, compared byte by byte.
///
/// `String` would not do: it holds two names equal that differ in bytes but are canonically equivalent.
package struct Name: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  package let utf8: [UInt8]

  /// Nil if the bytes are not valid UTF-8.
  package init?(validating bytes: [UInt8]) {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    utf8 = bytes
  }

  package init(_ string: String) { utf8 = Array(string.utf8) }

  package init(stringLiteral value: String) { self.init(value) }

  package var description: String { String(decoding: utf8, as: UTF8.self) }
}

extension Name: Comparable {
  package static func < (left: Name, right: Name) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}
