/// A 32-bit index into one table, typed so that two kinds of index can't be mixed up.
package protocol EntityID: Hashable, Comparable, BitwiseCopyable, Sendable, CustomStringConvertible {
  var rawValue: UInt32 { get }
  init(rawValue: UInt32)
}

extension EntityID {
  @inlinable package init(_ index: Int) { self.init(rawValue: UInt32(truncatingIfNeeded: index)) }

  /// The id as an array index.
  @inlinable package var index: Int { Int(rawValue) }

  /// Stands for "no such entity"; never a valid index.
  @inlinable package static var none: Self { Self(rawValue: .max) }

  @inlinable package var isNone: Bool { rawValue == .max }

  @inlinable package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  package var description: String { isNone ? "none" : String(rawValue) }
}

/// An array whose index is a typed id.
@frozen package struct EntityTable<ID: EntityID, Value> {
  package var values: [Value]

  @inlinable package init(_ values: [Value] = []) { self.values = values }

  @inlinable package var count: Int { values.count }
  @inlinable package var isEmpty: Bool { values.isEmpty }

  @inlinable package subscript(id: ID) -> Value {
    _read { yield values[id.index] }
    _modify { yield &values[id.index] }
  }

  /// The ids of all entries, ascending.
  @inlinable package var ids: LazyMapSequence<Range<Int>, ID> { (0..<values.count).lazy.map { ID($0) } }

  @inlinable package func contains(_ id: ID) -> Bool { id.index < values.count }

  @discardableResult
  @inlinable package mutating func append(_ value: Value) -> ID {
    values.append(value)
    return ID(values.count - 1)
  }
}

extension EntityTable: Sendable where Value: Sendable {}
