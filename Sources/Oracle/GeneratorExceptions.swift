import IR

// Exceptions in their two forms.

extension GeneratorState {
  private mutating func pickTag() -> TagID { TagID(random.below(module.tags.count)) }

  private func parameters(of tag: TagID) -> [ValueType] {
    module.types[module.tags[tag].type].function?.parameters ?? []
  }

  mutating func throwException() {
    let tag = pickTag()
    sequence(parameters(of: tag))
    emit(.throw, tag)
  }

  /// Throws, perhaps, where something is there to catch it.
  private mutating func throwPerhaps() {
    if module.tags.isEmpty || random.oneIn(4) { return statements(1) }
    if random.oneIn(3) { return throwException() }
    conditionalEnd { state in state.throwException() }
  }

  mutating func exceptionStatement() {
    guard !exceptionForms.isEmpty else { return }
    let results = random.oneIn(2) ? [] : [randomType()]
    if exceptionForms.contains(.legacy) && (exceptionForms == .legacy || random.oneIn(2)) {
      legacyTry([], results)
    } else {
      tryTable([], results)
    }
    consume(results)
  }

  // MARK: Legacy

  mutating func legacyTry(_ parameters: [ValueType], _ results: [ValueType]) {
    open(.try, parameters, results)
    if random.oneIn(2) { throwPerhaps() }
    body(parameters, results)
    if random.oneIn(5) {
      emit(.delegate)
      closeFrame()
      index(random.below(frames.count))
      return
    }
    if !module.tags.isEmpty {
      for _ in 0..<random.below(4) {
        let tag = pickTag()
        nextArm(.catch)
        index(tag)
        frames[frames.count - 1].kind = .legacyCatch
        body(self.parameters(of: tag), results)
      }
    }
    if random.oneIn(2) {
      nextArm(.catchAll)
      frames[frames.count - 1].kind = .legacyCatch
      body([], results)
    }
    end()
  }

  /// False if no catch is open.
  mutating func rethrow() -> Bool {
    let catches = frames.indices.filter { frames[$0].kind == .legacyCatch }
    guard !catches.isEmpty else { return false }
    emit(.rethrow, label: label(of: random.pick(catches)))
    return true
  }

  // MARK: try_table

  private struct Clause {
    enum Kind: UInt8 { case `catch`, catchReference, catchAll, catchAllReference }
    let kind: Kind
    let tag: TagID?
    let passed: [ValueType]
  }

  private mutating func randomClause() -> Clause {
    let passesReference = hasExceptionReferences && random.oneIn(2)
    let reference = passesReference ? [hasGC ? ValueType.exnref.asNonNull : .exnref] : []
    if module.tags.isEmpty || random.oneIn(3) {
      return Clause(kind: passesReference ? .catchAllReference : .catchAll, tag: nil, passed: reference)
    }
    let tag = pickTag()
    return Clause(
      kind: passesReference ? .catchReference : .catch, tag: tag, passed: parameters(of: tag) + reference)
  }

  /// `try_table` in two blocks: one for what its first clause passes, and one that its result leaves.
  mutating func tryTable(_ parameters: [ValueType], _ results: [ValueType]) {
    var first = randomClause()
    let canTakePassed = hasMultivalue || first.passed.count < 2 && parameters.isEmpty
    if !canTakePassed { first = Clause(kind: .catchAll, tag: nil, passed: []) }
    open(.block, parameters, results)
    open(.block, parameters, first.passed)
    open(.tryTable, parameters, results)
    emitClauses(first)
    openFrame(.tryTable, parameters, results)
    if random.oneIn(2) { throwPerhaps() }
    body(parameters, results)
    end()
    emit(.br, label: 1)
    end()
    body(first.passed, results)
    end()
  }

  /// `first` with the innermost label, and others with any that fits. The label of the `try_table` is not open yet.
  private mutating func emitClauses(_ first: Clause) {
    var clauses = [(first, label: 0)]
    for _ in 0..<random.pick([0, 0, 1, 2, 5]) {
      let clause = randomClause()
      let passed = clause.passed
      let position = pickLabel { [passed] state, types in state.matches(passed, types) }
      guard let position, frames[position].kind != .loop || random.oneIn(4) else { continue }
      clauses.insert((clause, label(of: position)), at: random.below(clauses.count + 1))
    }
    index(clauses.count)
    for (clause, label) in clauses {
      out.append(clause.kind.rawValue)
      if let tag = clause.tag { index(tag) }
      index(label)
    }
  }

  /// A caught exception as a value.
  mutating func caughtReference() {
    open(.block, [], [.exnref])
    open(.tryTable)
    index(1)
    out.append(Clause.Kind.catchAllReference.rawValue)
    index(0)
    openFrame(.tryTable, [], [])
    throwException()
    end()
    refNull(.exn)
    end()
  }
}
