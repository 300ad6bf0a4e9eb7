import BinaryFormat
import IR
import Support

/// Takes parameters and results from functions that nothing in the module calls: parameters become locals, results are
/// dropped.
struct SignatureReduction: ReductionRound {
  private enum Part {
    case parameters, results
  }

  /// A function as it was when the round began.
  private struct Original {
    let type: FunctionType
    let code: Code
    let codeWithoutResults: Code
  }

  let title = "signatures simplified"
  private var changes: [(function: FunctionID, part: Part)] = []
  private var originals: [FunctionID: Original] = [:]

  init(of module: Module) throws {
    let mentions = try Mentions(in: module, countsExports: false)
    var declared = module
    var decoder = BodyDecoder(declarations: try declared.makeDeclarations())
    var encoder = BodyEncoder()
    var body = Body()
    for id in module.functions.ids where !mentions.contains(.function, id.rawValue) {
      let function = module.functions[id]
      let type = module.types[function.type].function!
      guard let code = function.code, type != FunctionType() else { continue }
      try decoder.decode(code, type: function.type, into: &body, validating: false)
      body.dropResults()
      originals[id] = Original(type: type, code: code, codeWithoutResults: encoder.encode(&body))
      if !type.results.isEmpty { changes.append((id, .results)) }
      if !type.parameters.isEmpty { changes.append((id, .parameters)) }
    }
  }

  var count: Int { changes.count }
  // Two bytes more for a local may spare a type; a signature is changed once.
  var mayGrow: Bool { true }

  func apply(_ part: Range<Int>, to module: inout Module) throws -> Bool {
    for change in changes[part] {
      let original = originals[change.function]!
      var type = module.types[module.functions[change.function].type].function!
      switch change.part {
      case .results: type.results = []
      case .parameters: type.parameters = []
      }
      let code = type.results == original.type.results ? original.code : original.codeWithoutResults
      let keepsParameters = type.parameters == original.type.parameters
      module.functions[change.function].code = try code.declaring(keepsParameters ? [] : original.type.parameters)
      module.functions[change.function].type = module.types.findOrAppend(type)
    }
    return true
  }
}

extension Body {
  /// Makes a function of a body that has no results; values that branches bring to its end are left.
  fileprivate mutating func dropResults() {
    guard type(of: root).isConcrete, case .block(let block) = self[root] else { return }
    let sequence = makeBlock(block.items, label: .none, type: type(of: root))
    root = makeBlock([makeDrop(sequence)], label: .function, type: .none)
  }
}

extension Code {
  /// The body with locals of these types before its own.
  fileprivate func declaring(_ types: [ValueType]) throws -> Code {
    var output = Column<UInt8>()
    let length = try bytes.withUnsafeBytes { bytes in
      var reader = ByteReader(borrowing: bytes)
      output.appendUnsigned(try reader.readU32() + UInt32(types.count))
      return reader.position
    }
    for type in types {
      output.append(1)
      output.append(type)
    }
    output.append(bytes[length..<bytes.count])
    return Code(bytes: Bytes(copying: output), hasTupleTypes: hasTupleTypes)
  }
}
