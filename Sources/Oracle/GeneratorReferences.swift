import IR

// Values of reference types, and instructions on them.

extension GeneratorState {
  // MARK: Values of few instructions

  /// A value of `type`, from a few instructions. Those are constant if a constant expression is at hand.
  mutating func leaf(_ type: ValueType) {
    if !isConstant && !random.oneIn(3), let local = pickLocal(type) {
      emit(.localGet)
      return index(local)
    }
    if random.oneIn(5), let global = pickGlobal(type) { return emit(.globalGet, global) }
    minimal(type)
  }

  /// The same without locals and globals.
  mutating func minimal(_ type: ValueType) {
    if !type.isReference { return constant(type) }
    if type.isNullable && (constructionDepth > 0 || !isConstructible(type.asNonNull) || !hasGC || random.oneIn(3)) {
      if type.heapType == .func && random.oneIn(2) { return refFunc(randomFunction()) }
      return refNull(randomNull(type.heapType))
    }
    construct(type.heapType)
  }

  /// A local that has a value, and one that matches `type`.
  mutating func pickLocal(_ type: ValueType) -> Int? {
    guard !locals.isEmpty else { return nil }
    let start = random.below(locals.count)
    for offset in 0..<locals.count {
      let local = (start + offset) % locals.count
      if locals[local].isSet && module.types.matches(locals[local].type, type) { return local }
    }
    return nil
  }

  mutating func pickGlobal(_ type: ValueType) -> GlobalID? {
    guard !module.globals.isEmpty else { return nil }
    let start = random.below(module.globals.count)
    for offset in 0..<module.globals.count {
      let id = GlobalID((start + offset) % module.globals.count)
      let global = module.globals[id]
      let isReadable = !isConstant || !global.isMutable && (global.importName != nil || hasGC)
      if isReadable && module.types.matches(global.type, type) { return id }
    }
    return nil
  }

  /// A type whose null is a null of `type`.
  private mutating func randomNull(_ type: HeapType) -> HeapType {
    guard hasGC && random.oneIn(4) else { return type }
    switch module.types.top(of: type) {
    case .func: return .nofunc
    case .extern: return .noextern
    case .exn: return .noexn
    default: return .none
    }
  }

  /// A new value that is not null.
  mutating func construct(_ type: HeapType) {
    constructionDepth += 1
    defer { constructionDepth -= 1 }
    switch type {
    case .any, .eq:
      if constructionDepth < 3 && random.oneIn(3), let defined = pickAggregate() { return construct(HeapType(defined)) }
      constructI31()
    case .i31: constructI31()
    case .struct: construct(HeapType(random.pick(structures)))
    case .array: construct(HeapType(random.pick(arrays)))
    case .extern:
      construct(.any)
      emit(.externConvertAny)
    case .func: refFunc(randomFunction())
    default:
      guard let id = type.definedType else { preconditionFailure("no value of this type can be made") }
      switch module.types[id].composite {
      case .function: refFunc(pickFunction(id))
      case .structure(let fields): constructStructure(id, fields)
      case .array(let element): constructArray(id, element)
      }
    }
  }

  private mutating func pickAggregate() -> TypeID? {
    let all = random.oneIn(2) ? structures : arrays
    return all.isEmpty ? nil : random.pick(all)
  }

  private mutating func constructI31() {
    i32(random.oneIn(8) ? Int(Int32(truncatingIfNeeded: Int64(truncatingIfNeeded: random.next()))) : random.below(100))
    emit(.refI31)
  }

  private mutating func constructStructure(_ id: TypeID, _ fields: [FieldType]) {
    if fields.allSatisfy(\.storage.unpacked.isDefaultable) && random.oneIn(3) { return emit(.structNewDefault, id) }
    for field in fields { leaf(field.storage.unpacked) }
    emit(.structNew, id)
  }

  private mutating func constructArray(_ id: TypeID, _ element: FieldType) {
    let type = element.storage.unpacked
    let length = random.oneIn(12) ? 0 : random.number(4...12)
    switch random.below(3) {
    case 0 where type.isDefaultable:
      i32(length)
      emit(.arrayNewDefault, id)
    case 1 where constructionDepth < 3:
      for _ in 0..<length { leaf(type) }
      emit(.arrayNewFixed, id)
      index(length)
    default:
      leaf(type)
      i32(length)
      emit(.arrayNew, id)
    }
  }

