import Synchronization

/// A new file with a name of its own, for bytes that are not yet complete.
struct TemporaryFile {
  let path: Path
  let descriptor: Int32
  private let registration: UInt

  /// Creates `.NAME.pare-PID` in the directory of `target`, or the like if there is one already.
  init(beside target: Path) throws {
    let process = "pare-\(getpid())"
    for attempt in 0..<100 {
      let suffix = "." + process + (attempt == 0 ? "" : "-\(attempt)")
      let path = target.sibling([UInt8(ascii: ".")] + target.lastComponent.prefix(200) + suffix.utf8)
      let descriptor = path.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      if descriptor >= 0 {
        self.path = path
        self.descriptor = descriptor
        registration = removeOnInterruption(path)
        return
      }
      guard errno == EEXIST else { break }
    }
    throw systemError("cannot write")
  }

  func remove() {
    path.withCString { _ = unlink($0) }
    forgetInterruption(registration)
  }

  /// Gives the file the name of `target`, which it replaces.
  func move(to target: Path) throws {
    let moved = path.withCString { from in target.withCString { rename(from, $0) } }
    guard moved == 0 else { throw systemError("cannot write") }
    forgetInterruption(registration)
  }
}

/// The name (a C string on the heap) of the temporary file that a signal removes; 0 if there is none.
///
/// The one global of the program: a signal handler can reach nothing else. If several temporary files are open at
/// once, it knows the first.
private let interruptedFile = Atomic<UInt>(0)

/// Has the signals that end the process remove the file first. Returns what `forgetInterruption` takes.
func removeOnInterruption(_ path: Path) -> UInt {
  let name = UInt(bitPattern: path.withCString { strdup($0) })
  let (isFirst, _) = interruptedFile.compareExchange(expected: 0, desired: name, ordering: .acquiringAndReleasing)
  guard isFirst else {
    free(UnsafeMutableRawPointer(bitPattern: name))
    return 0
  }
  for number in [SIGINT, SIGTERM, SIGHUP] {
    let previous = signal(number) { number in
      if let name = UnsafePointer<CChar>(bitPattern: interruptedFile.load(ordering: .acquiring)) { unlink(name) }
      signal(number, SIG_DFL)
      raise(number)
    }
    // Who started us with the signal ignored (`nohup`, a job in the background) wants it so.
    if unsafeBitCast(previous, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
  }
  return name
}

/// The name is not freed: the handler may be reading it.
func forgetInterruption(_ registration: UInt) {
  guard registration != 0 else { return }
  _ = interruptedFile.compareExchange(expected: registration, desired: 0, ordering: .acquiringAndReleasing)
}
