/// A name of the module's text or binary form: valid UTF-8, compared byte by byte.
///
/// `String` would not do: it holds two names equal that differ in bytes but are canonically equivalent.
public struct Name: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  public let utf8: [UInt8]

  /// Nil if the bytes are not valid UTF-8.
  public init?(validating bytes: [UInt8]) {
    guard String(validating: bytes, as: UTF8.self) != nil else { return nil }
    utf8 = bytes
  }

  public init(_ string: String) { utf8 = Array(string.utf8) }

  public init(stringLiteral value: String) { self.init(value) }

  public var description: String { String(decoding: utf8, as: UTF8.self) }
}

extension Name: Comparable {
  public static func < (left: Name, right: Name) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }
}
