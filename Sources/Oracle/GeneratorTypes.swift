import IR

// The type section: functions, and with GC structures, arrays and their hierarchies in recursion groups.

extension GeneratorState {
  mutating func declareTypes() {
    for _ in 0..<random.number(3...6) {
      if hasGC {
        declareGroup(size: random.oneIn(2) ? 1 : random.number(2...4))
      } else {
        module.types.append(group: [DefinedType(.function(randomSignature()))])
      }
    }
    if hasGC && random.oneIn(30) { declareGroup(size: 0) }
    module.types.append(group: [DefinedType(.function(randomSignature()))])
    declaredTypeCount = module.types.count
    for id in module.types.definitions.ids {
      switch module.types[id].composite {
      case .function: functionTypes.append(id)
      case .structure: structures.append(id)
      case .array: arrays.append(id)
      }
    }
  }

  mutating func randomSignature() -> FunctionType {
    let parameterCount = random.oneIn(20) ? random.number(5...12) : random.number(0...3)
    var resultCount = random.pick([0, 1, 1])
    if hasMultivalue && random.oneIn(3) { resultCount = random.oneIn(10) ? random.number(4...9) : random.number(2...3) }
    return FunctionType(
      parameters: (0..<parameterCount).map { _ in randomType() }, results: (0..<resultCount).map { _ in randomType() })
  }

  // MARK: Value types

  mutating func randomNumberType() -> ValueType { random.pick([.i32, .i32, .i64, .f32, .f64]) }

  mutating func randomType() -> ValueType {
    if features.contains(.simd) && random.oneIn(7) { return .v128 }
    if hasReferences && random.oneIn(3) { return randomReference() }
    return randomNumberType()
  }

  /// A reference type of which there are values that a few instructions make.
  mutating func randomReference() -> ValueType {
    if !hasGC { return random.pick([.funcref, .externref] + (hasExceptionReferences ? [.exnref] : [])) }
    let heapType = random.oneIn(2) ? randomDefinedType() ?? .any : randomAbstractType()
    let type = ValueType.reference(to: heapType, isNullable: false)
    return random.oneIn(3) && isConstructible(type) ? type : type.asNullable
  }

  private mutating func randomAbstractType() -> HeapType {
    let common: [HeapType] = [.any, .eq, .i31, .struct, .array, .func, .extern]
    if random.oneIn(6) { return random.pick([.none, .nofunc, .noextern] + (hasExceptionReferences ? [.noexn] : [])) }
    if hasExceptionReferences && random.oneIn(8) { return .exn }
    return random.pick(common)
  }

  /// A type of those that `declareTypes` made or has made so far.
  private mutating func randomDefinedType() -> HeapType? {
    let count = functionTypes.isEmpty ? module.types.count : declaredTypeCount
    return count == 0 ? nil : HeapType(TypeID(random.below(count)))
  }

  /// Whether `construct` can make a value of `type`. Of each function type there is a function.
  func isConstructible(_ type: ValueType) -> Bool {
    guard type.isReference && !type.isNullable else { return true }
    switch type.heapType {
    case .any, .eq, .i31, .extern, .func: return true
    case .struct: return !structures.isEmpty
    case .array: return !arrays.isEmpty
    default: return !type.heapType.isAbstract
    }
  }

  // MARK: Recursion groups

  private mutating func declareGroup(size: Int) {
    var group: [DefinedType] = []
    for _ in 0..<size {
      let own = module.types.count + group.count
      let end = module.types.count + size
      let supertype = random.oneIn(2) ? randomSupertype(group) : nil
      let composite = supertype.map { narrow(definition($0, group).composite, own: own, end: end) }
      group.append(
        DefinedType(
          composite ?? randomComposite(own: own, end: end), isFinal: random.below(5) < 2,
          supertype: supertype))
    }
    module.types.append(group: group)
  }

  private func definition(_ id: TypeID, _ group: [DefinedType]) -> DefinedType {
    id.index < module.types.count ? module.types[id] : group[id.index - module.types.count]
  }

  private mutating func randomSupertype(_ group: [DefinedType]) -> TypeID? {
    let open = (0..<module.types.count + group.count).map { TypeID($0) }.filter { !definition($0, group).isFinal }
    return open.isEmpty ? nil : random.pick(open)
  }

  private mutating func randomComposite(own: Int, end: Int) -> CompositeType {
    switch random.below(5) {
    case 0, 1:
      let count = random.oneIn(10) ? 0 : random.number(1...5)
      return .structure((0..<count).map { _ in randomField(own: own, end: end) })
    case 2, 3: return .array(randomField(own: own, end: end))
    default:
      var type = randomSignature()
      if random.oneIn(2) { type.parameters.append(groupReference(own: own, end: end)) }
      return .function(type)
    }
  }

  private mutating func randomField(own: Int, end: Int) -> FieldType {
    let isMutable = !random.oneIn(3)
    switch random.below(10) {
    case 0...1: return FieldType(random.pick([.i8, .i16]), isMutable: isMutable)
    case 2...4: return FieldType(StorageType(groupReference(own: own, end: end)), isMutable: isMutable)
    default:
      let type = features.contains(.simd) && random.oneIn(6) ? .v128 : randomNumberType()
      return FieldType(StorageType(type), isMutable: isMutable)
    }
  }

  /// A reference that types below `end` may mention. One that is not nullable is to a type before `own`, so that
  /// values can be made in the order of the types.
  private mutating func groupReference(own: Int, end: Int) -> ValueType {
    if random.oneIn(3) {
      let isNullable = !random.oneIn(3)
      return .reference(to: random.pick([.any, .eq, .i31, .func, .extern]), isNullable: isNullable)
    }
    let index = random.below(end)
    return .reference(to: HeapType(TypeID(index)), isNullable: index >= own || !random.oneIn(4))
  }

  /// The composite type of a subtype: what the specification lets differ, differs at times (3.3.10).
  private mutating func narrow(_ composite: CompositeType, own: Int, end: Int) -> CompositeType {
    switch composite {
    case .function(var type):
      for index in type.results.indices { type.results[index] = narrow(type.results[index], own: own) }
      for index in type.parameters.indices where random.oneIn(4) {
        type.parameters[index] = widen(type.parameters[index])
      }
      return .function(type)
    case .structure(let fields):
      let more = (0..<random.below(3)).map { _ in randomField(own: own, end: end) }
      return .structure(fields.map { narrow($0, own: own) } + more)
    case .array(let element): return .array(narrow(element, own: own))
    }
  }

  private mutating func narrow(_ field: FieldType, own: Int) -> FieldType {
    guard !field.isMutable && !field.storage.isPacked else { return field }
    return FieldType(StorageType(narrow(field.storage.unpacked, own: own)), isMutable: false)
  }

  private mutating func narrow(_ type: ValueType, own: Int) -> ValueType {
    guard type.isReference && random.oneIn(3) else { return type }
    switch type.heapType {
    case .any, .eq: return .reference(to: .i31, isNullable: type.isNullable)
    case .func, .extern, .i31: return type.asNonNull
    default: return type.heapType.definedType.map { $0.index < own } ?? false ? type.asNonNull : type
    }
  }

  private func widen(_ type: ValueType) -> ValueType { type.isReference ? type.asNullable : type }
}
