import Analysis
import IR
import PassManager
import Support

/// Puts what is stored to a new structure into the instruction that makes it.
///
///     (local.set $x                              (local.set $x
///       (struct.new $s (i32.const 1)))     ->      (struct.new $s (call $f)))
///     (struct.set $s 0 (local.get $x)
///       (call $f))
///
/// Between the two may stand what neither touches the local nor minds that the value is computed before it.
///
/// After Binaryen's pass of that name, which moves assignments down step by step. Linear: no more than a few structures
/// of a list are kept in mind.
struct HeapStoreOptimization: FunctionPass {
  func run(on body: inout Body, in context: borrowing FunctionContext) {
    guard context.declarations.hasAggregates, Self.mayApply(to: body) else { return }
    var merging = StoreMerging(in: body, context.declarations.types)
    body.rewriteBottomUp { body, id in
      switch body.opcode(of: id) {
      case .block: merging.merge(itemsOf: id, from: 0, in: &body)
      case .keep: merging.merge(itemsOf: id, from: 1, in: &body)
      default: break
      }
      return id
    }
  }

  private static func mayApply(to body: borrowing Body) -> Bool {
    var (makes, stores) = (false, false)
    for index in 0..<body.nodes.count {
      switch body.nodes[index].opcode {
      case .structNew, .structNewDefault: makes = true
      case .structSet: stores = true
      default: continue
      }
      if makes && stores { return true }
    }
    return false
  }
}

private struct StoreMerging: ~Copyable {
  /// How many structures are kept in mind.
  private static let candidateLimit = 4
  /// What `struct.set` of a local takes, in bytes.
  private static let storeSize = 6

  /// A new structure that is in a local and nowhere else.
  private struct Candidate: BitwiseCopyable {
    let local: LocalID
    let structure: NodeID
    /// Of what stands between the assignment and the place that has been reached.
    var between = Effects.none
  }

  private let types: TypeTable
  /// Whether an exception may lead to other code of the function, which may read the local.
  private let hasHandlers: Bool
  private var effects: EffectsColumn
  private var candidates: [Candidate] = []

  init(in body: borrowing Body, _ types: TypeTable) {
    self.types = types
    hasHandlers = (0..<body.nodes.count).contains { [.try, .tryTable].contains(body.nodes[$0].opcode) }
    effects = EffectsColumn(of: body)
  }

  mutating func merge(itemsOf list: NodeID, from first: Int, in body: inout Body) {
    candidates.removeAll(keepingCapacity: true)
    let count = body.operandCount(of: list)
    for position in first..<max(first, count) {
      let item = body.operand(position, of: list)
      guard case .structSet(let store) = body[item] else {
        pass(item, in: body)
        continue
      }
      if mergeIntoCandidate(store, in: &body) {
        body.setOperand(position, of: list, to: body.makeEmptySequence())
      } else if let assignment = mergeIntoTee(store, in: &body) {
        effects[assignment] = effects[item]
        body.setOperand(position, of: list, to: assignment)
        pass(assignment, in: body)
      } else {
        pass(item, in: body)
      }
    }
  }

  /// Goes on behind an item that stays as it is.
  private mutating func pass(_ item: NodeID, in body: borrowing Body) {
    let passed = effects[item]
    let leads = mayLead(passed)
    candidates.removeAll { candidate in
      let uses = Effects(writing: candidate.local).localsWritten & (passed.localsRead | passed.localsWritten)
      return uses != 0 || leads
    }
    for index in candidates.indices { candidates[index].between.formUnion(passed) }
    guard case .localSet(let assignment) = body[item], makesStructure(assignment.value, in: body) else { return }
    if candidates.count == Self.candidateLimit { candidates.removeFirst() }
    candidates.append(Candidate(local: assignment.local, structure: assignment.value))
  }

  /// Whether control may go on elsewhere in the function.
  private func mayLead(_ effects: Effects) -> Bool {
    hasHandlers ? effects.transfersControl : effects.branchCount > 0
  }

