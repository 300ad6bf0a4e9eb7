import BinaryFormat
import IR
import Support

/// Cuts segments, and puts null where element segments name functions, which may then go.
struct SegmentReduction: ReductionRound {
  private enum Change {
    case cutData(DataID, to: Int)
    case cutElement(ElementID, to: Int)
    case clearItem(ElementID, at: Int)
  }

  let title = "segments cut"
  private var changes: [Change] = []

  init(of module: Module) {
    for id in module.elements.ids {
      let segment = module.elements[id]
      let count = segment.itemCount
      changes += Self.cuts(count).map { .cutElement(id, to: $0) }
      guard let null = ConstExpression.zero(of: segment.type.asNullable) else { continue }
      for index in 0..<count where segment.expression(at: index) != null { changes.append(.clearItem(id, at: index)) }
    }
    for id in module.datas.ids { changes += Self.cuts(module.datas[id].bytes.count).map { .cutData(id, to: $0) } }
  }

  /// The lengths to cut to, the shortest first.
  private static func cuts(_ count: Int) -> [Int] {
    Array(Set([0, count / 4, count / 2, count * 3 / 4, count - 1].filter { (0..<count).contains($0) })).sorted()
  }

  var count: Int { changes.count }
  var mayGrow: Bool { true }

  func apply(_ part: Range<Int>, to module: inout Module) -> Bool {
    for change in changes[part] {
      switch change {
      case .cutData(let id, let count):
        let bytes = module.datas[id].bytes
        module.datas[id].bytes = bytes[0..<min(count, bytes.count)]
      case .cutElement(let id, let count):
        switch module.elements[id].items {
        case .functions(let items): module.elements[id].items = .functions(Array(items.prefix(count)))
        case .expressions(let items): module.elements[id].items = .expressions(Array(items.prefix(count)))
        }
      case .clearItem(let id, let index): module.elements[id].clearItem(at: index)
      }
    }
    return true
  }
}

private extension ElementSegment {
  var itemCount: Int {
    switch items {
    case .functions(let functions): return functions.count
    case .expressions(let expressions): return expressions.count
    }
  }

  /// The item, if it is given as an expression.
  func expression(at index: Int) -> ConstExpression? {
    if case .expressions(let expressions) = items { return expressions[index] }
    return nil
  }

  /// Makes the item null, if it has not been cut off.
  mutating func clearItem(at index: Int) {
    guard index < itemCount, let null = ConstExpression.zero(of: type.asNullable) else { return }
    type = type.asNullable
    switch items {
    case .functions(let functions):
      var expressions = functions.map { ConstExpression.reference(to: $0) }
      expressions[index] = null
      items = .expressions(expressions)
    case .expressions(var expressions):
      expressions[index] = null
      items = .expressions(expressions)
    }
  }
}

extension ConstExpression {
  /// `ref.func` of a function.
  fileprivate static func reference(to function: FunctionID) -> ConstExpression {
    var bytes = Column<UInt8>()
    bytes.append(0xd2)
    bytes.appendUnsigned(function.rawValue)
    bytes.append(0x0b)
    return ConstExpression(bytes: Bytes(copying: bytes))
  }
}

/// Makes declarations simpler: limits zero or absent, initial values zero.
struct DeclarationReduction: ReductionRound {
  private enum Change {
    case minimum(MemoryID), maximum(MemoryID), tableMinimum(TableID), tableMaximum(TableID), tableInitializer(TableID)
    case initializer(GlobalID, ConstExpression)
    case elementOffset(ElementID, ConstExpression), dataOffset(DataID, ConstExpression)
  }

  let title = "declarations simplified"
  private var changes: [Change] = []

  init(of module: Module) {
    for id in module.memories.ids {
      let limits = module.memories[id].limits
      if limits.minimum > 0 { changes.append(.minimum(id)) }
      if limits.maximum != nil { changes.append(.maximum(id)) }
    }
    for id in module.tables.ids {
      let limits = module.tables[id].limits
      if limits.minimum > 0 { changes.append(.tableMinimum(id)) }
      if limits.maximum != nil { changes.append(.tableMaximum(id)) }
      if module.tables[id].initializer != nil { changes.append(.tableInitializer(id)) }
    }
    for id in module.globals.ids {
      let global = module.globals[id]
      guard let old = global.initializer, let zero = ConstExpression.zero(of: global.type), old != zero else { continue }
      changes.append(.initializer(id, zero))
    }
    addOffsets(of: module)
  }

  private mutating func addOffsets(of module: Module) {
    for id in module.elements.ids {
      guard case .active(let table, let offset) = module.elements[id].mode,
        let zero = ConstExpression.zero(of: module.tables[table].limits.addressType), offset != zero
      else { continue }
      changes.append(.elementOffset(id, zero))
    }
    for id in module.datas.ids {
      guard case .active(let memory, let offset) = module.datas[id].mode,
        let zero = ConstExpression.zero(of: module.memories[memory].limits.addressType), offset != zero
      else { continue }
      changes.append(.dataOffset(id, zero))
    }
  }

  var count: Int { changes.count }
  var mayGrow: Bool { true }

  func apply(_ part: Range<Int>, to module: inout Module) -> Bool {
    for change in changes[part] {
      switch change {
      case .minimum(let id): module.memories[id].limits.minimum = 0
      case .maximum(let id): module.memories[id].limits.maximum = nil
      case .tableMinimum(let id): module.tables[id].limits.minimum = 0
      case .tableMaximum(let id): module.tables[id].limits.maximum = nil
      case .tableInitializer(let id): module.tables[id].initializer = nil
      case .initializer(let id, let zero): module.globals[id].initializer = zero
      case .elementOffset(let id, let zero):
        if case .active(let table, _) = module.elements[id].mode { module.elements[id].mode = .active(table, offset: zero) }
      case .dataOffset(let id, let zero):
        if case .active(let memory, _) = module.datas[id].mode { module.datas[id].mode = .active(memory, offset: zero) }
      }
    }
    return true
  }
}
