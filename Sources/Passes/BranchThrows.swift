import Analysis
import IR
import Support

/// An exception that a `try_table` around it catches in the same function is a branch to its handler.
///
///     (try_table (catch $tag $l)              (try_table (catch $tag $l)
///       (throw $tag (local.get $x)))   ->       (br $l (local.get $x)))
///
/// A handler that takes the exception as a reference needs one; `try` does the work of another instruction set and is
/// left alone. Linear: no more than `clauseLimit` clauses are looked at for a `throw`.
struct CaughtThrows {
  private static let clauseLimit = 64

  let declarations: Declarations

  func rewrite(_ body: inout Body) {
    var handlers: [NodeID] = []
    var caught: [(throw: NodeID, clause: CatchClause)] = []
    body.walk(from: body.root) { id in
      switch body.opcode(of: id) {
      case .try, .tryTable: handlers.append(id)
      case .throw:
        if let clause = clause(catching: id, handlers, in: body) { caught.append((id, clause)) }
      default: break
      }
      return true
    } exit: { id in
      if id == handlers.last { handlers.removeLast() }
    }
    for (id, clause) in caught { makeBranch(insteadOf: id, to: clause, in: &body) }
  }

  /// The clause that takes what is thrown, if it can be told and needs no reference.
  private func clause(catching id: NodeID, _ handlers: [NodeID], in body: borrowing Body) -> CatchClause? {
    guard case .throw(let node) = body[id] else { return nil }
    var count = 0
    for handler in handlers.reversed() {
      guard case .tryTable(let table) = body[handler] else { return nil }
      for index in 0..<table.clauseCount {
        let clause = body.catchClause(index, of: table)
        count += 1
        if count > Self.clauseLimit { return nil }
        if clause.kind.hasTag && clause.tag != node.tag {
          if mayBeSame(clause.tag, node.tag) { return nil }
        } else {
          return clause.kind.passesReference ? nil : clause
        }
      }
    }
    return nil
  }

  private func mayBeSame(_ first: TagID, _ second: TagID) -> Bool {
    declarations.isImportedTag[first.index] && declarations.isImportedTag[second.index]
  }

  private func makeBranch(insteadOf id: NodeID, to clause: CatchClause, in body: inout Body) {
    guard case .throw(let node) = body[id] else { preconditionFailure() }
    var arguments = body.nodes(in: node.arguments)
    if clause.kind == .catchAll {
      arguments = arguments.map { body.makeDropIfNeeded($0) }
      arguments.append(body.makeBr(clause.label))
      let list = body.makeList(arguments)
      let block = body.makeBlock(list, label: .none, type: .unreachable)
      return body.replace(id, with: body.nodes[block.index])
    }
    if arguments.contains(where: { !body.type(of: $0).isConcrete }) { return }
    let value = arguments.count > 1 ? body.makeTupleMake(arguments) : arguments.first ?? .none
    let branch = body.makeBr(clause.label, value: value)
    body.replace(id, with: body.nodes[branch.index])
  }
}
