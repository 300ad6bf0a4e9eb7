import IR
import Support

// Structures and arrays (specification 3.4.6).

extension BodyDecoder {
  private mutating func readStructType() throws -> (TypeID, [FieldType]) {
    let start = reader.position
    let type = try readType()
    guard let fields = declarations.types[type].fields else {
      throw reader.error("type \(type) is not a struct type", at: start, kind: .invalid)
    }
    return (type, fields)
  }

  private mutating func readArrayType() throws -> (TypeID, FieldType) {
    let start = reader.position
    let type = try readType()
    guard let element = declarations.types[type].arrayElement else {
      throw reader.error("type \(type) is not an array type", at: start, kind: .invalid)
    }
    return (type, element)
  }

  private func nonNull(_ type: TypeID) -> ResultType {
    ResultType(.reference(to: HeapType(type), isNullable: false))
  }

  private func nullable(_ type: TypeID) -> ValueType { .reference(to: HeapType(type), isNullable: true) }

  // MARK: Structures

  mutating func decodeStruct(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    let (type, fields) = try readStructType()
    switch info.shape {
    case .structNew:
      try pushWide(NodeRecord(.structNew, nonNull(type), a: type.rawValue), fields.map(\.storage.unpacked), in: &body)
    case .structNewDefault:
      guard fields.allSatisfy(\.storage.unpacked.isDefaultable) else {
        throw invalid("struct.new_default: type \(type) has a field that is not defaultable")
      }
      push(NodeRecord(.structNewDefault, nonNull(type), a: type.rawValue), in: &body)
    default:
      let start = reader.position
      let index = try reader.readU32()
      guard index < fields.count else {
        throw reader.error("unknown field \(index) of type \(type)", at: start, kind: .invalid)
      }
      let field = fields[Int(index)]
      if opcode == .structSet {
        guard field.isMutable else { throw invalid("immutable field \(index) of type \(type) can't be set") }
        body.pool.append(index)
        try pushWide(
          NodeRecord(.structSet, .none, a: type.rawValue), [nullable(type), field.storage.unpacked], in: &body)
      } else {
        try checkPacking(opcode == .structGet, field)
        let reference = try pop(nullable(type), in: &body)
        push(
          NodeRecord(
            opcode, ResultType(field.storage.unpacked), a: reference.rawValue, b: type.rawValue, c: index),
          in: &body)
      }
    }
  }

  private func checkPacking(_ isPlainGet: Bool, _ field: FieldType) throws {
    if isPlainGet == field.storage.isPacked {
      throw invalid(
        isPlainGet
          ? "type mismatch: a packed field is read with get_s or get_u"
          : "type mismatch: get_s and get_u read packed fields only")
    }
  }

  // MARK: Arrays

  mutating func decodeArray(_ opcode: Opcode, _ info: OpcodeInfo, in body: inout Body) throws {
    if info.shape == .arrayLen {
      let reference = try pop(.reference(to: .array, isNullable: true), in: &body)
      return push(NodeRecord(.arrayLen, .i32, a: reference.rawValue), in: &body)
    }
    let (type, element) = try readArrayType()
    switch info.shape {
    case .arrayNew, .arrayNewDefault, .arrayNewFixed, .arrayNewData, .arrayNewElem:
      try decodeArrayNew(info, type, element, in: &body)
    case .arrayGet:
      try checkPacking(opcode == .arrayGet, element)
      let index = try pop(.i32, isFirst: false, in: &body)
      let reference = try pop(nullable(type), in: &body)
      push(
        NodeRecord(
          opcode, ResultType(element.storage.unpacked), a: reference.rawValue, b: index.rawValue, c: type.rawValue),
        in: &body)
    default: try decodeArrayWrite(opcode, info.shape, type, element, in: &body)
    }
  }

