import BinaryFormat
import IR
import Support

/// Drops what execution does not need: names, branch hints and custom sections.
struct ExtraReduction: ReductionRound {
  private enum Extra {
    case names, branchHints
    case customSections(Name)
  }

  let title = "names and custom sections removed"
  private let extras: [Extra]

  init(of module: Module) {
    var extras: [Extra] = module.names.isEmpty ? [] : [.names]
    if module.functions.values.contains(where: { $0.code?.branchHints.isEmpty == false }) { extras.append(.branchHints) }
    var seen: Set<Name> = []
    for section in module.customSections where seen.insert(section.name).inserted {
      extras.append(.customSections(section.name))
    }
    self.extras = extras
  }

  var count: Int { extras.count }

  func apply(_ part: Range<Int>, to module: inout Module) -> Bool {
    for extra in extras[part] {
      switch extra {
      case .names: module.names = ModuleNames()
      case .branchHints: for id in module.functions.ids { module.functions[id].code?.branchHints = [] }
      case .customSections(let name): module.customSections.removeAll { $0.name == name }
      }
    }
    return true
  }
}

/// Drops by what a module is entered: the start function, exports, and segments that are written when it is
/// instantiated.
struct RootReduction: ReductionRound {
  private enum Root {
    case start
    case export(Name)
    case element(ElementID)
    case data(DataID)
  }

  let title = "exports and segments removed"
  private let roots: [Root]

  init(of module: Module) {
    roots =
      (module.start == nil ? [] : [.start]) + module.exports.map { .export($0.name) }
      + module.elements.ids.map { .element($0) } + module.datas.ids.map { .data($0) }
  }

  var count: Int { roots.count }

  func apply(_ part: Range<Int>, to module: inout Module) -> Bool {
    var exports: Set<Name> = []
    for root in roots[part] {
      switch root {
      case .start: module.start = nil
      case .export(let name): exports.insert(name)
      case .element(let id): module.elements[id].isRemoved = true
      case .data(let id): module.datas[id].isRemoved = true
      }
    }
    if !exports.isEmpty { module.exports.removeAll { exports.contains($0.name) } }
    return true
  }
}

/// Gives functions bodies that trap at once, or return zeros.
struct FunctionReduction: ReductionRound {
  let title = "bodies removed"
  private var changes: [(function: FunctionID, code: Code)] = []

  init(of module: Module) throws {
    let maker = try SimplestCode(in: module)
    var zeros: [(function: FunctionID, code: Code)] = []
    for id in module.functions.ids {
      guard let code = module.functions[id].code, code.bytes != SimplestCode.unreachable.bytes else { continue }
      changes.append((id, SimplestCode.unreachable))
      if let zero = maker.returningZeros(module.functions[id].type), zero.bytes != code.bytes { zeros.append((id, zero)) }
    }
    changes += zeros
  }

  var count: Int { changes.count }

  func apply(_ part: Range<Int>, to module: inout Module) -> Bool {
    for change in changes[part] where (module.functions[change.function].code?.bytes.count ?? 0) > change.code.bytes.count {
      module.functions[change.function].code = change.code
    }
    return true
  }
}

/// Defines what was imported.
struct ImportReduction: ReductionRound {
  let title = "imports defined"
  private var changes: [(item: ItemID, code: Code?)] = []
  private let initializers: [GlobalID: ConstExpression]

  init(of module: Module) {
    var initializers: [GlobalID: ConstExpression] = [:]
    let maker = try? SimplestCode(in: module)
    for item in module.imports {
      switch item {
      case .function(let id):
        let zeros = maker?.returningZeros(module.functions[id].type)
        if let zeros { changes.append((item, zeros)) }
        changes.append((item, SimplestCode.unreachable))
      case .global(let id):
        guard let zero = ConstExpression.zero(of: module.globals[id].type) else { continue }
        initializers[id] = zero
        changes.append((item, nil))
      case .table, .memory, .tag: changes.append((item, nil))
      }
    }
    self.initializers = initializers
  }

  var count: Int { changes.count }

  func apply(_ part: Range<Int>, to module: inout Module) -> Bool {
    var defined: Set<ItemID> = []
    for (item, code) in changes[part] where defined.insert(item).inserted {
      switch item {
      case .function(let id):
        module.functions[id].importName = nil
        module.functions[id].code = code
      case .global(let id):
        module.globals[id].importName = nil
        module.globals[id].initializer = initializers[id]
      case .table(let id): module.tables[id].importName = nil
      case .memory(let id): module.memories[id].importName = nil
      case .tag(let id): module.tags[id].importName = nil
      }
    }
    let count = module.imports.count
    module.imports.removeAll { defined.contains($0) }
    return module.imports.count < count
  }
}

/// The shortest code for something of a type.
struct SimplestCode {
  static let unreachable = Code(bytes: Bytes([0x00, 0x00, 0x0b]), isCanonical: true)

  private let declarations: Declarations

  init(in module: Module) throws {
    var module = module
    declarations = try module.makeDeclarations()
  }

  /// A body that returns zeros and nulls; nil if a result has no such value.
  func returningZeros(_ type: TypeID) -> Code? {
    var bytes: [UInt8] = [0x00]
    for result in declarations.results(of: type) {
      guard let zero = ConstExpression.zero(of: result) else { return nil }
      bytes += zero.bytes.array.dropLast()
    }
    return Code(bytes: Bytes(bytes + [0x0b]), isCanonical: true)
  }
}

extension ConstExpression {
  /// Zero or null; nil if the type has none.
  static func zero(of type: ValueType) -> ConstExpression? {
    guard type.isDefaultable else { return nil }
    var body = Body()
    body.reset(parameters: [])
    let value = body.makeSimplest(ResultType(type))
    body.root = body.makeBlock([value], label: .function, type: ResultType(type))
    var encoder = BodyEncoder()
    return encoder.encodeConstant(body)
  }
}
