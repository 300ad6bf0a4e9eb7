import Support

// One type of index for each index space. An id is stable: it is not renumbered while passes run, whatever they
// remove or reorder; the writer gives the final indices.

@frozen package struct TypeID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen package struct FunctionID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen package struct TableID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen package struct MemoryID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen package struct GlobalID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen package struct TagID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen package struct ElementID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

@frozen package struct DataID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A local of one function; parameters come first.
@frozen package struct LocalID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// A branch target of one body.
@frozen package struct LabelID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// The label of the function itself: a branch there returns.
  package static let function = LabelID(rawValue: 0)
}

/// A node of one body in IR.
@frozen package struct NodeID: EntityID {
  package let rawValue: UInt32
  @inlinable package init(rawValue: UInt32) { self.rawValue = rawValue }
}
