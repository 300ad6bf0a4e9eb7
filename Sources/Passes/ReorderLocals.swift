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
    let sorted = uses.sortedLocals
    let limits = [128, 16_384].prefix { $0 < body.parameterCount + sorted.count }
    let order = (0...limits.count)
      .map { Order(sorted, of: body, uses, indexLimits: limits.prefix($0)) }
      .min { $0.byteCount < $1.byteCount }!
    if order.keepsAll(of: body) { return }
    var newIDs = Column<LocalID>()
    newIDs.resize(to: body.localCount, filling: .none)
    var types = Column<ValueType>(capacity: body.parameterCount + order.locals.count)
    for local in (0..<body.parameterCount).map({ LocalID($0) }) + order.locals {
      newIDs[local.index] = LocalID(types.count)
      types.append(body.type(of: local))
    }
    body.renumberLocals(to: newIDs, types: types)
  }
}

/// How often nodes name each local.
private struct LocalUses: ~Copyable {
  private(set) var counts = Column<UInt32>()
  /// The declared locals that nodes name, in the order in which they first do.
  private(set) var named: [LocalID] = []

  init(of body: borrowing Body) {
    counts.resize(to: body.localCount, filling: 0)
    body.forEachNode { id in
      body.forEachLocal(of: id) { local in
        if counts[local.index] == 0 && local.index >= body.parameterCount { named.append(local) }
        counts[local.index] += 1
      }
    }
  }

  /// The locals named most often first; as they come where they are equal, so that code that is alike stays alike.
  var sortedLocals: [LocalID] {
    named.enumerated()
      .sorted {
        let (left, right) = (counts[$0.element.index], counts[$1.element.index])
        return left != right ? left > right : $0.offset < $1.offset
      }
      .map(\.element)
  }
}

/// One order of the declared locals, and what it costs.
private struct Order {
  private(set) var locals: [LocalID] = []
  /// Of the declarations and all indices.
  private(set) var byteCount = 0

  /// - Parameter indexLimits: ascending; no local moves over the place where the index reaches one of these.
  init(_ sorted: [LocalID], of body: borrowing Body, _ uses: borrowing LocalUses, indexLimits: ArraySlice<Int>) {
    var start = 0
    for limit in indexLimits + [Int.max] {
      let end = min(sorted.count, max(start, limit - body.parameterCount))
      append(sorted[start..<end], of: body)
      start = end
    }
    for (offset, local) in locals.enumerated() {
      let index = body.parameterCount + offset
      byteCount += Int(uses.counts[local.index]) * (index < 128 ? 1 : index < 16_384 ? 2 : 3)
      // A declaration is a count and a type, which may be longer than the one byte of a number's type.
      if offset == 0 || body.type(of: locals[offset - 1]) != body.type(of: local) { byteCount += 2 }
    }
  }

  /// Appends a piece, its types in the order in which they come.
  private mutating func append(_ piece: ArraySlice<LocalID>, of body: borrowing Body) {
    var groups: [[LocalID]] = []
    var numbers: [ValueType: Int] = [:]
    for local in piece {
      let type = body.type(of: local)
      if let number = numbers[type] {
        groups[number].append(local)
      } else {
        numbers[type] = groups.count
        groups.append([local])
      }
    }
    for group in groups { locals += group }
  }

  /// Whether it is the order that the locals have, and none goes.
  func keepsAll(of body: borrowing Body) -> Bool {
    locals.count == body.localCount - body.parameterCount
      && locals.enumerated().allSatisfy { $0.element.index == body.parameterCount + $0.offset }
  }
}
