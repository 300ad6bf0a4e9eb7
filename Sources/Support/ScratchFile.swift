/// A file for a process that we start: in the directory for such files, with a name of its own, and gone when this
/// object is, or when the process is interrupted.
package final class ScratchFile {
  package let path: Path
  private let registration: UInt

  /// - Parameter suffix: how the name ends, with its dot.
  package init(suffix: String) throws {
    let directory = getenv("TMPDIR").map { String(cString: $0) } ?? ""
    var template = Array("\(directory.isEmpty ? "/tmp" : directory)/pare-XXXXXX\(suffix)".utf8CString)
    let descriptor = mkstemps(&template, Int32(suffix.utf8.count))
    guard descriptor >= 0 else { throw systemError("cannot make a temporary file") }
    close(descriptor)
    path = Path(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
    registration = removeOnInterruption(path)
  }

  deinit {
    path.withCString { _ = unlink($0) }
    forgetInterruption(registration)
  }

  /// Gives the file other contents; makes it again if someone removed it.
  package func write(_ bytes: Bytes) throws {
    let descriptor = path.withCString { open($0, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
    guard descriptor >= 0 else { throw systemError("cannot write \(path)") }
    defer { close(descriptor) }
    try bytes.withUnsafeBytes { try writeAll($0, to: descriptor) }
  }
}
