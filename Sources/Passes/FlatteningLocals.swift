import IR
import Support

/// The locals that `Flatten` adds, each assigned to in one place.
struct TemporaryLocals {
  private let first: LocalID
  /// Those that are not needed after all.
  private var unused: [ValueType: [LocalID]] = [:]

  init(of body: borrowing Body) { first = LocalID(body.localCount) }

  func isTemporary(_ local: LocalID) -> Bool { local >= first }

  /// Locals for all values of the type.
  mutating func make(_ type: ResultType, in body: inout Body) -> [LocalID] {
    var locals: [LocalID] = []
    for index in 0..<body.arity(of: type) {
      let type = body.valueType(index, of: type)
      locals.append(unused[type]?.popLast() ?? body.makeLocal(type))
    }
    return locals
  }

  mutating func free(_ local: LocalID, in body: borrowing Body) { unused[body.type(of: local), default: []].append(local) }
}

/// Through which locals branches pass their values to the blocks of a body.
struct LabelResults: ~Copyable {
  /// By label: what its block yields; none if that has to stay the value of the block.
  private var types = Column<ResultType>()
  private var locals: [LabelID: [LocalID]] = [:]

  init(of body: borrowing Body) {
    types.resize(to: Int(body.labelCount), filling: .none)
    body.forEachNode { id in
      // A block comes after all that branches to it.
      switch body[id] {
      case .block(let block):
        if !block.label.isNone { note(block.label, body.type(of: id), in: body) }
      case .brTable(let table): if !table.value.isNone { keepValues(id, in: body) }
      case .brOnNull, .brOnCast, .tryTable: keepValues(id, in: body)
      default: break
      }
    }
  }

  private mutating func keepValues(_ branch: NodeID, in body: borrowing Body) {
    body.forEachLabel(of: branch) { types[$0.index] = .unreachable }
  }

  private mutating func note(_ label: LabelID, _ type: ResultType, in body: borrowing Body) {
    let isKept = types[label.index] == .unreachable || label == .function || !type.isConcrete
      || !body.valueTypes(of: type).allSatisfy(\.isDefaultable)
    types[label.index] = isKept ? .none : type
  }

  /// The locals of a block's values; none if the values stay.
  mutating func locals(of label: LabelID, _ temporaries: inout TemporaryLocals, in body: inout Body) -> [LocalID] {
    if !types[label.index].isConcrete { return [] }
    if let known = locals[label] { return known }
    let new = temporaries.make(types[label.index], in: &body)
    locals[label] = new
    return new
  }
}
