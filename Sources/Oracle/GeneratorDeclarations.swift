import IR
import Support

// What a module declares before its code: imports, functions, memories, tags, globals and exports.

extension GeneratorState {
  private mutating func name(_ prefix: String, _ number: Int) -> ImportName {
    ImportName(module: "env", name: Name(prefix + String(number)))
  }

  // MARK: Imports

  mutating func declareImports() {
    for number in 0..<random.pick([0, 0, 1, 2, 4]) {
      let copies = random.oneIn(10) ? 2 : 1
      let type = module.types.findOrAppend(importedSignature())
      for _ in 0..<copies {
        let id = module.functions.append(Function(type: type, importName: name("f", number)))
        module.imports.append(.function(id))
      }
    }
    let kinds = options.importKinds
    if kinds.contains(.globals) { for number in 0..<random.pick([0, 0, 1, 2]) { importGlobal(number) } }
    if kinds.contains(.memories) && random.oneIn(8) {
      let id = module.memories.append(Memory(limits: memoryLimits(), importName: name("m", 0)))
      module.imports.append(.memory(id))
    }
    if kinds.contains(.tables) && random.oneIn(8) {
      let limits = Limits(minimum: UInt64(random.number(4...10)), maximum: random.oneIn(2) ? 20 : nil)
      let id = module.tables.append(Table(element: .funcref, limits: limits, importName: name("t", 0)))
      module.imports.append(.table(id))
    }
    if kinds.contains(.tags) && !exceptionForms.isEmpty && random.oneIn(5) {
      let type = module.types.findOrAppend(FunctionType(parameters: importedSignature().parameters))
      module.imports.append(.tag(module.tags.append(Tag(type: type, importName: name("e", 0)))))
    }
    for position in module.imports.indices.reversed() {
      // Within an index space the order is that of the ids.
      let other = random.below(position + 1)
      let between = module.imports[other...position]
      if between.allSatisfy({ !$0.isOfSameKind(as: module.imports[position]) || $0 == module.imports[position] }) {
        module.imports.insert(module.imports.remove(at: position), at: other)
      }
    }
  }

  private mutating func importedSignature() -> FunctionType {
    let resultCount = hasMultivalue && random.oneIn(5) ? random.number(2...3) : random.below(2)
    return FunctionType(
      parameters: (0..<random.below(4)).map { _ in randomNumberType() },
      results: (0..<resultCount).map { _ in randomNumberType() })
  }

  private mutating func importGlobal(_ number: Int) {
    let mayChange = options.importKinds.contains(.mutableGlobals) && features.contains(.mutableGlobals)
    let id = module.globals.append(
      Global(type: randomNumberType(), isMutable: mayChange && random.oneIn(3), importName: name("g", number)))
    module.imports.append(.global(id))
  }

  // MARK: Functions

  /// One function of each function type, more of some, and the two that deal with fuel.
  mutating func declareFunctions() {
    var types = functionTypes
    for _ in 0..<random.number(0...4) { types.append(random.pick(functionTypes)) }
    if random.oneIn(5) {
      let start = module.types.findOrAppend(FunctionType())
      module.start = module.functions.append(Function(type: start))
    }
    burn = module.functions.append(Function(type: module.types.findOrAppend(FunctionType(results: [.i32]))))
    for type in types { module.functions.append(Function(type: type)) }
    reset = module.functions.append(Function(type: module.types.findOrAppend(FunctionType())))
  }

  var definedFunctions: [FunctionID] { module.functions.ids.filter { module.functions[$0].importName == nil } }

  // MARK: Memories, tags, globals

  mutating func declareMemories() {
    var count = random.oneIn(15) ? 0 : 1
    if features.contains(.multimemory) && random.oneIn(3) { count += random.number(1...2) }
    if !features.contains(.multimemory) && !module.memories.isEmpty { count = 0 }
    for _ in 0..<count { module.memories.append(Memory(limits: memoryLimits())) }
  }

  private mutating func memoryLimits() -> Limits {
    let is64 = features.contains(.memory64) && random.oneIn(4)
    let isShared = features.contains(.threads) && random.oneIn(3)
    if features.contains(.customPageSizes) && !isShared && random.oneIn(6) {
      let bytes = UInt64(random.number(600...5000))
      let maximum = random.oneIn(2) ? bytes + UInt64(random.below(3000)) : nil
      return Limits(minimum: bytes, maximum: maximum, is64: is64, pageSizeLog2: 0)
    }
    let pages = UInt64(random.oneIn(30) ? 0 : random.pick([1, 1, 1, 2]))
    let hasMaximum = isShared || random.oneIn(2)
    return Limits(
      minimum: pages, maximum: hasMaximum ? pages + UInt64(random.below(3)) : nil, isShared: isShared, is64: is64)
  }

