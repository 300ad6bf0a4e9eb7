import Analysis
import IR
import Support

/// The number of a value: nodes with the same number have the same value where both have been computed.
struct ExpressionNumber: EntityID {
  let rawValue: UInt32
  init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What tells values apart: the operation, the numbers of its operands or its immediates, and the state that it reads.
struct ExpressionKey: BitwiseCopyable, Equatable {
  var operation: UInt32
  var words: (UInt32, UInt32, UInt32) = (0, 0, 0)
  var state: UInt32 = 0

  static func == (left: ExpressionKey, right: ExpressionKey) -> Bool {
    left.operation == right.operation && left.words == right.words && left.state == right.state
  }

  var hash: UInt64 {
    var hash = UInt64(operation) &* 0x9e37_79b9_7f4a_7c15
    Self.mix(words.0, into: &hash)
    Self.mix(words.1, into: &hash)
    Self.mix(words.2, into: &hash)
    Self.mix(state, into: &hash)
    return hash
  }

  @inline(__always)
  private static func mix(_ word: UInt32, into hash: inout UInt64) {
    hash = (hash ^ UInt64(word)) &* 0xff51_afd7_ed55_8ccd
    hash ^= hash >> 32
  }
}

/// A hash table of values, and of where each was computed first.
struct ExpressionTable: ~Copyable {
  struct Entry: BitwiseCopyable {
    let key: ExpressionKey
    let number: ExpressionNumber
    /// Where the value was computed, and when.
    var leader: NodeID
    var time: UInt32
  }

  private var entries = Column<Entry>()
  /// Positions of entries, by hash: open addressing, a power of two.
  private var slots = Column<UInt32>()

  init() { slots.resize(to: 64, filling: .max) }

  /// The position of the entry with this key; nil if there is none.
  func position(of key: ExpressionKey) -> Int? {
    var slot = Int(truncatingIfNeeded: key.hash) & (slots.count - 1)
    while slots[slot] != .max {
      if entries[Int(slots[slot])].key == key { return Int(slots[slot]) }
      slot = (slot + 1) & (slots.count - 1)
    }
    return nil
  }

  /// The position of the entry with this key, which stays; a new one, with what `make` returns, if there is none.
  mutating func position(of key: ExpressionKey, _ make: () -> Entry) -> (position: Int, isNew: Bool) {
    var slot = Int(truncatingIfNeeded: key.hash) & (slots.count - 1)
    while slots[slot] != .max {
      let position = Int(slots[slot])
      if entries[position].key == key { return (position, false) }
      slot = (slot + 1) & (slots.count - 1)
    }
    slots[slot] = UInt32(entries.count)
    entries.append(make())
    if 2 * entries.count > slots.count { grow() }
    return (entries.count - 1, true)
  }

  subscript(position: Int) -> Entry {
    get { entries[position] }
    set { entries[position] = newValue }
  }

  private mutating func grow() {
    let count = 2 * slots.count
    slots.removeAll()
    slots.resize(to: count, filling: .max)
    for position in 0..<entries.count {
      var slot = Int(truncatingIfNeeded: entries[position].key.hash) & (count - 1)
      while slots[slot] != .max { slot = (slot + 1) & (count - 1) }
      slots[slot] = UInt32(position)
    }
  }
}

/// What kinds of state a value can depend on. Each has a number that is another one after it may have changed.
struct ReadableState: ~Copyable {
  enum Kind: Int, CaseIterable {
    case globals, memory, tables, objects

    var reads: Effects.Flags {
      switch self {
      case .globals: return .readsGlobals
      case .memory: return .readsMemory
      case .tables: return .readsTables
      case .objects: return .readsObjects
      }
    }

    var writes: Effects.Flags {
      switch self {
      case .globals: return .writesGlobals
      case .memory: return .writesMemory
      case .tables: return .writesTables
      case .objects: return .writesObjects
      }
    }
  }

  /// By kind: when it changed last, as far as is known. The time serves as the number.
  private var changeTimes: InlineArray<4, UInt32> = [0, 0, 0, 0]

  /// The number of the state now.
  mutating func number(of kind: Kind, at times: inout DominatingTimes) -> UInt32 {
    if !times.contains(changeTimes[kind.rawValue]) { changeTimes[kind.rawValue] = times.tick() }
    return changeTimes[kind.rawValue]
  }

  mutating func perform(_ flags: Effects.Flags, at times: inout DominatingTimes) {
    if flags.isDisjoint(with: .allWrites) { return }
    for kind in Kind.allCases where flags.contains(kind.writes) { changeTimes[kind.rawValue] = times.tick() }
  }
}
