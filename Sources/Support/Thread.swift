/// One thread of the system, which runs one closure and ends.
struct Thread: ~Copyable {
  private let handle: pthread_t
  /// As large as the usual stack of a main thread, so that code behaves alike on all workers. Only the pages that are
  /// used cost memory.
  private static let stackSize = 8 << 20

  /// Starts a thread that calls `work`; nil if the system does not give one.
  init?(_ work: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(ThreadWork(work))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    pthread_attr_setstacksize(&attributes, Self.stackSize)
    defer { pthread_attr_destroy(&attributes) }
    #if canImport(Glibc)
      var handle = pthread_t()
      let code = pthread_create(&handle, &attributes, { Self.enter($0!) }, box.toOpaque())
      let started: pthread_t? = code == 0 ? handle : nil
    #elseif canImport(Musl)
      var started: pthread_t?
      if pthread_create(&started, &attributes, { Self.enter($0!) }, box.toOpaque()) != 0 { started = nil }
    #else
      var started: pthread_t?
      if pthread_create(&started, &attributes, { Self.enter($0) }, box.toOpaque()) != 0 { started = nil }
    #endif
    guard let started else {
      box.release()
      return nil
    }
    self.handle = started
  }

  /// Waits for the closure to return. Must be called, once: it is what frees the thread.
  consuming func join() { pthread_join(handle, nil) }

  private static func enter(_ box: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    Unmanaged<ThreadWork>.fromOpaque(box).takeRetainedValue().work()
    return nil
  }
}

private final class ThreadWork: Sendable {
  let work: @Sendable () -> Void
  init(_ work: @escaping @Sendable () -> Void) { self.work = work }
}
