import IR
import PassManager
import Support

/// Gives the locals that are named most often the indices with the fewest bytes, puts locals of one type side by side,
/// and drops those that nothing names.
///
///     (local $unused f64)          (local $often i32) (local $once i32)
///     (local $once i32)     ->
///     (local $often i32)
///
/// Locals of one type that stand together share a declaration. An index takes one byte up to 127, two up to 16,383: so
/// the locals are sorted by use, cut where the index grows, and each piece is sorted by type. If all in one piece, with
/// fewer declarations, takes no more bytes, it is that.
struct ReorderLocals: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    if body.localCount == body.parameterCount { return }
    let uses = LocalUses(of: body)
    let sorted = uses.sortedLocals()
    var order = LocalOrder(sorted, of: body, uses, indexLimits: 0)
    for limits in 1...2 where LocalOrder.indexLimit(limits - 1) < body.parameterCount + sorted.count {
      let other = LocalOrder(sorted, of: body, uses, indexLimits: limits)
      if other.byteCount < order.byteCount { order = other }
    }
    if order.keepsAll(of: body) { return }
    var newIDs = Column<LocalID>()
    newIDs.resize(to: body.localCount, filling: .none)
    var types = Column<ValueType>(capacity: body.parameterCount + order.locals.count)
    for index in 0..<body.parameterCount {
      newIDs[index] = LocalID(index)
      types.append(body.localTypes[index])
    }
    for index in 0..<order.locals.count {
      newIDs[order.locals[index].index] = LocalID(types.count)
      types.append(body.type(of: order.locals[index]))
    }
    body.renumberLocals(of: uses.users, to: newIDs, types: types)
  }
}

/// How often nodes name each local.
private struct LocalUses: ~Copyable {
  private(set) var counts = Column<UInt32>()
  /// The declared locals that nodes name, in the order in which they first do.
  private(set) var named = Column<LocalID>()
  /// The nodes that name locals, in the order of evaluation.
  private(set) var users = Column<NodeID>()

  init(of body: borrowing Body) {
    counts.resize(to: body.localCount, filling: 0)
    body.forEachNodeWithLocals { note($0, in: body) }
  }

  @inline(__always)
  private mutating func note(_ id: NodeID, in body: borrowing Body) {
    users.append(id)
    body.forEachLocal(of: id) { local in
      if counts[local.index] == 0 && local.index >= body.parameterCount { named.append(local) }
      counts[local.index] += 1
    }
  }

  /// The locals named most often first; as they come where they are equal, so that code that is alike stays alike.
  func sortedLocals() -> Column<LocalID> {
    // Ascending: a great count is a small key.
    var keys = Column<UInt64>(capacity: named.count)
    var isSorted = true
    for index in 0..<named.count {
      let key = UInt64(~counts[named[index].index]) << 32 | UInt64(index)
      if index > 0 && key < keys.last { isSorted = false }
      keys.append(key)
    }
    if !isSorted { keys.sort() }
    var sorted = Column<LocalID>(capacity: named.count)
    for index in 0..<keys.count { sorted.append(named[Int(keys[index] & 0xffff_ffff)]) }
    return sorted
  }
}

/// One order of the declared locals, and what it costs.
private struct LocalOrder: ~Copyable {
  private(set) var locals = Column<LocalID>()
  /// Of the declarations and all indices.
  private(set) var byteCount = 0

  /// Where indices take another byte.
  static func indexLimit(_ number: Int) -> Int { number == 0 ? 128 : 16_384 }

  /// - Parameter indexLimits: over so many of the places where the index grows no local moves.
  init(
    _ sorted: borrowing Column<LocalID>, of body: borrowing Body, _ uses: borrowing LocalUses, indexLimits: Int
  ) {
    locals.resize(to: sorted.count, filling: .none)
    var start = 0
    for number in 0...indexLimits {
      let limit = number < indexLimits ? LocalOrder.indexLimit(number) : Int.max
      let end = min(sorted.count, max(start, limit - body.parameterCount))
      place(start..<end, of: sorted, in: body)
      start = end
    }
    for offset in 0..<locals.count {
      let index = body.parameterCount + offset
      byteCount += Int(uses.counts[locals[offset].index]) * (index < 128 ? 1 : index < 16_384 ? 2 : 3)
      // A declaration is a count and a type, which may be longer than the one byte of a number's type.
      if offset == 0 || body.type(of: locals[offset - 1]) != body.type(of: locals[offset]) { byteCount += 2 }
    }
  }

  /// Places a piece, its types in the order in which they come.
  private mutating func place(_ piece: Range<Int>, of sorted: borrowing Column<LocalID>, in body: borrowing Body) {
    var types = TypeNumbers()
    /// By type: how many locals, then where the next goes.
    var places = Column<Int>()
    for index in piece {
      let number = types.number(of: body.type(of: sorted[index]))
      if number == places.count { places.append(0) }
      places[number] += 1
    }
    var next = piece.lowerBound
    for number in 0..<places.count {
      let count = places[number]
      places[number] = next
      next += count
    }
    for index in piece {
      let number = types.number(of: body.type(of: sorted[index]))
      locals[places[number]] = sorted[index]
      places[number] += 1
    }
  }

  /// Whether it is the order that the locals have, and none goes.
  func keepsAll(of body: borrowing Body) -> Bool {
    if locals.count != body.localCount - body.parameterCount { return false }
    return (0..<locals.count).allSatisfy { locals[$0].index == body.parameterCount + $0 }
  }
}

/// Numbers types as they come.
private struct TypeNumbers: ~Copyable {
  /// So many are compared; most bodies have no more.
  private static let comparedCount = 6

  /// By number.
  private var types = Column<ValueType>()
  private var others: [ValueType: Int] = [:]

  mutating func number(of type: ValueType) -> Int {
    for number in 0..<min(types.count, TypeNumbers.comparedCount) where types[number] == type { return number }
    if let number = others[type] { return number }
    types.append(type)
    if types.count > TypeNumbers.comparedCount { others[type] = types.count - 1 }
    return types.count - 1
  }
}
