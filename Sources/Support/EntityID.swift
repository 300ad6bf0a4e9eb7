/// A 32-bit index into one table, typed so that two kinds of index can't be mixed up.
public protocol EntityID: Hashable, Comparable, BitwiseCopyable, Sendable, CustomStringConvertible {
  var rawValue: UInt32 { get }
  init(rawValue: UInt32)
}

extension EntityID {
  @inlinable public init(_ index: Int) { self.init(rawValue: UInt32(truncatingIfNeeded: index)) }

  /// The id as an array index.
  @inlinable public var index: Int { Int(rawValue) }

  /// Stands for "no such entity"; never a valid index.
  @inlinable public static var none: Self { Self(rawValue: .max) }

  @inlinable public var isNone: Bool { rawValue == .max }

  @inlinable public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

  public var description: String { isNone ? "none" : String(rawValue) }
}

/// An array whose index is a typed id.
@frozen public struct EntityTable<ID: EntityID, Value> {
  public var values: [Value]

  @inlinable public init(_ values: [Value] = []) { self.values = values }

  @inlinable public var count: Int { values.count }
  @inlinable public var isEmpty: Bool { values.isEmpty }

  @inlinable public subscript(id: ID) -> Value {
    _read { yield values[id.index] }
    _modify { yield &values[id.index] }
  }

  /// The ids of all entries, ascending.
  @inlinable public var ids: LazyMapSequence<Range<Int>, ID> { (0..<values.count).lazy.map { ID($0) } }

  @inlinable public func contains(_ id: ID) -> Bool { id.index < values.count }

  @discardableResult
  @inlinable public mutating func append(_ value: Value) -> ID {
    values.append(value)
    return ID(values.count - 1)
  }
}

extension EntityTable: Sendable where Value: Sendable {}