  mutating func declareTags() {
    guard !exceptionForms.isEmpty else { return }
    for _ in 0..<random.number(1...4) {
      let parameters = (0..<random.pick([0, 1, 1, 2, 3])).map { _ in randomType() }
      module.tags.append(Tag(type: module.types.findOrAppend(FunctionType(parameters: parameters))))
    }
  }

  mutating func declareGlobals() {
    for _ in 0..<random.below(3) { declareGlobal() }
    for _ in 0..<random.below(3) { declareKnownGlobal() }
    i32(random.pick([20, 100, 300]))
    emit(.end)
    fuel = module.globals.append(Global(type: .i32, isMutable: true, initializer: takeExpression()))
    for _ in 0..<random.number(1...8) { declareGlobal() }
  }

  private mutating func declareGlobal() {
    let type = randomType()
    let isMutable = !random.oneIn(3)
    let initializer = constantExpression(type)
    module.globals.append(Global(type: type, isMutable: isMutable, initializer: initializer))
  }

  /// A global whose value offsets of segments may build on.
  private mutating func declareKnownGlobal() {
    let type: ValueType = random.oneIn(3) ? .i64 : .i32
    let value = random.below(6)
    number(value, type)
    emit(.end)
    let id = module.globals.append(Global(type: type, isMutable: false, initializer: takeExpression()))
    knownGlobals.append((id, value))
  }

  // MARK: Constant expressions

  mutating func constantExpression(_ type: ValueType) -> ConstExpression {
    isConstant = true
    if features.contains(.extendedConst) && (type == .i32 || type == .i64) && random.oneIn(4) {
      leaf(type)
      for _ in 0..<random.number(1...3) {
        leaf(type)
        emit(random.pick(type == .i32 ? [.i32Add, .i32Sub, .i32Mul] : [.i64Add, .i64Sub, .i64Mul]))
      }
    } else {
      leaf(type)
    }
    emit(.end)
    isConstant = false
    return takeExpression()
  }

  /// A constant expression that gives `value`, by calculation at times.
  mutating func offsetExpression(_ value: Int, _ type: ValueType) -> ConstExpression {
    let isExtended = features.contains(.extendedConst)
    let bases = knownGlobals.filter {
      hasGC && module.globals[$0.id].type == type && ($0.value == value || isExtended)
    }
    if !bases.isEmpty && random.oneIn(2) {
      let base = random.pick(bases)
      emit(.globalGet, base.id)
      if base.value != value { add(value - base.value, type) }
    } else if isExtended && random.oneIn(4) {
      let part = random.below(1000)
      number(part, type)
      add(value - part, type)
    } else {
      number(value, type)
    }
    emit(.end)
    return takeExpression()
  }

  private mutating func add(_ value: Int, _ type: ValueType) {
    let subtracts = random.oneIn(2)
    number(subtracts ? -value : value, type)
    emit(type == .i64 ? (subtracts ? .i64Sub : .i64Add) : (subtracts ? .i32Sub : .i32Add))
  }

  private mutating func takeExpression() -> ConstExpression {
    defer { out.removeAll() }
    return ConstExpression(bytes: Bytes(copying: out))
  }

  // MARK: Exports

  mutating func declareExports() {
    var resets = 0
    for id in definedFunctions where id != burn && id != reset && !random.oneIn(6) {
      let takesAnything = signature(of: id).parameters.allSatisfy(\.isDefaultable)
      guard takesAnything || random.oneIn(20) else { continue }
      module.exports.append(Export(name: Name("reset" + String(resets)), item: .function(reset)))
      module.exports.append(Export(name: exportName(id.index), item: .function(id)))
      resets += 1
    }
    for id in module.memories.ids where !random.oneIn(4) {
      module.exports.append(Export(name: Name("memory" + String(id.index)), item: .memory(id)))
    }
    for id in module.globals.ids where random.oneIn(3) && id != fuel {
      guard !module.globals[id].isMutable || features.contains(.mutableGlobals) else { continue }
      module.exports.append(Export(name: Name("global" + String(id.index)), item: .global(id)))
    }
    for id in module.tables.ids where random.oneIn(3) {
      module.exports.append(Export(name: Name("table" + String(id.index)), item: .table(id)))
    }
    for id in module.tags.ids where random.oneIn(5) {
      module.exports.append(Export(name: Name("tag" + String(id.index)), item: .tag(id)))
    }
  }

  private mutating func exportName(_ number: Int) -> Name {
    let odd = ["", "\u{0}", "\"quoted\"", "back\\slash", "gr\u{fc}n", "(", "\u{1f980}", "a b", "$x", "\u{7f}"]
    return Name((random.oneIn(10) ? random.pick(odd) : "f") + String(number))
  }
}

extension ItemID {
  fileprivate func isOfSameKind(as other: ItemID) -> Bool {
    switch (self, other) {
    case (.function, .function), (.table, .table), (.memory, .memory), (.global, .global), (.tag, .tag): return true
    default: return false
    }
  }
}
