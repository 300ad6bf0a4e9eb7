import Synchronization

/// Holds nothing. A structure with an anchor stays where it is in memory: without one, the compiler copies all the
/// fields of a large structure for every call that borrows it, which can take longer than the call.
@frozen public struct Anchor: ~Copyable, Sendable {
  // An atomic must not move while it is borrowed: nor may what holds it.
  @usableFromInline let atomic = Atomic<UInt8>(0)

  @inlinable public init() {}
}
