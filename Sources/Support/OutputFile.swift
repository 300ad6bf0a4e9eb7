/// A file being written that replaces what is at its path only when all of it is there.
///
/// Until `commit` the bytes are in a temporary file beside the target, which goes away if anything fails or the
/// process is interrupted; then the temporary takes the target's name. Symbolic links are followed. Pipes, devices and
/// standard output (`-`) are written directly.
package final class OutputFile {
  private var descriptor: Int32
  /// The file that gets its name from `target` at `commit`; nil if the target is written directly.
  private var temporary: TemporaryFile?
  private let target: Path
  private var isStandardOutput: Bool { descriptor == STDOUT_FILENO }

  /// Throws a `WasmError` without the name of the file, as all functions here do.
  package init(_ path: Path) throws {
    if path.isStandardStream {
      descriptor = STDOUT_FILENO
      target = path
      return
    }
    target = try path.followingLinks()
    var status = stat()
    let exists = target.withCString { stat($0, &status) } == 0
    let kind = status.st_mode & S_IFMT
    if exists && kind == S_IFDIR { throw systemError("cannot write", code: EISDIR) }
    if exists && kind != S_IFREG {
      descriptor = target.withCString { open($0, O_WRONLY | O_CLOEXEC) }
      guard descriptor >= 0 else { throw systemError("cannot write") }
      return
    }
    if exists && target.withCString({ access($0, W_OK) }) != 0 { throw systemError("cannot write") }
    let temporary = try TemporaryFile(beside: target)
    self.temporary = temporary
    descriptor = temporary.descriptor
    if exists { try keepOwnerAndMode(of: status) }
  }

  deinit {
    if isStandardOutput { return }
    if descriptor >= 0 { close(descriptor) }
    temporary?.remove()
  }

  package var isTerminal: Bool { isatty(descriptor) == 1 }

  package func write(_ bytes: UnsafeBufferPointer<UInt8>) throws { try writeAll(bytes, to: descriptor) }

  package func write(_ bytes: Bytes) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Ends the file and puts it in its place.
  package func commit() throws {
    if isStandardOutput { return }
    let closed = close(descriptor)
    descriptor = -1
    guard closed == 0 else { throw systemError("cannot write") }
    try temporary?.move(to: target)
    temporary = nil
  }

  /// The owner matters when one user, say root, writes over another's file; not being allowed to is no failure.
  private func keepOwnerAndMode(of status: stat) throws {
    _ = fchown(descriptor, status.st_uid, status.st_gid)
    guard fchmod(descriptor, status.st_mode & 0o7777) == 0 else { throw systemError("cannot write") }
  }
}

extension OutputFile {
  /// Writes a whole file at once.
  package static func write(_ bytes: Bytes, to path: Path) throws {
    let file = try OutputFile(path)
    try file.write(bytes)
    try file.commit()
  }
}

/// Writes all bytes, however many calls that takes.
package func writeAll(_ bytes: UnsafeBufferPointer<UInt8>, to descriptor: Int32) throws {
  var position = 0
  while position < bytes.count {
    let number = write(descriptor, bytes.baseAddress! + position, min(bytes.count - position, 1 << 30))
    if number >= 0 {
      position += number
    } else if errno == EAGAIN {
      var request = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      poll(&request, 1, -1)
    } else if errno != EINTR {
      throw systemError("cannot write")
    }
  }
}
