import BinaryFormat
import IR
import Support

// Function bodies.

extension GeneratorState {
  mutating func generateBodies() {
    let total = options.instructionBudget * random.pick([1, 5, 10, 20, 20, 20, 60]) / 20
    let functions = definedFunctions
    var rest = total
    for (position, id) in functions.enumerated() {
      let share = max(5, rest / (functions.count - position))
      budget = random.oneIn(4) ? 5 : random.number(share / 2...share * 2)
      rest = max(0, rest - budget)
      bodies.append(generateBody(of: id))
    }
  }

  private mutating func generateBody(of id: FunctionID) -> GeneratedBody {
    let signature = signature(of: id)
    beginFunction(signature)
    if id == burn {
      generateBurn()
    } else if id == reset {
      generateReset()
    } else {
      declareLocals()
      spendFuel()
      generateStatements()
      finish(signature.results)
    }
    emit(.end)
    return takeBody()
  }

  private mutating func beginFunction(_ signature: FunctionType) {
    locals = signature.parameters.map { GeneratorLocal(type: $0, isSet: true) }
    parameterCount = locals.count
    initializedLocals = []
    frames = [GeneratorFrame(kind: .function, labelTypes: signature.results, initializedHeight: 0)]
    labelCount = 0
    hints = []
    depth = 0
  }

  private mutating func declareLocals() {
    let count = random.oneIn(20) ? random.number(20...80) : random.below(8)
    for _ in 0..<count { locals.append(contentsOf: [randomLocal()]) }
  }

  private mutating func randomLocal() -> GeneratorLocal {
    let type = randomType()
    return GeneratorLocal(type: type, isSet: type.isDefaultable)
  }

  /// Statements until the budget is gone, each with a part of it so that one does not take all.
  private mutating func generateStatements() {
    while budget > 0 {
      let rest = max(0, budget - random.number(5...150))
      budget -= rest
      statement()
      // Statements may be empty.
      budget += rest - 1
    }
  }

  private mutating func finish(_ results: [ValueType]) {
    budget = random.below(40)
    switch random.below(8) {
    case 0:
      diverge()
      walk(from: [], to: results, steps: random.below(5), isDead: true)
    case 1:
      sequence(results)
      emit(.return)
    default: sequence(results)
    }
  }

  private mutating func takeBody() -> GeneratedBody {
    let code = out.withUnsafeBuffer { Array($0) }
    out.removeAll()
    writeLocals(locals[parameterCount...].map(\.type))
    let declaration = out.withUnsafeBuffer { Array($0) }
    out.removeAll()
    return GeneratedBody(
      locals: declaration, code: code, hints: hints, localCount: locals.count, labelCount: labelCount)
  }

  /// Runs of equal types as one group each, or not.
  private mutating func writeLocals(_ types: [ValueType]) {
    var groups: [(count: Int, type: ValueType)] = []
    for type in types {
      if let last = groups.last, last.type == type && !random.oneIn(10) {
        groups[groups.count - 1].count += 1
      } else {
        groups.append((1, type))
      }
      if random.oneIn(100) { groups.append((0, randomNumberType())) }
    }
    index(groups.count)
    for group in groups {
      index(group.count)
      valueType(group.type)
    }
  }
}
