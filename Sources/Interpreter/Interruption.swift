/// What ends an invocation before its function returns.
package enum Interruption: Error, Hashable, Sendable {
  case trap(Trap)
  /// An exception that nothing caught.
  case exception(Reference)
  /// The guest asked its host to end it, with this status.
  case exit(UInt32)
  /// Code that was never validated is not valid: what is wrong with it.
  case refused(String)
}

/// What a guest may use before it is stopped.
package struct ExecutionLimits: Hashable, Sendable {
  /// Units of work in all invocations together: about one for each instruction, and one for each 64 bytes or 8 elements
  /// that a bulk instruction touches.
  package var fuel = Int.max
  /// Frames at a time.
  package var callDepth = 20_000
  /// Words (8 bytes) of all frames at a time.
  package var stackWords = 1 << 20
  /// Bytes of one memory; to grow beyond fails as the specification allows.
  package var memoryBytes: UInt64 = 4 << 30
  /// Elements of one table; to grow beyond fails as the specification allows.
  package var tableElements: UInt64 = 10_000_000
  /// Bytes of all objects at a time.
  package var heapBytes = 1 << 30

  package init() {}
}
