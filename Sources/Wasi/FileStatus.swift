import Support

extension HostFile {
  func status() throws(Errno) -> stat {
    var status = stat()
    try calling { fstat(number, &status) }
    return status
  }
}

extension GuestMemory {
  /// Stores what the guest gets to know of a file (`filestat`).
  func store(_ status: stat, at place: UInt64) throws(Errno) {
    try range(at: place, count: 64).initializeMemory(as: UInt8.self, repeating: 0)
    try store(UInt64(truncatingIfNeeded: status.st_dev), at: place)
    try store(UInt64(truncatingIfNeeded: status.st_ino), at: place + 8)
    try store(FileType(mode: status.st_mode).rawValue, at: place + 16)
    try store(UInt64(truncatingIfNeeded: status.st_nlink), at: place + 24)
    try store(UInt64(truncatingIfNeeded: status.st_size), at: place + 32)
    try store(status.accessTime.nanoseconds, at: place + 40)
    try store(status.modificationTime.nanoseconds, at: place + 48)
    try store(status.changeTime.nanoseconds, at: place + 56)
  }
}

extension stat {
  #if canImport(Darwin)
    fileprivate var accessTime: timespec { st_atimespec }
    fileprivate var modificationTime: timespec { st_mtimespec }
    fileprivate var changeTime: timespec { st_ctimespec }
  #else
    fileprivate var accessTime: timespec { st_atim }
    fileprivate var modificationTime: timespec { st_mtim }
    fileprivate var changeTime: timespec { st_ctim }
  #endif
}

/// The times that a file is to get, as `utimensat` takes them.
struct FileTimes {
  let times: [timespec]

  /// - Parameters:
  ///   - access: nanoseconds, as `modification`.
  ///   - flags: `fstflags`: which of both is set, to the number or to the time that it is.
  init(access: UInt64, modification: UInt64, flags: UInt32) throws(Errno) {
    guard flags < 16, flags & 3 != 3, flags & 12 != 12 else { throw .inval }
    times = [FileTimes.time(access, flags & 3), FileTimes.time(modification, flags >> 2)]
  }

  private static func time(_ nanoseconds: UInt64, _ flags: UInt32) -> timespec {
    switch flags {
    case 1: return timespec(nanoseconds: nanoseconds)
    case 2: return timespec(tv_sec: 0, tv_nsec: now)
    default: return timespec(tv_sec: 0, tv_nsec: omitted)
    }
  }

  // UTIME_NOW and UTIME_OMIT, which C has as macros that Swift does not see.
  #if canImport(Darwin)
    private static let now = -1
    private static let omitted = -2
  #else
    private static let now = (1 << 30) - 1
    private static let omitted = (1 << 30) - 2
  #endif
}
