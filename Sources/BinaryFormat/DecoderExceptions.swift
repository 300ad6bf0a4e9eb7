import IR
import Support

// Exceptions: `throw`, `try_table`, and the legacy `try`.

extension BodyDecoder {
  mutating func readTag() throws -> TagID {
    let start = reader.position
    let tag = try reader.readU32()
    guard tag < declarations.tagTypes.count else {
      throw reader.error("unknown tag \(tag)", at: start, kind: .invalid)
    }
    return TagID(rawValue: tag)
  }

  func parameters(of tag: TagID) -> ArraySlice<ValueType> {
    declarations.parameters(of: declarations.tagTypes[tag.index])
  }

  mutating func decodeThrow(in body: inout Body) throws {
    let tag = try readTag()
    let list = try popList(parameters(of: tag), in: &body)
    pushDiverging(
      NodeRecord(.throw, .unreachable, a: tag.rawValue, b: UInt32(list.range.lowerBound), c: UInt32(list.count)),
      in: &body)
  }

  // MARK: try_table

  /// Reads the clauses behind the block type of `try_table`; returns where they begin in `catchClauses`.
  mutating func readCatchClauses(in body: inout Body) throws -> Int32 {
    let start = catchClauses.count
    let landingStart = landings.count
    let count = try reader.readCount(of: "catch clauses", itemSize: 2)
    for _ in 0..<count {
      let position = reader.position
      guard let kind = CatchClause.Kind(rawValue: UInt32(try reader.readByte())) else {
        throw reader.error("malformed catch clause", at: position)
      }
      let tag = kind.hasTag ? try readTag() : TagID.none
      let index = try readLabel()
      var passed = kind.hasTag ? Array(parameters(of: tag)) : []
      if kind.passesReference { passed.append(.reference(to: .exn, isNullable: false)) }
      try checkClause(passed, matches: labelType(index), in: body)
      let label = branchOrLandingLabel(index, from: landingStart, in: &body)
      catchClauses.append(CatchClause(kind: kind, tag: tag, label: label))
    }
    return Int32(start)
  }

  private func checkClause(_ passed: [ValueType], matches type: ResultType, in body: borrowing Body) throws {
    guard passed.count == body.arity(of: type) else {
      throw invalid("type mismatch: a catch clause passes \(passed.count) values, its label takes another number")
    }
    for (index, found) in passed.enumerated() { try check(found, matches: body.valueType(index, of: type)) }
  }

  mutating func makeTryTable(_ closed: Frame, _ arm: NodeID, in body: inout Body) -> NodeID {
    let start = body.pool.count
    let clauses = Int(closed.clauseStart)..<catchClauses.count
    for index in clauses {
      body.pool.append(catchClauses[index].kind.rawValue)
      body.pool.append(catchClauses[index].tag.rawValue)
      body.pool.append(catchClauses[index].label.rawValue)
    }
    catchClauses.truncate(to: clauses.lowerBound)
    return body.append(
      NodeRecord(.tryTable, closed.results, a: arm.rawValue, b: UInt32(start), c: UInt32(clauses.count)))
  }

  // MARK: Legacy try

  mutating func decodeCatch(_ kind: Frame.Kind, in body: inout Body) throws {
    guard frame.kind == .try || (frame.kind == .catch) else {
      throw reader.error("catch without try", at: opcodeOffset)
    }
    let tag = kind == .catch ? try readTag() : TagID.none
    let arm = try closeArm(in: &body)
    tryArms.append(TryArm(body: arm, tag: frame.tag))
    frame.kind = kind
    frame.tag = tag
    reopen(in: &body)
    if kind == .catch { try pushPayload(of: tag, in: &body) }
  }

  /// Begins a catch body: what it receives goes to locals at once.
  private mutating func pushPayload(of tag: TagID, in body: inout Body) throws {
    let type = body.resultType(of: parameters(of: tag))
    if type == .none { return }
    if !frame.isLive {
      for index in 0..<body.arity(of: type) { pushValue(.none, body.valueType(index, of: type)) }
      return
    }
    let payload = body.append(NodeRecord(.payload, type))
    if try takeAssignments(of: payload, type, in: &body) { return }
    stack.append(StackEntry(node: payload, type: type))
    spread(at: stack.count - 1, in: &body)
  }

  /// `delegate` closes a `try` without catches.
  mutating func decodeDelegate(in body: inout Body) throws {
    guard frame.kind == .try else { throw reader.error("delegate without try", at: opcodeOffset) }
    let arm = try closeArm(in: &body)
    let closed = frame
    localIsSet.undo(to: closed.initializationHeight)
    guard !frames.isEmpty else { throw reader.error("delegate without try", at: opcodeOffset) }
    frame = frames.popLast()
    position = closed.position
    let index = try readLabel()
    let target = exceptionLabel(index)
    var node = NodeID.none
    if !closed.isDead {
      node = makeTry(closed, lastArm: arm, delegate: target, in: &body)
      node = wrapIfTargeted(node, closed, label: closed.branchLabel, in: &body)
    }
    pushResult(node, closed.results, in: &body)
  }

  /// The label by which `delegate` and `rethrow` name an open construct.
  private mutating func exceptionLabel(_ index: Int) -> LabelID {
    var target = index == frames.count ? frame : frames[index]
    if frame.isLive && !target.kind.hasOwnLabel && !target.kind.isLegacyTry {
      target.isTargeted = true
      if index == frames.count { frame = target } else { frames[index] = target }
    }
    return target.label
  }

  mutating func decodeRethrow(in body: inout Body) throws {
    let index = try readLabel()
    let target = index == frames.count ? frame : frames[index]
    guard target.kind.isCatch else { throw invalid("invalid rethrow label: it names no catch") }
    pushDiverging(NodeRecord(.rethrow, .unreachable, a: target.label.rawValue), in: &body)
  }

  /// - Parameter delegate: `none` unless the `try` ends with `delegate`.
  mutating func makeTry(_ closed: Frame, lastArm: NodeID, delegate: LabelID, in body: inout Body) -> NodeID {
    let arms = Int(closed.sideStart)..<tryArms.count
    tryArms.append(TryArm(body: lastArm, tag: closed.tag))
    let start = body.pool.count
    for index in arms.lowerBound...arms.upperBound { body.pool.append(tryArms[index].body.rawValue) }
    body.pool.append(closed.label.rawValue)
    body.pool.append(delegate.rawValue)
    let countPosition = body.pool.count
    body.pool.append(0)
    for index in arms.lowerBound...arms.upperBound where !tryArms[index].tag.isNone {
      body.pool.append(tryArms[index].tag.rawValue)
      body.pool[countPosition] += 1
    }
    tryArms.truncate(to: arms.lowerBound)
    return body.append(
      NodeRecord(.try, closed.results, b: UInt32(start), c: UInt32(arms.count + 1)))
  }
}
