import Support

// Source positions: where in its source an instruction comes from, as a source map tells (ECMA-426).

/// A place in a source file.
@frozen public struct SourcePosition: Hashable, BitwiseCopyable, Sendable {
  /// Index among the sources of the map.
  public var file: UInt32
  /// From 0, as in the map.
  public var line: UInt32
  public var column: UInt32
  /// Index among the names of the map; `.max` if the position has none.
  public var name: UInt32

  public init(file: UInt32, line: UInt32, column: UInt32, name: UInt32 = .max) {
    self.file = file
    self.line = line
    self.column = column
    self.name = name
  }
}

/// A position of the module's source map. `none`: nothing is known.
@frozen public struct PositionID: EntityID {
  public let rawValue: UInt32
  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  /// It is known that there is no position: the map says so.
  @inlinable public static var nowhere: PositionID { PositionID(rawValue: .max - 1) }

  /// Whether it is one of the map's.
  @inlinable public var isPlace: Bool { rawValue < PositionID.nowhere.rawValue }
}

/// From where on the instructions of a body at rest come from `position`: up to the next mark, or to the end.
package struct PositionMark: Hashable, BitwiseCopyable, Sendable {
  /// Bytes from the start of the body (its locals).
  package var offset: UInt32
  /// `nowhere` or a place.
  package var position: PositionID

  package init(offset: UInt32, position: PositionID) {
    self.offset = offset
    self.position = position
  }
}

/// What a source map tells besides its mappings, and the positions that these name.
package struct SourceMap: Sendable {
  /// A member of the JSON object that stays as it is in the input.
  package struct Member: Sendable {
    package let key: String
    package let value: Bytes

    package init(key: String, value: Bytes) {
      self.key = key
      self.value = value
    }
  }

  /// In the order of the output.
  package var members: [Member] = []
  package var files: [String] = []
  package var names: [String] = []
  package var positions = EntityTable<PositionID, SourcePosition>()

  package init() {}
}

extension Body {
  /// The node's own position; `none` if nothing is known, as of a node that a pass has made.
  @inlinable public func position(of id: NodeID) -> PositionID {
    id.index < positions.count ? positions[id.index] : .none
  }

  public mutating func setPosition(of id: NodeID, to position: PositionID) {
    if id.index >= positions.count { positions.resize(to: id.index + 1, filling: .none) }
    positions[id.index] = position
  }

  /// Gives the position of `old` to `new`, which takes its place, unless it has one of its own. Nothing to do, and next
  /// to no cost, in a body without positions.
  @inlinable @inline(__always) public mutating func movePosition(from old: NodeID, to new: NodeID) {
    if !positions.isEmpty { inheritPosition(from: old, to: new) }
  }

  @usableFromInline @inline(never) mutating func inheritPosition(from old: NodeID, to new: NodeID) {
    guard !new.isNone && !old.isNone && position(of: new).isNone else { return }
    let position = position(of: old)
    if !position.isNone { setPosition(of: new, to: position) }
  }

  @usableFromInline @inline(never) mutating func inheritPosition(
    ofOperand position: Int, of id: NodeID, to new: NodeID
  ) {
    inheritPosition(from: operand(position, of: id), to: new)
  }

  /// Gives all nodes that have been made since the last call the same position.
  package mutating func fillPositions(with position: PositionID) {
    positions.resize(to: nodes.count, filling: position)
  }
}
