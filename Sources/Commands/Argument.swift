import Support

/// One word of the command line as the system gave it; a file name need not be UTF-8.
package struct Argument: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  package let bytes: [UInt8]

  package init(bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  package init(stringLiteral value: String) { bytes = Array(value.utf8) }

  package var description: String { String(decoding: bytes, as: UTF8.self) }

  package var path: Path { Path(bytes: bytes) }

  /// Whether the word is an option and no file; `-` alone is standard input or output.
  var isOption: Bool { bytes.first == UInt8(ascii: "-") && bytes.count > 1 }

  /// The parts of `NAME=VALUE`; the whole word and nil if there is no `=`.
  func splitAtEqualSign() -> (name: String, value: Argument?) {
    guard let sign = bytes.firstIndex(of: UInt8(ascii: "=")) else { return (description, nil) }
    return (String(decoding: bytes[..<sign], as: UTF8.self), Argument(bytes: bytes[(sign + 1)...]))
  }

  /// The words that the process was started with, without its own name.
  package static var ofProcess: [Argument] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      guard let word = CommandLine.unsafeArgv[index] else { return nil }
      return Argument(bytes: UnsafeBufferPointer(start: word, count: strlen(word)).map { UInt8(bitPattern: $0) })
    }
  }
}
