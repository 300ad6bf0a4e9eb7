/// Times in nanoseconds.
package enum Clock {
  /// Time since some fixed moment, never going back. Some 25 ns a call.
  package static func now() -> UInt64 { read(CLOCK_MONOTONIC) }

  /// CPU time of this thread since it began. A system call: for the ends of stages, not for bodies.
  package static func threadTime() -> UInt64 { read(CLOCK_THREAD_CPUTIME_ID) }

  /// CPU time of all threads of the process since it began.
  package static func processTime() -> UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
