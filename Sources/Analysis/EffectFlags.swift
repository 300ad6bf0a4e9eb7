extension Effects {
  /// What something does, locals and branches aside. All is inlined, into other modules too: the defaults of `OptionSet`
  /// are generic there.
  @frozen public struct Flags: OptionSet, BitwiseCopyable, Sendable {
    public let rawValue: UInt32
    @inlinable @inline(__always) public init(rawValue: UInt32) { self.rawValue = rawValue }

    @inlinable public static var traps: Flags { Flags(rawValue: 1 << 0) }
    @inlinable public static var throwsException: Flags { Flags(rawValue: 1 << 1) }
    /// May run for ever.
    @inlinable public static var mayNotReturn: Flags { Flags(rawValue: 1 << 2) }
    @inlinable public static var calls: Flags { Flags(rawValue: 1 << 3) }
    /// Takes what a legacy `catch` receives: has to stay where it is.
    @inlinable public static var takesPayload: Flags { Flags(rawValue: 1 << 4) }
    @inlinable public static var readsGlobals: Flags { Flags(rawValue: 1 << 5) }
    @inlinable public static var writesGlobals: Flags { Flags(rawValue: 1 << 6) }
    /// Contents and sizes of memories, and data segments.
    @inlinable public static var readsMemory: Flags { Flags(rawValue: 1 << 7) }
    @inlinable public static var writesMemory: Flags { Flags(rawValue: 1 << 8) }
    /// Contents and sizes of tables, and element segments.
    @inlinable public static var readsTables: Flags { Flags(rawValue: 1 << 9) }
    @inlinable public static var writesTables: Flags { Flags(rawValue: 1 << 10) }
    /// Fields of structures and elements of arrays.
    @inlinable public static var readsObjects: Flags { Flags(rawValue: 1 << 11) }
    @inlinable public static var writesObjects: Flags { Flags(rawValue: 1 << 12) }

    @inlinable public static var allReads: Flags {
      readsGlobals.union(readsMemory).union(readsTables).union(readsObjects)
    }
    @inlinable public static var allWrites: Flags {
      writesGlobals.union(writesMemory).union(writesTables).union(writesObjects)
    }
    /// What a callee may do.
    @inlinable public static var anyCall: Flags {
      calls.union(traps).union(throwsException).union(mayNotReturn).union(allReads).union(allWrites)
    }
    @inlinable public static var everything: Flags { anyCall.union(takesPayload) }
  }
}

extension Effects.Flags {
  @inlinable @inline(__always) public init() { rawValue = 0 }

  @inlinable @inline(__always) public init(arrayLiteral elements: Effects.Flags...) {
    var bits: UInt32 = 0
    for element in elements { bits |= element.rawValue }
    rawValue = bits
  }

  @inlinable @inline(__always) public static func == (left: Self, right: Self) -> Bool { left.rawValue == right.rawValue }
  @inlinable @inline(__always) public var isEmpty: Bool { rawValue == 0 }

  @inlinable @inline(__always) public func contains(_ other: Self) -> Bool {
    rawValue & other.rawValue == other.rawValue
  }
  @inlinable @inline(__always) public func isDisjoint(with other: Self) -> Bool { rawValue & other.rawValue == 0 }

  @inlinable @inline(__always) public func union(_ other: Self) -> Self { Self(rawValue: rawValue | other.rawValue) }
  @inlinable @inline(__always) public mutating func formUnion(_ other: Self) { self = union(other) }
  @inlinable @inline(__always) public mutating func insert(_ other: Self) { self = union(other) }

  @inlinable @inline(__always) public func intersection(_ other: Self) -> Self {
    Self(rawValue: rawValue & other.rawValue)
  }
  @inlinable @inline(__always) public mutating func formIntersection(_ other: Self) { self = intersection(other) }

  @inlinable @inline(__always) public func subtracting(_ other: Self) -> Self {
    Self(rawValue: rawValue & ~other.rawValue)
  }
  @inlinable @inline(__always) public mutating func subtract(_ other: Self) { self = subtracting(other) }
  @inlinable @inline(__always) public mutating func remove(_ other: Self) { self = subtracting(other) }
}
