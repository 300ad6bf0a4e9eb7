import Support

/// A file as the list of its directory has it.
struct DirectoryEntry {
  let name: [UInt8]
  let number: UInt64
  let type: FileType
}

extension System {
  /// Goes on in the list of a directory where the cookie says. The list is that of the moment when its beginning was
  /// asked for.
  func fdReaddir(_ call: GuestCall) throws(Errno) {
    var descriptor = try descriptors[call.u32(0)]
    guard case .directory(let directory) = descriptor.content else { throw .notdir }
    let room = try call.range(1)
    try call.memory.check(call.address(4), count: 4)
    if descriptor.listing == nil || call.u64(3) == 0 {
      descriptor.listing = try directory.entries()
      try descriptors.replace(call.u32(0), with: descriptor)
    }
    let entries = descriptor.listing!
    var used = 0
    var index = Int(clamping: call.u64(3))
    while index < entries.count, used < room.count {
      index += 1
      let bytes = entries[index - 1].bytes(next: UInt64(index))
      let count = min(bytes.count, room.count - used)
      UnsafeMutableRawBufferPointer(rebasing: room[used..<used + count]).copyBytes(from: bytes[..<count])
      used += count
    }
    try call.memory.store(UInt32(used), at: call.address(4))
  }
}

extension DirectoryEntry {
  /// What the guest reads: `dirent`, and the name behind it.
  fileprivate func bytes(next: UInt64) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(24 + name.count)
    withUnsafeBytes(of: next.littleEndian) { result += $0 }
    withUnsafeBytes(of: number.littleEndian) { result += $0 }
    withUnsafeBytes(of: UInt32(name.count).littleEndian) { result += $0 }
    result += [type.rawValue, 0, 0, 0]
    return result + name
  }
}

extension HostFile {
  /// The list of this directory. `..` has the number of the directory itself: what is outside is not the guest's.
  fileprivate func entries() throws(Errno) -> [DirectoryEntry] {
    let own = UInt64(truncatingIfNeeded: try status().st_ino)
    // A descriptor of its own, so that each list begins at the beginning.
    let number = try calling { openat(self.number, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard let stream = fdopendir(number) else {
      let code = errno
      close(number)
      throw Errno(system: code)
    }
    defer { closedir(stream) }
    var entries: [DirectoryEntry] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else { break }
      let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
        let start = UnsafeRawPointer(name)
        return Array(UnsafeRawBufferPointer(start: start, count: strlen(start.assumingMemoryBound(to: CChar.self))))
      }
      let isParent = name.elementsEqual("..".utf8)
      entries.append(
        DirectoryEntry(
          name: name, number: isParent ? own : UInt64(truncatingIfNeeded: entry.pointee.d_ino),
          // The kinds of directory entries are those of modes, 12 bits lower.
          type: FileType(mode: mode_t(entry.pointee.d_type) << 12)))
    }
    if errno != 0 { throw Errno(system: errno) }
    return entries
  }
}