  private mutating func decodeArrayNew(
    _ info: OpcodeInfo, _ type: TypeID, _ element: FieldType, in body: inout Body
  ) throws {
    let value = element.storage.unpacked
    switch info.shape {
    case .arrayNew:
      let count = try pop(.i32, isFirst: false, in: &body)
      let initial = try pop(value, in: &body)
      push(
        NodeRecord(.arrayNew, nonNull(type), a: initial.rawValue, b: count.rawValue, c: type.rawValue), in: &body)
    case .arrayNewDefault:
      guard value.isDefaultable else { throw invalid("array.new_default: the element is not defaultable") }
      let count = try pop(.i32, in: &body)
      push(NodeRecord(.arrayNewDefault, nonNull(type), a: count.rawValue, b: type.rawValue), in: &body)
    case .arrayNewFixed:
      try decodeArrayNewFixed(type, value, in: &body)
    case .arrayNewData:
      let data = try readData()
      try checkData(element)
      body.pool.append(data.rawValue)
      try pushWide(NodeRecord(.arrayNewData, nonNull(type), a: type.rawValue), [.i32, .i32], in: &body)
    default:
      let (segment, segmentType) = try readElement()
      try check(segmentType, matches: value)
      body.pool.append(segment.rawValue)
      try pushWide(NodeRecord(.arrayNewElem, nonNull(type), a: type.rawValue), [.i32, .i32], in: &body)
    }
  }

  private mutating func decodeArrayNewFixed(_ type: TypeID, _ value: ValueType, in body: inout Body) throws {
    let count = Int(try reader.readU32())
    // In reachable code the operands are on the stack; in unreachable code any number is there.
    let available = stack.count - Int(frame.floor)
    if frame.isUnreachable {
      for _ in 0..<min(count, available) { _ = try pop(value, in: &body) }
      return push(NodeRecord(.arrayNewFixed, nonNull(type), a: type.rawValue), in: &body)
    }
    let types = [ValueType](repeating: value, count: min(count, availableValues(in: body) + 1))
    try pushWide(NodeRecord(.arrayNewFixed, nonNull(type), a: type.rawValue), types, in: &body)
  }

  /// Values of the innermost construct on the stack.
  private func availableValues(in body: borrowing Body) -> Int {
    var count = 0
    for index in Int(frame.floor)..<stack.count { count += body.arity(of: stack[index].type) }
    return count
  }

  private func checkData(_ element: FieldType) throws {
    guard element.storage.isPacked || element.storage.unpacked.isNumericOrVector else {
      throw invalid("type mismatch: an array of references can't be made from data")
    }
  }

  private mutating func decodeArrayWrite(
    _ opcode: Opcode, _ shape: Shape, _ type: TypeID, _ element: FieldType, in body: inout Body
  ) throws {
    guard element.isMutable else { throw invalid("immutable array: elements of type \(type) can't be set") }
    let value = element.storage.unpacked
    let record = NodeRecord(opcode, .none, a: type.rawValue)
    switch shape {
    case .arraySet: try pushWide(record, [nullable(type), .i32, value], in: &body)
    case .arrayFill: try pushWide(record, [nullable(type), .i32, value, .i32], in: &body)
    case .arrayCopy:
      let (source, sourceElement) = try readArrayType()
      guard declarations.types.matches(sourceElement.storage, element.storage) else {
        throw invalid("array types do not match: elements of type \(source) do not fit into type \(type)")
      }
      body.pool.append(source.rawValue)
      try pushWide(record, [nullable(type), .i32, nullable(source), .i32, .i32], in: &body)
    case .arrayInitData:
      let data = try readData()
      try checkData(element)
      body.pool.append(data.rawValue)
      try pushWide(record, [nullable(type), .i32, .i32, .i32], in: &body)
    default:
      let (segment, segmentType) = try readElement()
      try check(segmentType, matches: value)
      body.pool.append(segment.rawValue)
      try pushWide(record, [nullable(type), .i32, .i32, .i32], in: &body)
    }
  }
}
