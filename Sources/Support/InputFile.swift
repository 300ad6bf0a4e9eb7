/// Reads whole files.
package enum InputFile {
  /// The most that is taken from a pipe or device, in bytes; no module can be larger.
  static let streamLimit = 1 << 32

  /// The bytes of a file, or of standard input if the name is `-`.
  ///
  /// A regular file is mapped, so that its pages are the system's to drop and to bring back. All else is read to its
  /// end. Throws a `WasmError` without the name of the file.
  package static func read(_ path: Path) throws -> Bytes {
    if path.isStandardStream { return try readStream(STDIN_FILENO) }
    let descriptor = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw systemError("cannot open") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw systemError("cannot open") }
    if status.st_mode & S_IFMT == S_IFDIR { throw systemError("cannot read", code: EISDIR) }
    if status.st_mode & S_IFMT == S_IFREG, let bytes = map(descriptor, count: Int(status.st_size)) { return bytes }
    return try readStream(descriptor)
  }

  /// Nil if the file can't be mapped: it is empty, or of a file system that does not know its size.
  private static func map(_ descriptor: Int32, count: Int) -> Bytes? {
    guard count > 0, let memory = mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor, 0), memory != MAP_FAILED else {
      return nil
    }
    let base = UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
    return Bytes(storage: ByteStorage(adopting: base, count: count, isMapped: true), start: 0, count: count)
  }

  /// All that an open pipe or device gives.
  package static func readStream(_ descriptor: Int32) throws -> Bytes {
    var capacity = 1 << 16
    var count = 0
    guard var memory = malloc(capacity) else { outOfMemory() }
    var isAdopted = false
    defer { if !isAdopted { free(memory) } }
    while true {
      if count == capacity {
        guard capacity < streamLimit else { throw WasmError(.request, "cannot read: there is no end within 4 GiB") }
        capacity *= 2
        guard let larger = realloc(memory, capacity) else { outOfMemory() }
        memory = larger
      }
      let number = readBytes(descriptor, memory + count, capacity - count)
      if number < 0 { throw systemError("cannot read") }
      if number == 0 { break }
      count += number
    }
    isAdopted = true
    let base = UnsafePointer(memory.assumingMemoryBound(to: UInt8.self))
    return Bytes(storage: ByteStorage(adopting: base, count: count), start: 0, count: count)
  }
}

/// `read`, again if a signal came between.
private func readBytes(_ descriptor: Int32, _ memory: UnsafeMutableRawPointer, _ limit: Int) -> Int {
  while true {
    let number = read(descriptor, memory, min(limit, 1 << 30))
    if number >= 0 || errno != EINTR { return number }
  }
}
