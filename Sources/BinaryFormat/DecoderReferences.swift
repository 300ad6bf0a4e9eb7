import IR
import Support

// Vector, reference and aggregate instructions.

extension BodyDecoder {
  // MARK: Vectors and wide arithmetic

  mutating func decodeVector(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    switch info.shape {
    case .v128Const:
      let value = try readVector()
      push(NodeRecord(.v128Const, .v128, a: body.appendToPool(value)), in: &body)
    case .ternary:
      let third = try pop(info.operands.2.valueType, isFirst: false, in: &body)
      let second = try pop(info.operands.1.valueType, isFirst: false, in: &body)
      let first = try pop(info.operands.0.valueType, in: &body)
      push(
        NodeRecord(opcode, info.result, a: first.rawValue, b: second.rawValue, c: third.rawValue), in: &body)
    case .extractLane:
      let lane = try readLane(limit: opcode.laneCount)
      let vector = try pop(.v128, in: &body)
      push(NodeRecord(opcode, info.result, a: vector.rawValue, c: UInt32(lane)), in: &body)
    case .replaceLane:
      let lane = try readLane(limit: opcode.laneCount)
      let value = try pop(info.operands.1.valueType, isFirst: false, in: &body)
      let vector = try pop(.v128, in: &body)
      push(NodeRecord(opcode, .v128, a: vector.rawValue, b: value.rawValue, c: UInt32(lane)), in: &body)
    case .shuffle:
      let lanes = try readVector()
      for index in 0..<16 where lanes[index] >= 32 { throw invalid("invalid lane index \(lanes[index])") }
      let right = try pop(.v128, isFirst: false, in: &body)
      let left = try pop(.v128, in: &body)
      push(
        NodeRecord(opcode, .v128, a: left.rawValue, b: right.rawValue, c: body.appendToPool(lanes)), in: &body)
    case .wideAdd:
      let type = body.resultType(of: [.i64, .i64])
      try pushWide(NodeRecord(opcode, type), [.i64, .i64, .i64, .i64], in: &body)
    default:
      let right = try pop(.i64, isFirst: false, in: &body)
      let left = try pop(.i64, in: &body)
      let type = body.resultType(of: [.i64, .i64])
      pushResult(
        make(NodeRecord(opcode, type, a: left.rawValue, b: right.rawValue), in: &body), type, in: &body)
    }
  }

  private mutating func readVector() throws -> V128 {
    V128(low: try reader.readLittleEndian(byteCount: 8), high: try reader.readLittleEndian(byteCount: 8))
  }

  // MARK: References

  mutating func decodeReference(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    switch info.shape {
    case .refNull:
      let type = ValueType.reference(to: try readHeapType(), isNullable: true)
      push(NodeRecord(.refNull, ResultType(type), a: type.heapType.bits), in: &body)
    case .refFunc:
      let function = try readFunction()
      guard !validates || isConstant || declarations.referencedFunctions[function.index] else {
        throw invalid("undeclared function reference: no element segment, global or export names function \(function)")
      }
      let type = ValueType.reference(
        to: HeapType(declarations.functionTypes[function.index]), isNullable: false)
      push(NodeRecord(.refFunc, ResultType(type), a: function.rawValue), in: &body)
    case .refIsNull:
      let (reference, _) = try popReference(in: &body)
      push(NodeRecord(.refIsNull, .i32, a: reference.rawValue), in: &body)
    case .refAsNonNull:
      let (reference, type) = try popReference(in: &body)
      let result = type == .bottom ? type : type.asNonNull
      push(NodeRecord(.refAsNonNull, ResultType(result), a: reference.rawValue), in: &body)
    case .refEq:
      let eq = ValueType.reference(to: .eq, isNullable: true)
      let right = try pop(eq, isFirst: false, in: &body)
      let left = try pop(eq, in: &body)
      push(NodeRecord(.refEq, .i32, a: left.rawValue, b: right.rawValue), in: &body)
    case .refTest, .refCast:
      let isNullable = opcode == .refTestNull || opcode == .refCastNull
      let target = ValueType.reference(to: try readHeapType(), isNullable: isNullable)
      let top = ValueType.reference(to: declarations.types.top(of: target.heapType), isNullable: true)
      let reference = try pop(top, in: &body)
      let type = info.shape == .refTest ? ResultType.i32 : ResultType(target)
      push(NodeRecord(opcode, type, a: reference.rawValue, b: target.bits), in: &body)
    case .refConvert:
      let (from, to): (HeapType, HeapType) = opcode == .anyConvertExtern ? (.extern, .any) : (.any, .extern)
      let (reference, type) = try popReference(in: &body)
      try check(type, matches: .reference(to: from, isNullable: true))
      let result = ValueType.reference(to: to, isNullable: type == .bottom ? false : type.isNullable)
      push(NodeRecord(opcode, ResultType(result), a: reference.rawValue), in: &body)
    case .refI31:
      let value = try pop(.i32, in: &body)
      let type = ValueType.reference(to: .i31, isNullable: false)
      push(NodeRecord(.refI31, ResultType(type), a: value.rawValue), in: &body)
    default:
      let reference = try pop(.reference(to: .i31, isNullable: true), in: &body)
      push(NodeRecord(opcode, .i32, a: reference.rawValue), in: &body)
    }
  }

  private mutating func readHeapType() throws -> HeapType {
    let type = try reader.readHeapType(typeCount: declarations.types.count)
    noteFeatures(of: .reference(to: type, isNullable: true))
    return type
  }
}

extension Opcode {
  /// Lanes of the vector that an `extract_lane` or `replace_lane` sees.
  package var laneCount: Int {
    let name = mnemonic
    if name.hasPrefix("i8x16") { return 16 }
    if name.hasPrefix("i16x8") { return 8 }
    return name.hasPrefix("i32x4") || name.hasPrefix("f32x4") ? 4 : 2
  }
}
