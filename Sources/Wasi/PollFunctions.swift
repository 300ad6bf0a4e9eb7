import Support

/// What a guest waits for (`subscription`).
private struct Subscription {
  enum Event {
    /// The moment on the monotonic clock.
    case clock(until: UInt64)
    /// Data to read, or room to write: of a file descriptor of the host, which is always ready if it is nil.
    case stream(Int32?, isWrite: Bool)
    case failure(Errno)
  }

  let userData: UInt64
  let tag: UInt8
  let event: Event

  static let size: UInt64 = 48
}

/// What has happened (`event`).
private struct Occurrence {
  let subscription: Subscription
  var errno = Errno.success
  /// What can be read or written: 1 stands for more than nothing.
  var count: UInt64 = 0
  var hasHungUp = false

  static let size: UInt64 = 32
}

extension System {
  /// More than a system has descriptors to wait for.
  private static let subscriptionLimit: UInt64 = 1 << 16

  func pollOneoff(_ call: GuestCall) throws(Errno) {
    let count = UInt64(call.u32(2))
    if count == 0 || count > System.subscriptionLimit { throw .inval }
    try call.memory.check(call.address(0), count: count * Subscription.size)
    try call.memory.check(call.address(1), count: count * Occurrence.size)
    try call.memory.check(call.address(3), count: 4)
    var subscriptions: [Subscription] = []
    for index in 0..<count {
      subscriptions.append(try subscription(at: call.address(0) + index * Subscription.size, call.memory))
    }
    let occurrences = try wait(for: subscriptions)
    for (index, occurrence) in occurrences.enumerated() {
      try store(occurrence, at: call.address(1) + UInt64(index) * Occurrence.size, call.memory)
    }
    try call.memory.store(UInt32(occurrences.count), at: call.address(3))
  }

  private func subscription(at place: UInt64, _ memory: GuestMemory) throws(Errno) -> Subscription {
    let tag = try memory.load(UInt8.self, at: place + 8)
    guard tag < 3 else { throw .inval }
    let event: Subscription.Event
    do throws(Errno) {
      event = try tag == 0 ? clock(at: place + 16, memory) : stream(memory.load(UInt32.self, at: place + 16), tag)
    } catch {
      event = .failure(error)
    }
    return Subscription(userData: try memory.load(UInt64.self, at: place), tag: tag, event: event)
  }

  private func clock(at place: UInt64, _ memory: GuestMemory) throws(Errno) -> Subscription.Event {
    let clock = try memory.load(UInt32.self, at: place)
    var delay = try memory.load(UInt64.self, at: place + 8)
    let isAbsolute = try memory.load(UInt16.self, at: place + 24) & 1 != 0
    guard clock < 2 else { throw .notsup }
    if isAbsolute {
      let now = try time(of: clock)
      delay = delay > now ? delay - now : 0
    }
    let (moment, overflow) = Clock.now().addingReportingOverflow(delay)
    return .clock(until: overflow ? .max : moment)
  }

  private func stream(_ number: UInt32, _ tag: UInt8) throws(Errno) -> Subscription.Event {
    let isWrite = tag == 2
    switch try descriptors[number].content {
    case .input(let number):
      if isWrite { throw .badf }
      return .stream(number, isWrite: false)
    case .output:
      if !isWrite { throw .badf }
      return .stream(nil, isWrite: true)
    case .file(let file): return .stream(file.number, isWrite: isWrite)
    case .directory: throw .badf
    }
  }

  /// Waits for the first of them; what else has happened by then comes with it.
  private func wait(for subscriptions: [Subscription]) throws(Errno) -> [Occurrence] {
    var requests: [pollfd] = []
    var deadline = UInt64.max
    var isReady = false
    for subscription in subscriptions {
      switch subscription.event {
      case .clock(let moment): deadline = min(deadline, moment)
      case .stream(.some(let number), let isWrite):
        requests.append(pollfd(fd: number, events: Int16(isWrite ? POLLOUT : POLLIN), revents: 0))
      case .stream(nil, _), .failure: isReady = true
      }
    }
    while true {
      let now = Clock.now()
      let isLast = isReady || deadline <= now
      // Rounded up, so that it is not too early when the time is over; and a day at most, which `poll` can count.
      let milliseconds = isLast ? 0 : Int32(min((deadline - now - 1) / 1_000_000 + 1, 86_400_000))
      let count = poll(&requests, nfds_t(requests.count), milliseconds)
      if count < 0 && errno != EINTR { throw Errno(system: errno) }
      let occurrences = occurrences(of: subscriptions, requests)
      if !occurrences.isEmpty { return occurrences }
    }
  }

  private func occurrences(of subscriptions: [Subscription], _ requests: [pollfd]) -> [Occurrence] {
    let now = Clock.now()
    var requests = requests[...]
    return subscriptions.compactMap { subscription in
      switch subscription.event {
      case .clock(let moment): return moment <= now ? Occurrence(subscription: subscription) : nil
      case .failure(let errno): return Occurrence(subscription: subscription, errno: errno)
      case .stream(nil, _): return Occurrence(subscription: subscription, count: 1)
      case .stream:
        let events = Int32(requests.removeFirst().revents)
        if events == 0 { return nil }
        if events & Int32(POLLNVAL) != 0 { return Occurrence(subscription: subscription, errno: .badf) }
        let isReady = events & Int32(POLLIN | POLLOUT) != 0
        return Occurrence(
          subscription: subscription, count: isReady ? 1 : 0, hasHungUp: events & Int32(POLLHUP | POLLERR) != 0)
      }
    }
  }

  private func store(_ occurrence: Occurrence, at place: UInt64, _ memory: GuestMemory) throws(Errno) {
    try memory.range(at: place, count: Occurrence.size).initializeMemory(as: UInt8.self, repeating: 0)
    try memory.store(occurrence.subscription.userData, at: place)
    try memory.store(occurrence.errno.rawValue, at: place + 8)
    try memory.store(occurrence.subscription.tag, at: place + 10)
    try memory.store(occurrence.count, at: place + 16)
    try memory.store(UInt16(occurrence.hasHungUp ? 1 : 0), at: place + 24)
  }
}
