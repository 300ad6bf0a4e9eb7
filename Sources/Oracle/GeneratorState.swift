import BinaryFormat
import IR
import Support

/// What the generator knows of the module at hand: its declarations, and the function that it writes.
struct GeneratorState: ~Copyable {
  let options: GeneratorOptions
  var random: SeededRandom
  let features: FeatureSet
  let exceptionForms: GeneratorOptions.ExceptionForms
  let style: GeneratorStyle
  let catalog: InstructionCatalog

  // Declarations
  var module = Module()
  var fuel = GlobalID.none
  /// The function that takes fuel and says whether there was none.
  var burn = FunctionID.none
  var reset = FunctionID.none
  /// The types after the first so many are of blocks, imports and the like; of those there may be no value.
  var declaredTypeCount = 0
  var structures: [TypeID] = []
  var arrays: [TypeID] = []
  var functionTypes: [TypeID] = []
  /// Functions that lie in tables, and where.
  var tableEntries: [TableEntry] = []
  /// Functions that only a declarative segment can make known to `ref.func`.
  var undeclaredFunctions: [FunctionID] = []
  /// Immutable globals with small numbers in them.
  var knownGlobals: [(id: GlobalID, value: Int)] = []
  /// Tables that no instruction writes.
  var steadyTables: [TableID] = []
  var usesDataIndices = false

  /// Bytes of the expression, body or section at hand.
  var out = Column<UInt8>()
  /// Whether they are of a constant expression.
  var isConstant = false
  /// Structures and arrays within each other, of those that `construct` makes.
  var constructionDepth = 0

  // The function at hand
  var locals: [GeneratorLocal] = []
  var parameterCount = 0
  /// Non-nullable locals that got a value, in this order.
  var initializedLocals: [Int] = []
  /// Open blocks. The first is the function.
  var frames: [GeneratorFrame] = []
  /// Instructions left.
  var budget = 0
  /// Expressions and statements within each other.
  var depth = 0
  var labelCount = 0
  /// Offsets count from the first instruction.
  var hints: [BranchHint] = []

  /// What is to be written of the functions done.
  var bodies: [GeneratedBody] = []

  init(seed: UInt64, options: GeneratorOptions) {
    self.options = options
    random = SeededRandom(seed: seed)
    features = Self.chooseFeatures(of: options.features, &random)
    exceptionForms = Self.chooseForms(options.exceptionForms, features, &random)
    style = GeneratorStyle(&random)
    catalog = InstructionCatalog(features: features)
  }

  /// All features for most modules; else some, and with each those that it builds on.
  private static func chooseFeatures(of allowed: FeatureSet, _ random: inout SeededRandom) -> FeatureSet {
    var chosen = allowed
    if random.oneIn(3) { for (feature, _, _) in FeatureSet.names where random.oneIn(3) { chosen.remove(feature) } }
    if !chosen.contains(.simd) { chosen.remove(.relaxedSimd) }
    if !chosen.contains(.bulkMemory) { chosen.subtract([.bulkMemoryOpt, .referenceTypes]) }
    if !chosen.contains(.referenceTypes) { chosen.remove(.gc) }
    return chosen
  }

  private static func chooseForms(
    _ allowed: GeneratorOptions.ExceptionForms, _ features: FeatureSet, _ random: inout SeededRandom
  ) -> GeneratorOptions.ExceptionForms {
    guard features.contains(.exceptionHandling) else { return [] }
    let wanted: GeneratorOptions.ExceptionForms = random.pick([.legacy, .standard, .standard, .all])
    let forms = wanted.intersection(allowed)
    return forms.isEmpty ? allowed : forms
  }

  var hasExceptionReferences: Bool { exceptionForms.contains(.standard) && features.contains(.referenceTypes) }
  var hasReferences: Bool { features.contains(.referenceTypes) }
  var hasGC: Bool { features.contains(.gc) }
  var hasMultivalue: Bool { features.contains(.multivalue) }

  func signature(of function: FunctionID) -> FunctionType {
    guard let type = module.types[module.functions[function].type].function else {
      preconditionFailure("functions have function types")
    }
    return type
  }

  /// Whether one value of each of `lower` may stand where `upper` are expected.
  func matches(_ lower: [ValueType], _ upper: [ValueType]) -> Bool {
    lower.count == upper.count && zip(lower, upper).allSatisfy { module.types.matches($0, $1) }
  }
}

struct TableEntry {
  let table: TableID
  let index: Int
  let function: FunctionID
}

struct GeneratorLocal {
  let type: ValueType
  /// Whether it may be read: it has a default value or got one.
  var isSet: Bool
}

struct GeneratorFrame {
  enum Kind { case function, block, loop, legacyCatch }

  var kind: Kind
  /// What a branch to the label passes.
  let labelTypes: [ValueType]
  /// Whether code may branch there: values of the types can be made, and a loop takes fuel as it is run again.
  var isBranchable = true
  let initializedHeight: Int
}

struct GeneratedBody {
  let locals: [UInt8]
  let code: [UInt8]
  let hints: [BranchHint]
  let localCount: Int
  let labelCount: Int
}
