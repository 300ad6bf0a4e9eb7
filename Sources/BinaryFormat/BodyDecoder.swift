import IR
import Support

/// Turns body bytes into IR, and checks them against the validation rules of the specification while it does: the
/// validator of function bodies and constant expressions (specification 3.4, and the algorithm of its appendix).
///
/// One decoder serves one worker for one body after another. Linear in the bytes; nesting costs no machine stack.
///
/// How stack code becomes a tree: `stack` holds, per open construct, statements (nodes without value) and pending
/// values in order. An instruction takes its operands from the top. Statements between two operands become a sequence
/// in front of the second; statements above the last operand make a `keep` of it. Code that cannot be reached is
/// checked and dropped.
package struct BodyDecoder: ~Copyable {
  let declarations: Declarations
  /// Those of the declarations; while a module is read, those read so far.
  package var globals: [Declarations.GlobalDeclaration]
  let infos: UnsafePointer<OpcodeInfo>
  let decoding: UnsafePointer<UInt16>

  var reader: ByteReader
  var stack = Column<StackEntry>()
  var frames = Column<Frame>()
  /// The innermost construct: the last of `frames`, kept here while it is worked on.
  var frame = Frame()
  /// Whether types are checked. Without, only what keeps the decoder itself safe is.
  var validates = false
  /// Whether a constant expression is decoded.
  var isConstant = false
  var functionResults = ResultType.none
  var opcodeOffset = 0
  var localIsSet = LocalInitialization()
  /// Labels that stand for a loop with parameters, where a branch can't assign them itself: see Landings.
  var landings: [Landing] = []
  /// Arms of the open legacy `try` constructs, and their tags.
  var tryArms = Column<TryArm>()
  var catchClauses = Column<CatchClause>()
  var labelPosition: UInt32 = 0
  var pendingHints: ArraySlice<BranchHint> = []
  /// Whether nodes are given source positions.
  var hasPositions = false
  var positionMarks: [PositionMark] = []
  /// How many of `positionMarks` come before or at the instruction.
  var passedMarks = 0
  /// Where the nodes come from that are made now.
  var position = PositionID.none
  var pendingLabelNames: [UInt32: Name] = [:]

  /// Features whose instructions were decoded since the decoder was made; also what unreachable code uses.
  package private(set) var usedFeatures = FeatureSet.mvp
  /// Whether an instruction decoded so far names a data segment, so that the module needs a data count section.
  package internal(set) var usesDataIndex = false
  /// Whether block types of our own form are taken even while validating: set to check what a pass left.
  package var acceptsTupleBlockTypes = false

  package init(declarations: Declarations) {
    self.declarations = declarations
    globals = declarations.globals
    infos = OpcodeTable.infos
    decoding = OpcodeTable.decoding
    reader = ByteReader(borrowing: UnsafeBufferPointer(start: nil, count: 0))
  }

  /// Decodes a function body.
  ///
  /// - Parameters:
  ///   - type: the function's type.
  ///   - validating: whether the bytes come from outside and are checked; else they come from our own encoder.
  /// - Throws: `WasmError` with the offset in the file.
  package mutating func decode(
    _ code: Code, type: TypeID, into body: inout Body, validating: Bool, labelNames: [UInt32: Name] = [:]
  ) throws {
    try code.bytes.withUnsafeBytes { bytes in
      reader = ByteReader(borrowing: bytes, origin: code.fileOffset, section: "code")
      validates = validating
      isConstant = false
      body.reset(parameters: declarations.parameters(of: type))
      functionResults = body.resultType(of: declarations.results(of: type))
      pendingHints = code.branchHints[...]
      beginPositions(code.positions, in: &body)
      pendingLabelNames = labelNames
      try decodeLocals(into: &body)
      try decodeExpression(into: &body)
      if !reader.isAtEnd { throw reader.error("unexpected bytes after the end of the function body") }
    }
    body.changeCount = 0
  }

  /// Decodes a constant expression, and checks that it is one, where `source` stands; leaves `source` behind it.
  package mutating func decodeConstant(
    from source: inout ByteReader, expecting type: ValueType, into body: inout Body
  ) throws {
    reader = source
    validates = true
    isConstant = true
    body.reset(parameters: [])
    functionResults = ResultType(type)
    pendingHints = []
    beginPositions([], in: &body)
    localIsSet.reset(count: 0)
    defer { isConstant = false }
    try decodeExpression(into: &body)
    source.position = reader.position
  }

  /// Decodes a constant expression that is at rest.
  package mutating func decode(_ expression: ConstExpression, expecting type: ValueType, into body: inout Body) throws {
    try expression.bytes.withUnsafeBytes { bytes in
      var source = ByteReader(borrowing: bytes)
      try decodeConstant(from: &source, expecting: type, into: &body)
    }
  }

  private mutating func decodeLocals(into body: inout Body) throws {
    let runCount = try reader.readCount(of: "local declarations", itemSize: 2)
    var total = UInt64(body.parameterCount)
    localIsSet.reset(count: body.parameterCount)
    for _ in 0..<runCount {
      let start = reader.position
      let count = try reader.readU32()
      let type = try reader.readValueType(typeCount: declarations.types.count)
      noteFeatures(of: type)
      total += UInt64(count)
      // 50,000 is what engines take; beyond what the input could name, memory would be the only limit.
      guard total <= BodyDecoder.localLimit else {
        throw reader.error("too many locals: more than \(BodyDecoder.localLimit)", at: start)
      }
      if count > 0 && !type.isDefaultable { localIsSet.addUnset(from: body.localCount, count: Int(count)) }
      body.localTypes.resize(to: body.localCount + Int(count), filling: type)
    }
  }

  /// The most locals of one function, declared ones and parameters: far above what engines accept (50,000), low enough
  /// that a few bytes of input can't ask for gigabytes.
  package static let localLimit: UInt64 = 10_000_000

  private mutating func decodeExpression(into body: inout Body) throws {
    stack.removeAll()
    frames.removeAll()
    tryArms.removeAll()
    catchClauses.removeAll()
    landings.removeAll(keepingCapacity: true)
    labelPosition = 0
    frame = Frame()
    frame.results = functionResults
    frame.label = .function
    if hasPositions { movePosition(to: reader.position) }
    while body.root.isNone {
      opcodeOffset = reader.position
      let opcode = try readOpcode()
      let info = infos[Int(opcode.rawValue)]
      usedFeatures.formUnion(info.feature)
      if isConstant && !BodyDecoder.isConstant(opcode) {
        throw invalid("constant expression required: \(opcode.mnemonic) is not constant")
      }
      try decodeInstruction(opcode, info, into: &body)
      if hasPositions { notePositions(in: &body) }
    }
  }

  private mutating func readOpcode() throws -> Opcode {
    let first = try reader.readByte()
    var entry = decoding[Int(first)]
    var code = UInt32(first)
    if first >= 0xfb && first <= 0xfe {
      let rest = try reader.readU32()
      code = code << 16 | min(rest, 0xffff)
      let page = (Int(first) - 0xfa) * OpcodeTable.decodingPageSize
      entry = rest < UInt32(OpcodeTable.decodingPageSize) ? decoding[page + Int(rest)] : .max
    }
    guard entry != .max else { throw unknownOpcode(code) }
    return Opcode(number: entry)
  }

  private func unknownOpcode(_ code: UInt32) -> WasmError {
    if let known = ProposalOpcodes.find(code: code) {
      return reader.error(
        "\(known.mnemonic) belongs to the proposal \(known.proposal), which is not supported", at: opcodeOffset,
        kind: .unsupported)
    }
    let bytes = code > 0xff ? "\(hex(code >> 16)) \(hex(code & 0xffff))" : hex(code)
    return reader.error("illegal opcode \(bytes)", at: opcodeOffset)
  }

  private func hex(_ value: UInt32) -> String { "0x" + String(value, radix: 16) }

  // MARK: Errors and features

  /// An error of validation at the instruction being decoded.
  func invalid(_ message: String) -> WasmError { reader.error(message, at: opcodeOffset, kind: .invalid) }

  mutating func noteFeatures(_ features: FeatureSet) { usedFeatures.formUnion(features) }
  mutating func noteFeatures(of type: ValueType) { usedFeatures.formUnion(type.features) }

  /// Whether the instruction may stand in a constant expression (specification 3.4.13, with extended constants).
  private static func isConstant(_ opcode: Opcode) -> Bool {
    switch opcode {
    case .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .globalGet, .refNull, .refFunc, .refI31, .structNew,
      .structNewDefault, .arrayNew, .arrayNewDefault, .arrayNewFixed, .anyConvertExtern, .externConvertAny, .i32Add,
      .i32Sub, .i32Mul, .i64Add, .i64Sub, .i64Mul, .end:
      return true
    default: return false
    }
  }
}

extension ValueType {
  /// The features that the type itself needs.
  package var features: FeatureSet {
    if self == .v128 { return .simd }
    guard isReference else { return .mvp }
    if isNullable && heapType == .func { return .mvp }
    if isNullable && heapType == .extern { return .referenceTypes }
    switch heapType {
    case .exn, .noexn: return [.referenceTypes, .exceptionHandling]
    default: return [.referenceTypes, .gc]
    }
  }
}
