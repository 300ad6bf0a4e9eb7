/// Runs other programs, for a limited time, and collects what they print.
package enum Subprocess {
  /// How a program ended.
  package enum Ending: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
    case timedOut
  }

  package struct Outcome: Sendable {
    package let ending: Ending
    /// What it wrote to standard output and standard error, as far as the limit lets.
    package let output: [UInt8]
    package let errors: [UInt8]
  }

  /// Runs a program in a process group of its own, its standard input empty, and waits for it. When it has ended or its
  /// time is over, all that is left of the group is killed.
  ///
  /// - Parameters:
  ///   - program: the path of the program.
  ///   - arguments: the words after its name.
  ///   - timeout: nanoseconds.
  ///   - outputLimit: bytes to keep of each stream; what comes after them is read and forgotten.
  package static func run(
    _ program: Path, _ arguments: [[UInt8]], timeout: UInt64, outputLimit: Int = 1 << 16
  ) throws -> Outcome {
    var output = try CapturedStream(limit: outputLimit)
    var errors = try CapturedStream(limit: outputLimit)
    let process = try spawn(program, arguments, output: output.writeEnd, errors: errors.writeEnd)
    output.closeWriteEnd()
    errors.closeWriteEnd()
    let deadline = Clock.now() &+ timeout
    var pause: Int32 = 1
    var isLate = false
    while !hasEnded(process) {
      let now = Clock.now()
      if now >= deadline {
        isLate = true
        break
      }
      // The end of the program closes its pipes and so ends the wait; unless something else holds them, or it has
      // closed them itself.
      wait(&output, &errors, milliseconds: min(pause, Int32(clamping: (deadline - now) / 1_000_000 + 1)))
      pause = min(pause * 2, 16)
    }
    kill(-process, SIGKILL)
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    output.drain()
    errors.drain()
    return Outcome(ending: isLate ? .timedOut : Ending(status: status), output: output.bytes, errors: errors.bytes)
  }

  /// Runs a command line by the shell. Otherwise as `run`.
  package static func runShell(_ command: [UInt8], timeout: UInt64) throws -> Outcome {
    try run("/bin/sh", [Array("-c".utf8), command], timeout: timeout)
  }

  /// Whether the process is to be waited for; it stays so, and its number its own.
  private static func hasEnded(_ process: pid_t) -> Bool {
    var info = siginfo_t()
    let result = waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
    return result == 0 ? info.si_signo == SIGCHLD : errno != EINTR
  }

  private static func wait(_ output: inout CapturedStream, _ errors: inout CapturedStream, milliseconds: Int32) {
    var requests: [pollfd] = []
    for stream in [output.readEnd, errors.readEnd] where stream >= 0 {
      requests.append(pollfd(fd: stream, events: Int16(POLLIN), revents: 0))
    }
    // With open pipes there is no hurry: their end wakes us.
    poll(&requests, nfds_t(requests.count), requests.isEmpty ? milliseconds : max(milliseconds, 16))
    output.drain()
    errors.drain()
  }

  private static func spawn(
    _ program: Path, _ arguments: [[UInt8]], output: Int32, errors: Int32
  ) throws -> pid_t {
    #if canImport(Darwin)
      var actions: posix_spawn_file_actions_t? = nil
      var attributes: posix_spawnattr_t? = nil
    #else
      var actions = posix_spawn_file_actions_t()
      var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO)
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setpgroup(&attributes, 0)
    // We may ignore it; programs rely on it.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGPIPE)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
    var words: [UnsafeMutablePointer<CChar>?] = ([program.bytes] + arguments).map { word in
      Path(bytes: word).withCString { strdup($0) }
    }
    defer { for word in words { free(word) } }
    words.append(nil)
    var process: pid_t = 0
    let code = program.withCString { posix_spawn(&process, $0, &actions, &attributes, words, environ) }
    guard code == 0 else { throw systemError("cannot run \(program)", code: code) }
    return process
  }
}

extension Subprocess.Ending {
  /// - Parameter status: what `waitpid` says.
  fileprivate init(status: Int32) {
    self = status & 0x7f == 0 ? .exited(status >> 8 & 0xff) : .killed(signal: status & 0x7f)
  }
}

/// A pipe whose other end a program writes to.
private struct CapturedStream: ~Copyable {
  private(set) var bytes: [UInt8] = []
  /// -1 when it is at its end.
  private(set) var readEnd: Int32
  private(set) var writeEnd: Int32
  private let limit: Int

  init(limit: Int) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw systemError("cannot make a pipe") }
    (readEnd, writeEnd) = (ends[0], ends[1])
    self.limit = limit
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(readEnd, F_SETFL, O_NONBLOCK)
  }

  deinit {
    if readEnd >= 0 { close(readEnd) }
    if writeEnd >= 0 { close(writeEnd) }
  }

  mutating func closeWriteEnd() {
    close(writeEnd)
    writeEnd = -1
  }

  /// Takes what is there, without waiting for more.
  mutating func drain() {
    guard readEnd >= 0 else { return }
    var buffer = [UInt8](repeating: 0, count: 1 << 14)
    // Bounded: a program that writes without end must not keep us from looking at the clock.
    for _ in 0..<64 {
      let count = read(readEnd, &buffer, buffer.count)
      if count > 0 {
        bytes += buffer[..<min(count, limit - bytes.count)]
      } else if count < 0 && errno == EINTR {
        continue
      } else {
        if count == 0 || errno != EAGAIN {
          close(readEnd)
          readEnd = -1
        }
        return
      }
    }
  }
}
