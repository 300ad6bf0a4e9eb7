import Support

// What is done with paths below a directory.

extension System {
  /// The path whose address and size are the arguments from `position` on, below the directory that is argument
  /// `directory`.
  private func resolve(
    _ call: GuestCall, directory: Int, path position: Int, lastLink: ResolvedPath.LastLink
  ) throws(Errno) -> ResolvedPath {
    let descriptor = try descriptors[call.u32(directory)]
    guard case .directory(let root) = descriptor.content else { throw .notdir }
    return try ResolvedPath(try call.path(position), below: root, lastLink: lastLink)
  }

  /// What `lookupflags` say.
  private func lastLink(_ flags: UInt32) throws(Errno) -> ResolvedPath.LastLink {
    guard flags < 2 else { throw .inval }
    return flags == 1 ? .followed : .followedBeforeSlash
  }

  // MARK: Open

  func pathOpen(_ call: GuestCall) throws(Errno) {
    let result = call.address(8)
    try call.memory.check(result, count: 4)
    let request = try OpenRequest(
      flags: call.u32(4), rights: Rights(rawValue: call.u64(5)), fileFlags: FileFlags(checking: call.u32(7)))
    // To create exclusively is to fail if there is a link.
    let lastLink = request.isExclusive ? .kept : try lastLink(call.u32(1))
    let path = try resolve(call, directory: 0, path: 2, lastLink: lastLink)
    if path.isForDirectory && request.creates { throw .isdir }
    let flags = request.systemFlags | (path.isForDirectory ? O_DIRECTORY : 0) | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY
    let file = HostFile(owning: try calling { openat(path.directory.number, path.name, flags, 0o666) })
    let type = FileType(mode: try file.status().st_mode)
    let descriptor =
      type == .directory
      ? Descriptor(.directory(file), type, .ofDirectories)
      : Descriptor(.file(file), type, request.grantedRights)
    try call.memory.store(descriptors.add(descriptor), at: result)
  }

  // MARK: Status

  func pathFilestatGet(_ call: GuestCall) throws(Errno) {
    let path = try resolve(call, directory: 0, path: 2, lastLink: lastLink(call.u32(1)))
    try path.checkKind()
    try call.memory.store(try path.status(), at: call.address(4))
  }

  func pathFilestatSetTimes(_ call: GuestCall) throws(Errno) {
    let times = try FileTimes(access: call.u64(4), modification: call.u64(5), flags: call.u32(6)).times
    let path = try resolve(call, directory: 0, path: 2, lastLink: lastLink(call.u32(1)))
    try path.checkKind()
    try calling { utimensat(path.directory.number, path.name, times, AT_SYMLINK_NOFOLLOW) }
  }

  // MARK: Names

  func pathCreateDirectory(_ call: GuestCall) throws(Errno) {
    let path = try resolve(call, directory: 0, path: 1, lastLink: .kept)
    try calling { mkdirat(path.directory.number, path.name, 0o777) }
  }

  func pathRemoveDirectory(_ call: GuestCall) throws(Errno) {
    let path = try resolve(call, directory: 0, path: 1, lastLink: .kept)
    try calling { unlinkat(path.directory.number, path.name, AT_REMOVEDIR) }
  }

  func pathUnlinkFile(_ call: GuestCall) throws(Errno) {
    let path = try resolve(call, directory: 0, path: 1, lastLink: .kept)
    try path.checkKind()
    try calling { unlinkat(path.directory.number, path.name, 0) }
  }

  func pathRename(_ call: GuestCall) throws(Errno) {
    let old = try resolve(call, directory: 0, path: 1, lastLink: .kept)
    let new = try resolve(call, directory: 3, path: 4, lastLink: .kept)
    try old.checkKind()
    if new.isForDirectory, FileType(mode: try old.status().st_mode) != .directory { throw .notdir }
    try calling { renameat(old.directory.number, old.name, new.directory.number, new.name) }
  }

  // MARK: Links

  func pathLink(_ call: GuestCall) throws(Errno) {
    let old = try resolve(call, directory: 0, path: 2, lastLink: lastLink(call.u32(1)))
    let new = try resolve(call, directory: 4, path: 5, lastLink: .kept)
    try old.checkKind()
    if new.isForDirectory { throw .noent }
    try calling { linkat(old.directory.number, old.name, new.directory.number, new.name, 0) }
  }

  /// A link may say what the guest likes, except a path from the root of the host; following it, the guest stays where
  /// it may be.
  func pathSymlink(_ call: GuestCall) throws(Errno) {
    let target = try call.path(0)
    if target.isEmpty { throw .noent }
    if target.contains(0) { throw .inval }
    if target[0] == UInt8(ascii: "/") { throw .notcapable }
    let path = try resolve(call, directory: 2, path: 3, lastLink: .kept)
    if path.isForDirectory { throw .noent }
    let text = target.map { CChar(bitPattern: $0) } + [0]
    try calling { symlinkat(text, path.directory.number, path.name) }
  }

  /// A text that is longer than the guest has room for is cut off.
  func pathReadlink(_ call: GuestCall) throws(Errno) {
    let path = try resolve(call, directory: 0, path: 1, lastLink: .kept)
    let room = try call.range(3)
    try call.memory.check(call.address(5), count: 4)
    let name = path.name
    var count = 0
    if let start = room.baseAddress, room.count > 0 {
      count = try calling {
        readlinkat(path.directory.number, name, start.assumingMemoryBound(to: CChar.self), room.count)
      }
    }
    try call.memory.store(UInt32(count), at: call.address(5))
  }
}

/// How `path_open` is to open a file.
private struct OpenRequest {
  private let flags: UInt32
  private let rights: Rights
  private let fileFlags: FileFlags

  /// - Parameter flags: `oflags`.
  init(flags: UInt32, rights: Rights, fileFlags: FileFlags) throws(Errno) {
    guard flags < 16 else { throw .inval }
    self.flags = flags
    self.rights = rights
    self.fileFlags = fileFlags
  }

  var creates: Bool { flags & 1 != 0 }
  private var isForDirectory: Bool { flags & 2 != 0 }
  var isExclusive: Bool { creates && flags & 4 != 0 }
  private var truncates: Bool { flags & 8 != 0 }
  private var reads: Bool { !rights.isDisjoint(with: [.read, .readDirectory]) }
  private var writes: Bool { truncates || !rights.isDisjoint(with: [.write, .dataSync, .allocate, .setSize]) }

  var systemFlags: Int32 {
    if isForDirectory && !creates { return O_RDONLY | O_DIRECTORY }
    var result = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY
    if creates { result |= O_CREAT }
    if isForDirectory { result |= O_DIRECTORY }
    if isExclusive { result |= O_EXCL }
    if truncates { result |= O_TRUNC }
    return result | fileFlags.systemFlags
  }

  var grantedRights: Rights {
    var result = Rights.ofFiles
    if !reads { result.remove(.read) }
    if !writes { result.subtract([.write, .allocate, .setSize]) }
    return result
  }
}
