import Support

// What a program asks about itself: arguments, environment, clocks, chance, its end.

extension System {
  func argsGet(_ call: GuestCall) throws(Errno) { try put(arguments, call) }
  func argsSizesGet(_ call: GuestCall) throws(Errno) { try putSizes(of: arguments, call) }
  func environGet(_ call: GuestCall) throws(Errno) { try put(environment, call) }
  func environSizesGet(_ call: GuestCall) throws(Errno) { try putSizes(of: environment, call) }

  /// Stores pointers to the strings at the first argument, the strings at the second.
  private func put(_ strings: [[UInt8]], _ call: GuestCall) throws(Errno) {
    var (pointer, place) = (call.address(0), call.address(1))
    for string in strings {
      try call.memory.store(UInt32(truncatingIfNeeded: place), at: pointer)
      try call.memory.range(at: place, count: UInt64(string.count + 1)).copyBytes(from: string + [0])
      pointer += 4
      place += UInt64(string.count + 1)
    }
  }

  private func putSizes(of strings: [[UInt8]], _ call: GuestCall) throws(Errno) {
    try call.memory.store(UInt32(strings.count), at: call.address(0))
    try call.memory.store(UInt32(strings.reduce(0) { $0 + $1.count + 1 }), at: call.address(1))
  }

  // MARK: Clocks

  func clockResGet(_ call: GuestCall) throws(Errno) {
    let clock = try clock(call.u32(0))
    var time = timespec()
    try calling { clock_getres(clock, &time) }
    try call.memory.store(time.nanoseconds, at: call.address(1))
  }

  func clockTimeGet(_ call: GuestCall) throws(Errno) {
    try call.memory.store(try time(of: call.u32(0)), at: call.address(2))
  }

  /// Nanoseconds of a clock of WASI.
  func time(of clock: UInt32) throws(Errno) -> UInt64 {
    let clock = try self.clock(clock)
    var time = timespec()
    try calling { clock_gettime(clock, &time) }
    return time.nanoseconds
  }

  private func clock(_ number: UInt32) throws(Errno) -> clockid_t {
    switch number {
    case 0: return CLOCK_REALTIME
    case 1: return CLOCK_MONOTONIC
    case 2: return CLOCK_PROCESS_CPUTIME_ID
    case 3: return CLOCK_THREAD_CPUTIME_ID
    default: throw .inval
    }
  }

  // MARK: The rest

  func randomGet(_ call: GuestCall) throws(Errno) {
    let bytes = try call.range(0)
    var generator = SystemRandomNumberGenerator()
    for start in stride(from: 0, to: bytes.count, by: 8) {
      withUnsafeBytes(of: generator.next()) { chance in
        let count = min(8, bytes.count - start)
        UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + count]).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: chance[..<count]))
      }
    }
  }

  func schedYield(_ call: GuestCall) throws(Errno) { try calling { sched_yield() } }

  /// Ends the invocation as soon as it returns.
  func procExit(_ call: GuestCall) throws(Errno) { exitStatus = call.u32(0) }

  /// Functions that a guest may import and not use: signals, sockets, fewer rights.
  func unsupported(_ call: GuestCall) throws(Errno) { throw .notsup }
}

extension timespec {
  var nanoseconds: UInt64 { UInt64(clamping: tv_sec) &* 1_000_000_000 &+ UInt64(clamping: tv_nsec) }

  init(nanoseconds: UInt64) {
    self.init(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
  }
}
