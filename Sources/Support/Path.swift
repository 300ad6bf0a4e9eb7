/// The name of a file as the system has it: bytes, which are not always UTF-8.
package struct Path: Hashable, Sendable, CustomStringConvertible, ExpressibleByStringLiteral {
  package let bytes: [UInt8]

  package init(bytes: [UInt8]) { self.bytes = bytes }

  package init(_ string: String) { bytes = Array(string.utf8) }

  package init(stringLiteral value: String) { self.init(value) }

  package var description: String { String(decoding: bytes, as: UTF8.self) }

  /// Whether the name stands for standard input or standard output.
  package var isStandardStream: Bool { bytes == [UInt8(ascii: "-")] }

  /// What the name says before its last slash, with the slash; empty if there is none.
  package var directoryPrefix: ArraySlice<UInt8> {
    bytes.prefix((bytes.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)
  }

  /// The directory that the file is in.
  package var directory: Path { directoryPrefix.isEmpty ? "." : Path(bytes: Array(directoryPrefix)) }

  /// What the name says after its last slash.
  package var lastComponent: ArraySlice<UInt8> { bytes.dropFirst(directoryPrefix.count) }

  /// The file called `name` beside this one.
  package func sibling(_ name: some Sequence<UInt8>) -> Path { Path(bytes: Array(directoryPrefix) + Array(name)) }

  package func withCString<Result>(_ body: (UnsafePointer<CChar>) throws -> Result) rethrows -> Result {
    let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    return try terminated.withUnsafeBufferPointer { try body($0.baseAddress!) }
  }

  /// The file that the name leads to when symbolic links are followed; that file need not exist. Throws if links go
  /// in a circle.
  package func followingLinks() throws -> Path {
    var path = self
    for _ in 0..<40 {
      var buffer = [UInt8](repeating: 0, count: 4096)
      let count = path.withCString { name in
        buffer.withUnsafeMutableBytes { readlink(name, $0.baseAddress!.assumingMemoryBound(to: CChar.self), $0.count) }
      }
      guard count > 0 && count < buffer.count else { return path }
      let link = buffer[..<count]
      path = link.first == UInt8(ascii: "/") ? Path(bytes: Array(link)) : path.sibling(link)
    }
    throw systemError("cannot follow the symbolic links", code: ELOOP)
  }
}

/// The error of a system call that has just failed.
package func systemError(_ action: String, code: Int32 = errno) -> WasmError {
  WasmError(.request, "\(action): \(String(cString: strerror(code)))")
}