  /// A function whose type is below `type`; there is one.
  private mutating func pickFunction(_ type: TypeID) -> FunctionID {
    let start = random.below(module.functions.count)
    for offset in 0..<module.functions.count {
      let id = FunctionID((start + offset) % module.functions.count)
      if id != reset && module.types.isSubtype(module.functions[id].type, of: type) { return id }
    }
    preconditionFailure("each function type has a function")
  }

  // MARK: Instructions

  /// An instruction on references that gives an i32.
  mutating func referenceTestInstruction() -> PlannedInstruction? {
    guard hasReferences else { return nil }
    if !hasGC || random.oneIn(5) { return PlannedInstruction(.refIsNull, [.value(randomReference())], [.i32]) }
    switch random.below(4) {
    case 0:
      let eq = ValueType.reference(to: .eq, isNullable: random.oneIn(2))
      return PlannedInstruction(.refEq, [.value(eq), .value(eq)], [.i32])
    case 1:
      let i31 = ValueType.reference(to: .i31, isNullable: random.oneIn(style.trapRate))
      return PlannedInstruction(random.oneIn(2) ? .i31GetS : .i31GetU, [.value(i31)], [.i32])
    default:
      let operand = randomReference()
      guard let target = randomSubtype(of: .reference(to: module.types.top(of: operand.heapType), isNullable: true))
      else { return nil }
      return PlannedInstruction(
        target.isNullable ? .refTestNull : .refTest, [.value(operand)], [.i32], heapType: target.heapType)
    }
  }

  /// An instruction that gives a reference that matches `type`.
  mutating func referenceInstruction(_ type: ValueType) -> PlannedInstruction? {
    guard hasGC else { return tableGetInstruction(type) }
    switch random.below(12) {
    case 0...2: return aggregateReadInstruction(type)
    case 3...6: return aggregateNewInstruction(type)
    case 7: return castInstruction(type)
    case 8: return tableGetInstruction(type)
    case 9 where !type.isNullable:
      let operand = random.oneIn(style.trapRate) ? type.asNullable : type
      return PlannedInstruction(.refAsNonNull, [.value(operand)], [type])
    case 10 where type.heapType == .any || type.heapType == .extern:
      let toAny = type.heapType == .any
      let operand = ValueType.reference(to: toAny ? .extern : .any, isNullable: type.isNullable)
      return PlannedInstruction(toAny ? .anyConvertExtern : .externConvertAny, [.value(operand)], [type])
    case 11 where [.any, .eq, .i31].contains(type.heapType):
      return PlannedInstruction(.refI31, [.value(.i32)], [.reference(to: .i31, isNullable: false)])
    default: return nil
    }
  }

  /// A cast that succeeds, as what it is given has the type already, or one that may fail.
  private mutating func castInstruction(_ type: ValueType) -> PlannedInstruction? {
    guard module.types.top(of: type.heapType) != .exn else { return nil }
    var operand = type
    if random.oneIn(2), let lower = randomSubtype(of: type), isConstructible(lower) { operand = lower }
    if random.oneIn(style.trapRate) {
      operand = .reference(to: module.types.top(of: type.heapType), isNullable: true)
    }
    return PlannedInstruction(
      type.isNullable ? .refCastNull : .refCast, [.value(operand)], [type], heapType: type.heapType)
  }

  /// A type below `type`, or `type` itself; nil of references to exceptions, which no cast is made for.
  mutating func randomSubtype(of type: ValueType) -> ValueType? {
    guard module.types.top(of: type.heapType) != .exn else { return nil }
    let abstract: [HeapType] = [
      .any, .eq, .i31, .struct, .array, .none, .func, .nofunc, .extern, .noextern, type.heapType,
    ]
    let all = abstract + (structures + arrays + functionTypes).map { HeapType($0) }
    let below = all.filter { module.types.matches($0, type.heapType) }
    return .reference(to: random.pick(below), isNullable: type.isNullable && random.oneIn(2))
  }
}
