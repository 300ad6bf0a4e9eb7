import IR
import Support

/// What is known to be in memory at a place of the code.
struct KnownContent: BitwiseCopyable {
  enum Source: UInt8 {
    /// In a local.
    case local
    /// A constant, by its node.
    case constant
    /// Only what `producer` stored or loaded.
    case producer
  }

  let place: MemoryPlace
  /// The load that gives the value.
  let load: Opcode
  /// How often the producer runs.
  let nesting: Nesting
  var source: Source
  /// The number of the local, or of the constant's node.
  var number: UInt32
  /// A load, or a store of a whole value; `none` if there are several.
  var producer: NodeID

  /// How many loops and arms of `if` are around a place of the code.
  struct Nesting: BitwiseCopyable {
    var loops: UInt16 = 0
    var arms: UInt16 = 0

    /// Whether code here probably runs as often as code there, or more often.
    func isAtLeastAsHot(as other: Nesting) -> Bool {
      loops > other.loops || loops == other.loops && arms <= other.arms
    }
  }
}

/// What is known at the place that a walk has reached, and what was at places that it comes back to. What is kept is
/// bounded by a constant for each open construct.
struct MemoryContents: ~Copyable {
  private static let limit = 12
  /// Beyond, nothing is kept for the ends of constructs.
  private static let savedLimit = 1 << 16

  /// A copy of the state; nothing is known if it has been lost.
  struct Saved: BitwiseCopyable {
    var start: Int32 = -1
    var count: Int32 = 0
    var isDead = true
  }

  private(set) var known = Column<KnownContent>()
  /// Control does not come here.
  var isDead = false
  private var saved = Column<KnownContent>()

  // MARK: At one place

  mutating func clear() { known.removeAll() }

  func index(of place: MemoryPlace, _ load: Opcode) -> Int? {
    (0..<known.count).first { known[$0].load == load && known[$0].place.isSame(as: place) }
  }

  mutating func add(_ content: KnownContent) {
    if isDead { return }
    if known.count == Self.limit {
      for index in 1..<known.count { known[index - 1] = known[index] }
      known.removeLast(1)
    }
    known.append(content)
  }

  /// The value of the content is in a local from now on.
  mutating func hold(_ producer: NodeID, in local: LocalID) {
    for index in 0..<known.count where known[index].producer == producer && known[index].source == .producer {
      known[index].source = .local
      known[index].number = local.rawValue
    }
  }

  private mutating func filter(_ keeps: (inout KnownContent) -> Bool) {
    var count = 0
    for index in 0..<known.count {
      var content = known[index]
      guard keeps(&content) else { continue }
      known[count] = content
      count += 1
    }
    known.truncate(to: count)
  }

  /// Something is stored there.
  mutating func forget(_ place: MemoryPlace) { filter { !$0.place.mayOverlap(place) } }

  mutating func forget(_ memory: MemoryID) { filter { $0.place.memory != memory } }

  /// The local is assigned.
  mutating func forget(_ local: LocalID) { forgetLocals { $0 == local } }

  mutating func forgetLocals(where isAssigned: (LocalID) -> Bool) {
    filter { content in
      if !content.place.base.isNone && isAssigned(content.place.base) { return false }
      if content.source == .local && isAssigned(LocalID(rawValue: content.number)) {
        content.source = .producer
        return !content.producer.isNone
      }
      return true
    }
  }

  // MARK: Where ways part and meet

  /// How much is saved; `release` gives it back.
  var savedCount: Int { saved.count }

  mutating func release(to count: Int) { if count < saved.count { saved.truncate(to: count) } }

  mutating func save() -> Saved {
    guard saved.count < Self.savedLimit else { return Saved(isDead: isDead).lost }
    let start = saved.count
    for index in 0..<known.count { saved.append(known[index]) }
    return Saved(start: Int32(start), count: Int32(known.count), isDead: isDead)
  }

  /// Keeps room for what comes to the end of a block.
  mutating func reserve() -> Saved {
    guard saved.count < Self.savedLimit else { return Saved().lost }
    let start = saved.count
    saved.resize(to: start + Self.limit, filling: KnownContent.nothing)
    return Saved(start: Int32(start))
  }

  mutating func restore(_ state: Saved) {
    known.removeAll()
    isDead = state.isDead
    for index in 0..<Int(state.count) { known.append(saved[Int(state.start) + index]) }
  }

  /// Leaves in `state`, which was reserved, what holds there and here.
  mutating func meet(into state: inout Saved, in body: borrowing Body) {
    if isDead { return }
    if state.isDead {
      state.isDead = false
      if state.start < 0 { return }
      state.count = Int32(known.count)
      for index in 0..<known.count { saved[Int(state.start) + index] = known[index] }
      return
    }
    var count = 0
    for index in 0..<Int(state.count) {
      var content = saved[Int(state.start) + index]
      guard let other = self.index(of: content.place, content.load),
        content.meet(known[other], in: body)
      else { continue }
      saved[Int(state.start) + count] = content
      count += 1
    }
    state.count = Int32(count)
  }

  /// Goes on with what holds here and there.
  mutating func meet(_ state: Saved, in body: borrowing Body) {
    if state.isDead { return }
    if isDead { return restore(state) }
    var count = 0
    for index in 0..<known.count {
      var content = known[index]
      guard let other = saved(content, in: state), content.meet(saved[other], in: body) else { continue }
      known[count] = content
      count += 1
    }
    known.truncate(to: count)
  }

  /// The position of what was known of the same place.
  private func saved(_ content: KnownContent, in state: Saved) -> Int? {
    (0..<Int(state.count)).lazy.map { Int(state.start) + $0 }.first {
      saved[$0].load == content.load && saved[$0].place.isSame(as: content.place)
    }
  }
}

extension MemoryContents.Saved {
  /// The same, of which nothing is known.
  fileprivate var lost: MemoryContents.Saved { MemoryContents.Saved(start: -1, count: 0, isDead: isDead) }
}

extension KnownContent {
  /// What fills a gap.
  fileprivate static var nothing: KnownContent {
    KnownContent(
      place: .nowhere, load: .i32Load, nesting: Nesting(), source: .producer, number: 0, producer: .none)
  }

  /// Leaves what this and `other`, of the same place, have in common; false if that is nothing.
  fileprivate mutating func meet(_ other: KnownContent, in body: borrowing Body) -> Bool {
    if place.addend != other.place.addend { return false }
    let isSame = source == other.source && (number == other.number || source == .constant && isEqualConstant(other, body))
    if producer == other.producer && !producer.isNone {
      if !isSame { source = .producer }
      return true
    }
    producer = .none
    return isSame && source != .producer
  }

  private func isEqualConstant(_ other: KnownContent, _ body: borrowing Body) -> Bool {
    body.isEqualConstant(NodeID(rawValue: number), NodeID(rawValue: other.number))
  }
}

extension Body {
  /// Whether both are the same constant, other than of a vector.
  func isEqualConstant(_ first: NodeID, _ second: NodeID) -> Bool {
    let (one, other) = (nodes[first.index], nodes[second.index])
    switch one.opcode {
    case .i32Const, .i64Const, .f32Const, .f64Const:
      return one.opcode == other.opcode && one.a == other.a && one.b == other.b
    default: return false
    }
  }
}
