import Analysis
import IR
import Support

/// Reads of a reference that is in several locals: they are to use the local whose type tells most.
struct ExactReads {
  /// So many locals with the same value are compared.
  private static let comparisonLimit = 8

  private let types: TypeTable
  /// Locals that get the value with this number.
  private var locals: [ValueNumber: [LocalID]] = [:]

  /// - Parameter copies: accesses that assign what the local of the access before has, of another type.
  init(
    _ copies: [Int], in body: borrowing Body, _ flow: borrowing ControlFlowGraph, _ values: borrowing LocalGraph,
    _ numbers: borrowing ValueNumbers, _ types: TypeTable
  ) {
    self.types = types
    for copy in copies {
      guard case .copy(let source) = body.assignedValue(of: copy, in: flow, values) else { continue }
      for index in copy - 1...copy { add(flow.accesses[index].local, numbers[source], in: body) }
    }
  }

  private mutating func add(_ local: LocalID, _ number: ValueNumber, in body: borrowing Body) {
    // Of other locals validation may not see that they are set.
    guard local.index < body.parameterCount || body.type(of: local).isDefaultable else { return }
    var known = locals[number] ?? []
    if known.count == Self.comparisonLimit || known.contains(local) { return }
    known.append(local)
    locals[number] = known
  }

  func apply(
    to body: inout Body, _ flow: borrowing ControlFlowGraph, _ dominators: borrowing Dominators,
    _ values: borrowing LocalGraph, _ numbers: borrowing ValueNumbers
  ) {
    if locals.isEmpty { return }
    var current = CurrentValues(of: values)
    for place in 0..<dominators.order.count {
      let block = dominators.order[place]
      current.enter(block, of: values, dominators)
      for index in flow.accessRange(of: block) {
        let access = flow.accesses[index]
        if access.isWrite {
          current.write(access.local, index, of: values)
        } else if body.type(of: access.local).isReference {
          let best = bestLocal(for: access.local, values.value(readBy: index), current, in: body, numbers)
          if best == access.local { continue }
          body.setLocal(of: access.node, to: best)
          body.refineType(of: access.node, to: ResultType(body.type(of: best)))
        }
      }
    }
  }

  private func bestLocal(
    for local: LocalID, _ value: LocalValue, _ current: borrowing CurrentValues, in body: borrowing Body,
    _ numbers: borrowing ValueNumbers
  ) -> LocalID {
    guard !value.isNone, let others = locals[numbers[value]] else { return local }
    var best = local
    for other in others where body.type(of: other) != body.type(of: best) {
      guard !current[other].isNone, numbers[current[other]] == numbers[value] else { continue }
      if types.matches(body.type(of: other), body.type(of: best)) { best = other }
    }
    return best
  }
}
