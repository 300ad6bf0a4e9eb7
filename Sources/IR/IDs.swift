import Support

// One type of index for each index space. An id is stable: it is not renumbered while passes run, whatever they
// remove or reorder; the writer gives the final indices.

@frozen public struct TypeID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen public struct FunctionID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen public struct TableID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen public struct MemoryID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen public struct GlobalID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen public struct TagID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen public struct ElementID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen public struct DataID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A local of one function; parameters come first.
@frozen public struct LocalID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A branch target of one body.
@frozen public struct LabelID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The label of the function itself: a branch there returns.
  @inlinable public static var function: LabelID { LabelID(rawValue: 0) }
}

/// A node of one body in IR.
@frozen public struct NodeID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}