  private func makesStructure(_ id: NodeID, in body: borrowing Body) -> Bool {
    body.opcode(of: id) == .structNew || body.opcode(of: id) == .structNewDefault
  }

  private mutating func mergeIntoCandidate(_ store: StructSetNode, in body: inout Body) -> Bool {
    guard case .localGet(let local) = body[store.reference],
      let index = candidates.firstIndex(where: { $0.local == local }),
      effects[store.value].mayReorder(with: candidates[index].between),
      mergeValue(of: store, into: candidates[index].structure, in: local, in: &body)
    else { return false }
    for other in candidates.indices where other < index { candidates[other].between.formUnion(effects[store.value]) }
    return true
  }

  /// The assignment that is left of a store whose structure is made in place; nil if the store stays.
  private mutating func mergeIntoTee(_ store: StructSetNode, in body: inout Body) -> NodeID? {
    guard case .localTee(let tee) = body[store.reference], makesStructure(tee.value, in: body),
      mergeValue(of: store, into: tee.value, in: tee.local, in: &body)
    else { return nil }
    return body.makeLocalSet(tee.local, tee.value)
  }

  /// Makes the value that of its field, if it may be computed there.
  private mutating func mergeValue(
    of store: StructSetNode, into structure: NodeID, in local: LocalID, in body: inout Body
  ) -> Bool {
    let moved = effects[store.value]
    let bit = Effects(writing: local).localsWritten
    if mayLead(moved) || bit & (moved.localsRead | moved.localsWritten) != 0 { return false }
    if body.opcode(of: structure) == .structNewDefault {
      return mergeValue(of: store, intoDefaultsOf: structure, in: &body)
    }
    let field = Int(store.field)
    let fields = body.operandCount(of: structure)
    guard (field + 1..<fields).allSatisfy({ moved.mayReorder(with: effects[body.operand($0, of: structure)]) })
    else { return false }
    let old = body.operand(field, of: structure)
    if !effects[old].hasSideEffects {
      body.setOperand(field, of: structure, to: store.value)
      return true
    }
    let drop = body.makeDropIfNeeded(old)
    let both = body.makeBlock([drop, store.value], type: body.type(of: store.value))
    var union = effects[old]
    union.formUnion(moved)
    effects[drop] = effects[old]
    effects[both] = union
    body.setOperand(field, of: structure, to: both)
    return true
  }

  /// Spells the defaults out, if that is not longer.
  private mutating func mergeValue(
    of store: StructSetNode, intoDefaultsOf structure: NodeID, in body: inout Body
  ) -> Bool {
    guard case .structNewDefault(let type) = body[structure], let fields = types[type].fields else { return false }
    let others = fields.indices.filter { $0 != Int(store.field) }
    let size = others.reduce(0) { $0 + fields[$1].storage.unpacked.defaultSize }
    if size > Self.storeSize { return false }
    let values = fields.indices.map { index in
      index == Int(store.field) ? store.value : body.makeDefault(of: fields[index].storage.unpacked, types)
    }
    for index in others { effects[values[index]] = .none }
    let list = body.makeList(values)
    body.replace(
      structure,
      with: NodeRecord(
        .structNew, body.type(of: structure), a: type.rawValue, b: UInt32(list.range.lowerBound), c: UInt32(list.count)))
    return true
  }
}

extension ValueType {
  /// What a constant that is the default takes, in bytes.
  fileprivate var defaultSize: Int {
    switch self {
    case .f32: return 5
    case .f64: return 9
    case .v128: return 18
    default: return 2
    }
  }
}

extension Body {
  /// Zero, or null, which needs no type of the module.
  mutating func makeDefault(of type: ValueType, _ types: TypeTable) -> NodeID {
    type.isReference ? makeRefNull(TypeTable.bottom(of: types.top(of: type.heapType))) : makeDefault(of: type)
  }
}
