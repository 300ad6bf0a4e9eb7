import Support

// What descriptors are, and what files they stand for.

extension System {
  func fdClose(_ call: GuestCall) throws(Errno) { try descriptors.remove(call.u32(0)) }

  /// Gives a descriptor the number of another, which is closed.
  func fdRenumber(_ call: GuestCall) throws(Errno) {
    let (from, to) = (call.u32(0), call.u32(1))
    let descriptor = try descriptors[from]
    _ = try descriptors[to]
    if from == to { return }
    try descriptors.replace(to, with: descriptor)
    try descriptors.remove(from)
  }

  func fdFdstatGet(_ call: GuestCall) throws(Errno) {
    let descriptor = try descriptors[call.u32(0)]
    let place = call.address(1)
    let result = try call.memory.range(at: place, count: 24)
    var flags = FileFlags()
    if let file = descriptor.file { flags = FileFlags(system: try calling { fcntl(file.number, F_GETFL) }) }
    result.initializeMemory(as: UInt8.self, repeating: 0)
    try call.memory.store(descriptor.fileType.rawValue, at: place)
    try call.memory.store(flags.rawValue, at: place + 2)
    try call.memory.store(descriptor.rights.rawValue, at: place + 8)
    try call.memory.store(descriptor.fileType == .directory ? Rights.all.rawValue : 0, at: place + 16)
  }

  /// Standard streams are shared with others and keep their flags.
  func fdFdstatSetFlags(_ call: GuestCall) throws(Errno) {
    let descriptor = try descriptors[call.u32(0)]
    let flags = try FileFlags(checking: call.u32(1))
    guard let file = descriptor.file else {
      if flags.isEmpty { return }
      throw .notsup
    }
    let old = try calling { fcntl(file.number, F_GETFL) }
    if !flags.isDisjoint(with: [.dataSync, .readSync, .sync]) { throw .notsup }
    try calling { fcntl(file.number, F_SETFL, old & ~(O_APPEND | O_NONBLOCK) | flags.systemFlags) }
  }

  // MARK: Status

  func fdFilestatGet(_ call: GuestCall) throws(Errno) {
    let descriptor = try descriptors[call.u32(0)]
    guard let file = descriptor.file else {
      try call.memory.range(at: call.address(1), count: 64).initializeMemory(as: UInt8.self, repeating: 0)
      return try call.memory.store(descriptor.fileType.rawValue, at: call.address(1) + 16)
    }
    try call.memory.store(try file.status(), at: call.address(1))
  }

  func fdFilestatSetTimes(_ call: GuestCall) throws(Errno) {
    guard let file = try descriptors[call.u32(0)].file else { throw .inval }
    let times = try FileTimes(access: call.u64(1), modification: call.u64(2), flags: call.u32(3)).times
    try calling { futimens(file.number, times) }
  }

  // MARK: Directories that the guest was given

  func fdPrestatGet(_ call: GuestCall) throws(Errno) {
    guard let name = try descriptors[call.u32(0)].preopenedName else { throw .badf }
    // Tag 0: a directory.
    try call.memory.store(UInt32(0), at: call.address(1))
    try call.memory.store(UInt32(name.count), at: call.address(1) + 4)
  }

  func fdPrestatDirName(_ call: GuestCall) throws(Errno) {
    guard let name = try descriptors[call.u32(0)].preopenedName else { throw .badf }
    if call.u32(2) < name.count { throw .nametoolong }
    try call.memory.range(at: call.address(1), count: UInt64(name.count)).copyBytes(from: name)
  }
}

/// How a file is written and waited for (`fdflags`).
struct FileFlags: OptionSet {
  let rawValue: UInt16

  static let append = FileFlags(rawValue: 1)
  static let dataSync = FileFlags(rawValue: 2)
  static let nonBlocking = FileFlags(rawValue: 4)
  static let readSync = FileFlags(rawValue: 8)
  static let sync = FileFlags(rawValue: 16)

  init(rawValue: UInt16) { self.rawValue = rawValue }

  init(checking bits: UInt32) throws(Errno) {
    guard bits < 32 else { throw .inval }
    rawValue = UInt16(bits)
  }

  init(system flags: Int32) {
    self = []
    if flags & O_APPEND != 0 { insert(.append) }
    if flags & O_NONBLOCK != 0 { insert(.nonBlocking) }
    if flags & O_SYNC == O_SYNC { insert(.sync) }
  }

  /// The flags for `open`. Those about reading in step with writes ask for `O_SYNC`, which does no less.
  var systemFlags: Int32 {
    var result: Int32 = 0
    if contains(.append) { result |= O_APPEND }
    if contains(.nonBlocking) { result |= O_NONBLOCK }
    if !isDisjoint(with: [.dataSync, .readSync, .sync]) { result |= O_SYNC }
    return result
  }
}
