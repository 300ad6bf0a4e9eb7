/// Small files by which the system tells about itself, and standard error.
package enum SystemFile {
  /// What the file says, at most 64 kB of it; nil if it can't be read.
  package static func read(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var content = [UInt8](repeating: 0, count: 65536)
    var filled = 0
    while filled < content.count {
      let start = filled
      let got = content.withUnsafeMutableBytes { buffer in
        #if canImport(Glibc)
          Glibc.read(file, buffer.baseAddress! + start, buffer.count - start)
        #elseif canImport(Musl)
          Musl.read(file, buffer.baseAddress! + start, buffer.count - start)
        #else
          Darwin.read(file, buffer.baseAddress! + start, buffer.count - start)
        #endif
      }
      if got < 0 { return nil }
      if got == 0 { break }
      filled += got
    }
    return String(decoding: content[..<filled], as: UTF8.self)
  }

  /// Writes all of `text`, as far as the system takes it.
  package static func writeToStandardError(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { write(2, $0.baseAddress!, $0.count) }
      if written <= 0 { return }
      bytes = bytes.dropFirst(written)
    }
  }

  /// Whether `text` could be written to the file, which must exist.
  package static func put(_ text: String, to path: String) -> Bool {
    let file = open(path, O_WRONLY | O_CLOEXEC)
    guard file >= 0 else { return false }
    defer { close(file) }
    let bytes = Array(text.utf8)
    return write(file, bytes, bytes.count) == bytes.count
  }
}
