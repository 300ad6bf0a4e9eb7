/// A file being written that replaces what is at its path only when all of it is there.
///
/// Until `commit` the bytes are in a temporary file beside the target, which goes away if anything fails or the
/// process is interrupted; then the temporary takes the target's name. Symbolic links are followed. Pipes and devices
/// are written directly.
package final class OutputFile {
  private let target: Path
  /// What `stat` says of the target, if it is there.
  private let status: stat?
  /// Nil until the first byte of a temporary file.
  private var descriptor: Int32?
  /// The file that gets its name from `target` at `commit`; nil if the target is written directly.
  private var temporary: TemporaryFile?

  /// Checks that the file can be written, as far as one can tell. Throws a `WasmError` without the name of the file,
  /// as all functions here do.
  package init(_ path: Path) throws {
    target = try path.followingLinks()
    var status = stat()
    guard target.withCString({ stat($0, &status) }) == 0 else {
      self.status = nil
      try checkDirectory()
      return
    }
    self.status = status
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw systemError("cannot write", code: EISDIR)
    case S_IFREG:
      guard target.withCString({ access($0, W_OK) }) == 0 else { throw systemError("cannot write") }
      try checkDirectory()
    default:
      let descriptor = target.withCString { open($0, O_WRONLY | O_CLOEXEC) }
      guard descriptor >= 0 else { throw systemError("cannot write") }
      self.descriptor = descriptor
    }
  }

  deinit {
    if let descriptor { close(descriptor) }
    temporary?.remove()
  }

  package var isTerminal: Bool { descriptor.map { isatty($0) == 1 } ?? false }

  package func write(_ bytes: UnsafeBufferPointer<UInt8>) throws { try writeAll(bytes, to: openDescriptor()) }

  package func write(_ bytes: Bytes) throws { try bytes.withUnsafeBytes { try write($0) } }

  /// Ends the file and puts it in its place.
  package func commit() throws {
    let closed = close(try openDescriptor())
    descriptor = nil
    guard closed == 0 else { throw systemError("cannot write") }
    try temporary?.move(to: target)
    temporary = nil
  }

  private func checkDirectory() throws {
    guard target.directory.withCString({ access($0, W_OK | X_OK) }) == 0 else { throw systemError("cannot write") }
  }

  private func openDescriptor() throws -> Int32 {
    if let descriptor { return descriptor }
    let temporary = try TemporaryFile(beside: target)
    self.temporary = temporary
    descriptor = temporary.descriptor
    if let status {
      // The owner matters when one user, say root, writes over another's file; not being allowed to is no failure.
      _ = fchown(temporary.descriptor, status.st_uid, status.st_gid)
      guard fchmod(temporary.descriptor, status.st_mode & 0o7777) == 0 else { throw systemError("cannot write") }
    }
    return temporary.descriptor
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
