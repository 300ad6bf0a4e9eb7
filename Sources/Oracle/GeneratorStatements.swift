import IR

/// What leaves the stack as it was.
enum StatementKind: Int, CaseIterable {
  case instruction, setLocal, setGlobal, call, block, conditional, countingLoop, branchIf, selection, castBranch
  case conditionalEnd, walk, nest, exceptions, nop

  var weight: Int {
    switch self {
    case .instruction: return 60
    case .setLocal: return 40
    case .call, .block, .conditional, .walk: return 15
    case .setGlobal, .branchIf, .castBranch, .conditionalEnd: return 10
    case .exceptions: return 12
    case .countingLoop, .selection: return 8
    case .nop: return 2
    case .nest: return 1
    }
  }
}

extension GeneratorState {
  mutating func statement() {
    guard depth < style.depthLimit && budget > 0 else { return smallStatement() }
    depth += 1
    defer { depth -= 1 }
    switch StatementKind.allCases[random.index(weighted: style.statements)] {
    case .instruction: if let instruction = anyInstruction() { performStatement(instruction) }
    case .setLocal: setLocal()
    case .setGlobal:
      let type = randomType()
      expression(type)
      consume(type)
    case .call: if let call = callInstruction(where: { _, _ in true }) { performStatement(call) }
    case .block: blockStatement()
    case .conditional: conditional()
    case .countingLoop: random.oneIn(2) ? countingLoop() : indexLoop()
    case .branchIf: branchIf()
    case .selection: selection()
    case .castBranch: if hasGC { castBranchStatement() }
    case .conditionalEnd: conditionalEnd { state in state.diverge() }
    case .walk: walk(from: [], to: [], steps: random.number(2...10))
    case .nest: if random.oneIn(2) { nest() }
    case .exceptions: exceptionStatement()
    case .nop: emit(.nop)
    }
  }

  mutating func statements(_ count: Int) {
    for _ in 0..<count where budget > 0 { statement() }
  }

  private mutating func smallStatement() {
    guard budget > 0 else { return }
    let type = randomType()
    leaf(type)
    consume(type)
  }

  private mutating func performStatement(_ instruction: PlannedInstruction) {
    perform(instruction)
    consume(instruction.results)
  }

  private mutating func setLocal() {
    guard !locals.isEmpty else { return smallStatement() }
    let local = random.below(locals.count)
    guard isConstructible(locals[local].type) else { return }
    expression(locals[local].type)
    set(local: local)
  }

  private mutating func blockStatement() {
    var parameters: [ValueType] = []
    var results: [ValueType] = []
    if hasMultivalue && random.oneIn(3) { parameters = (0..<random.number(1...3)).map { _ in randomType() } }
    if random.oneIn(2) { results = (0..<random.number(1...(hasMultivalue ? 3 : 1))).map { _ in randomType() } }
    sequence(parameters)
    block(parameters, results)
    consume(results)
  }

  // MARK: Loops and choices as compilers write them

  private mutating func conditional() {
    condition()
    open(.if)
    statements(random.number(1...3))
    if random.oneIn(style.divergeRate) { diverge() }
    if random.oneIn(2) {
      nextArm(.else)
      statements(random.number(1...2))
    }
    end()
  }

  /// `if` with something that does not come back in it.
  mutating func conditionalEnd(_ diverge: (inout GeneratorState) -> Void) {
    condition()
    open(.if)
    if random.oneIn(4) { statement() }
    diverge(&self)
    if random.oneIn(4) { walk(from: [], to: [], steps: random.number(1...4), isDead: true) }
    end()
  }

  /// A branch table over blocks that stand within each other, each with code behind it.
  private mutating func selection() {
    let count = random.number(1...6)
    let out = frames.count
    for _ in 0...count { open(.block) }
    expression(.i32)
    if !random.oneIn(4) {
      i32(random.pick([3, 7]))
      emit(.i32And)
    }
    emit(.brTable)
    let length = random.oneIn(20) ? random.number(50...300) : random.number(0...count + 2)
    index(length)
    for _ in 0...length { index(random.below(count + 1)) }
    for _ in 0..<count {
      end()
      statements(random.below(3))
      if random.oneIn(2) { emit(.br, label: label(of: out)) }
    }
    end()
  }
}
