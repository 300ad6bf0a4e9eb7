import Support

/// Error numbers of WASI (preview 1, `errno`), as far as functions here give them.
package enum Errno: UInt16, Error, Sendable {
  case success = 0
  case acces = 2
  case again = 6
  case badf = 8
  case busy = 10
  case dquot = 19
  case exist = 20
  case fault = 21
  case fbig = 22
  case intr = 27
  case inval = 28
  case io = 29
  case isdir = 31
  case loop = 32
  case mfile = 33
  case mlink = 34
  case nametoolong = 37
  case nfile = 41
  case nodev = 43
  case noent = 44
  case nomem = 48
  case nospc = 51
  case notdir = 54
  case notempty = 55
  case notsup = 58
  case notty = 59
  case nxio = 60
  case overflow = 61
  case perm = 63
  case pipe = 64
  case rofs = 69
  case spipe = 70
  case txtbsy = 74
  case xdev = 75
  case notcapable = 76

  /// The number for an error number of this system.
  init(system: Int32) { self = Errno.ofSystem.first { $0.system == system }?.errno ?? .io }

  private static let ofSystem: [(system: Int32, errno: Errno)] = [
    (EACCES, .acces), (EAGAIN, .again), (EBADF, .badf), (EBUSY, .busy), (EDQUOT, .dquot), (EEXIST, .exist),
    (EFAULT, .fault), (EFBIG, .fbig), (EINTR, .intr), (EINVAL, .inval), (EIO, .io), (EISDIR, .isdir), (ELOOP, .loop),
    (EMFILE, .mfile), (EMLINK, .mlink), (ENAMETOOLONG, .nametoolong), (ENFILE, .nfile), (ENODEV, .nodev),
    (ENOENT, .noent), (ENOMEM, .nomem), (ENOSPC, .nospc), (ENOTDIR, .notdir), (ENOTEMPTY, .notempty),
    (ENOTSUP, .notsup), (EOPNOTSUPP, .notsup), (ENOTTY, .notty), (ENXIO, .nxio), (EOVERFLOW, .overflow),
    (EPERM, .perm), (EPIPE, .pipe), (EROFS, .rofs), (ESPIPE, .spipe), (ETXTBSY, .txtbsy), (EXDEV, .xdev),
  ]
}

/// The result of a system call that gives a negative number if it fails; one that a signal interrupts is made again.
@discardableResult
func calling<Number: SignedInteger>(_ systemCall: () -> Number) throws(Errno) -> Number {
  while true {
    let result = systemCall()
    if result >= 0 { return result }
    if errno != EINTR { throw Errno(system: errno) }
  }
}
