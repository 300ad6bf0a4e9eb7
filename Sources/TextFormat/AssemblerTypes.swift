import IR
import Support

/// The encoding of a value type, storage type or heap type, held as a number: at most seven bytes.
struct EncodedType: Equatable, BitwiseCopyable {
  private var bits: UInt64 = 0
  private(set) var count: UInt64 = 0

  static let funcref = EncodedType(byte: 0x70)

  init() {}
  init(byte: UInt8) { append(byte) }

  mutating func append(_ byte: UInt8) {
    bits |= UInt64(byte) << (8 * count)
    count += 1
  }

  mutating func append(_ other: EncodedType) {
    bits |= other.bits << (8 * count)
    count += other.count
  }

  /// Appends a type index as signed LEB128.
  mutating func append(index: UInt32) {
    var rest = index
    while rest > 63 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  @inline(__always) func forEachByte(_ visit: (UInt8) -> Void) {
    for index in 0..<count { visit(UInt8(truncatingIfNeeded: bits >> (8 * index))) }
  }
}

extension Column where Element == UInt8 {
  mutating func append(_ type: EncodedType) { type.forEachByte { append($0) } }
}

/// A reference type as `ref.test`, `ref.cast` and the casting branches want it.
struct ReferenceType: BitwiseCopyable {
  var isNullable: Bool
  var heapType: EncodedType
  /// The whole of it.
  var encoded: EncodedType

  /// Whether it is `(ref func)`.
  var isNonNullFunc: Bool { !isNullable && heapType == EncodedType.funcref }
}

/// What is known of a type of the type section.
struct TypeRecord: BitwiseCopyable {
  var isFunction: Bool
  var parameterCount: UInt32
  /// Range in `composites`.
  var start: Int
  var end: Int
}

/// Parameters and results while they are read.
struct SignatureBuffer: ~Copyable {
  var parameters = Column<UInt8>()
  var parameterCount: UInt32 = 0
  var results = Column<UInt8>()
  var resultCount: UInt32 = 0
  /// The whole function type.
  var encoded = Column<UInt8>()
  /// One more than the largest type index in it, or 0.
  var mentionedTypesEnd: UInt64 = 0

  mutating func removeAll() {
    mentionedTypesEnd = 0
    parameters.removeAll()
    results.removeAll()
    parameterCount = 0
    resultCount = 0
  }

  mutating func encode() {
    encoded.removeAll()
    encoded.append(0x60)
    encoded.appendUnsigned(parameterCount)
    parameters.withUnsafeBuffer { encoded.append(contentsOf: $0) }
    encoded.appendUnsigned(resultCount)
    results.withUnsafeBuffer { encoded.append(contentsOf: $0) }
  }
}

// MARK: Type expressions (specification 6.4)

extension Assembler {
  var nextIsReferenceType: Bool {
    tokens.token.isOpen(.ref)
      || tokens.token.kind == .word && WordTable.shared.shorthandCodes[Int(tokens.token.word.keyword.number)] != 0
  }

  mutating func readHeapType() throws -> EncodedType {
    let token = tokens.token
    if token.kind == .word {
      let code = WordTable.shared.heapTypeCodes[Int(token.word.keyword.number)]
      if code != 0 {
        try tokens.advance()
        return EncodedType(byte: code)
      }
    } else if token.kind == .number || nextIsIdentifier {
      let index = try readIndex(.type)
      signature.mentionedTypesEnd = max(signature.mentionedTypesEnd, UInt64(index) + 1)
      var type = EncodedType()
      type.append(index: index)
      return type
    }
    throw tokens.unexpectedToken(expecting: "a heap type")
  }

  mutating func readReferenceType() throws -> ReferenceType {
    let token = tokens.token
    if token.kind == .word {
      let code = WordTable.shared.shorthandCodes[Int(token.word.keyword.number)]
      if code != 0 {
        try tokens.advance()
        return ReferenceType(isNullable: true, heapType: EncodedType(byte: code), encoded: EncodedType(byte: code))
      }
    }
    guard try tokens.takeOpen(.ref) else { throw tokens.unexpectedToken(expecting: "a reference type") }
    let isNullable = try tokens.takeWord(.null)
    let isIndex = tokens.token.kind != .word
    let heapType = try readHeapType()
    try tokens.expectRightParen()
    var encoded = EncodedType()
    if !isNullable {
      encoded.append(0x64)
    } else if isIndex {
      encoded.append(0x63)
    }
    encoded.append(heapType)
    return ReferenceType(isNullable: isNullable, heapType: heapType, encoded: encoded)
  }

  mutating func readValueType() throws -> EncodedType {
    if tokens.token.kind == .word {
      let code: UInt8
      switch tokens.token.word.keyword {
      case .i32: code = 0x7f
      case .i64: code = 0x7e
      case .f32: code = 0x7d
      case .f64: code = 0x7c
      case .v128: code = 0x7b
      default: code = 0
      }
      if code != 0 {
        try tokens.advance()
        return EncodedType(byte: code)
      }
    }
    guard nextIsReferenceType else { throw tokens.unexpectedToken(expecting: "a value type") }
    return try readReferenceType().encoded
  }

  private mutating func readStorageType() throws -> EncodedType {
    if try tokens.takeWord(.i8) { return EncodedType(byte: 0x78) }
    if try tokens.takeWord(.i16) { return EncodedType(byte: 0x77) }
    return try readValueType()
  }

  /// Consumes `(param ...)*`. Identifiers are bound to locals if `bindsLocals`, and else must not be there unless
  /// `allowsNames`.
  mutating func readParameters(bindsLocals: Bool, allowsNames: Bool) throws {
    while try tokens.takeOpen(.param) {
      if allowsNames && (nextIsIdentifier || tokens.token.kind == .annotation) {
        let binder = try readBinder()
        if bindsLocals { try bindLocal(binder, to: signature.parameterCount) }
        signature.parameters.append(try readValueType())
        signature.parameterCount += 1
      } else {
        while tokens.token.kind != .rightParen {
          signature.parameters.append(try readValueType())
          signature.parameterCount += 1
        }
      }
      try tokens.expectRightParen()
    }
  }

  /// Consumes `(result ...)*`.
  mutating func readResults() throws {
    while try tokens.takeOpen(.result) {
      while tokens.token.kind != .rightParen {
        signature.results.append(try readValueType())
        signature.resultCount += 1
      }
      try tokens.expectRightParen()
    }
  }
}

// MARK: Definitions

extension Assembler {
  /// Reads all `type` and `rec` fields, wherever they are.
  mutating func assembleTypes() throws {
    for index in 0..<typeFields.count {
      let start = typeFields[index]
      try tokens.seek(to: start)
      types.beginEntry(text: start)
      if try tokens.takeOpen(.rec) {
        try assembleRecursionGroup()
      } else {
        try assembleType(isAlone: true)
      }
    }
  }

  private mutating func assembleRecursionGroup() throws {
    let first = tokens.token.start
    var size = 0
    while tokens.token.isOpen(.type) {
      size += 1
      try tokens.advance()
      try tokens.skipToClosingParenthesis()
    }
    try tokens.seek(to: first)
    if size != 1 {
      types.bytes.append(0x4e)
      types.bytes.appendUnsigned(size)
    }
    for _ in 0..<size { try assembleType(isAlone: size == 1) }
    try tokens.expectRightParen()
  }

  /// Reads `(type id? subtype)`. A function type that is alone in its group may serve type uses.
  private mutating func assembleType(isAlone: Bool) throws {
    guard try tokens.takeOpen(.type) else { throw tokens.unexpectedToken(expecting: "(type") }
    try skipBinder()
    var isPlain = true
    let hasSub = try tokens.takeOpen(.sub)
    if hasSub {
      let isFinal = try tokens.takeWord(.final)
      var supertypes: [UInt32] = []
      while let supertype = try readOptionalIndex(.type) { supertypes.append(supertype) }
      isPlain = isFinal && supertypes.isEmpty
      if !isPlain {
        types.bytes.append(isFinal ? 0x4f : 0x50)
        types.bytes.appendUnsigned(supertypes.count)
        for supertype in supertypes { types.bytes.appendUnsigned(supertype) }
      }
    }
    let record = try readCompositeType()
    // A type that mentions itself is recursive, which no type that a type use stands for is.
    let isRecursive = signature.mentionedTypesEnd > UInt64(typeRecords.count)
    appendRecord(record, isPlain: isPlain && isAlone && !isRecursive)
    composites.withUnsafeBuffer {
      types.bytes.append(contentsOf: UnsafeBufferPointer(rebasing: $0[record.start..<record.end]))
    }
    if hasSub { try tokens.expectRightParen() }
    try tokens.expectRightParen()
  }

  private mutating func appendRecord(_ record: TypeRecord, isPlain: Bool) {
    let index = UInt32(typeRecords.count)
    typeRecords.append(record)
    guard isPlain && record.isFunction else { return }
    let id = composites.withUnsafeBuffer { buffer in
      let encoded = UnsafeBufferPointer(rebasing: buffer[record.start..<record.end])
      return plainTypes.intern(encoded, hash: hashOfText(encoded))
    }
    if Int(id) == plainTypeIndices.count { plainTypeIndices.append(index) }
  }

  private mutating func readCompositeType() throws -> TypeRecord {
    let start = composites.count
    var isFunction = false
    if try tokens.takeOpen(.func) {
      isFunction = true
      signature.removeAll()
      try readParameters(bindsLocals: false, allowsNames: true)
      try readResults()
      signature.encode()
      signature.encoded.withUnsafeBuffer { composites.append(contentsOf: $0) }
    } else if try tokens.takeOpen(.array) {
      composites.append(0x5e)
      let field = try readFieldType()
      composites.append(field.type)
      composites.append(field.isMutable ? 1 : 0)
    } else if try tokens.takeOpen(.struct) {
      try readStructure()
    } else {
      throw tokens.unexpectedToken(expecting: "(func, (struct or (array")
    }
    try tokens.expectRightParen()
    return TypeRecord(
      isFunction: isFunction, parameterCount: isFunction ? signature.parameterCount : 0, start: start,
      end: composites.count)
  }

  private mutating func readFieldType() throws -> (type: EncodedType, isMutable: Bool) {
    guard try tokens.takeOpen(.mut) else { return (try readStorageType(), false) }
    let type = try readStorageType()
    try tokens.expectRightParen()
    return (type, true)
  }

  /// Reads the fields of the structure that is type `typeRecords.count`.
  private mutating func readStructure() throws {
    let type = UInt32(typeRecords.count)
    signature.removeAll()
    names.fields.beginGroup(type)
    var count: UInt32 = 0
    while try tokens.takeOpen(.field) {
      if nextIsIdentifier || tokens.token.kind == .annotation {
        try bindField(try readBinder(), of: type, to: count)
        try appendField()
        count += 1
      } else {
        while tokens.token.kind != .rightParen {
          try appendField()
          count += 1
        }
      }
      try tokens.expectRightParen()
    }
    composites.append(0x5f)
    composites.appendUnsigned(count)
    signature.parameters.withUnsafeBuffer { composites.append(contentsOf: $0) }
  }

  private mutating func appendField() throws {
    let field = try readFieldType()
    signature.parameters.append(field.type)
    signature.parameters.append(field.isMutable ? 1 : 0)
  }

  private mutating func bindField(_ binder: Binder, of type: UInt32, to index: UInt32) throws {
    if binder.symbol != Interner.none {
      let key = UInt64(type) << 32 | UInt64(binder.symbol)
      guard fieldIndices.updateValue(index, forKey: key) == nil else {
        throw tokens.error("duplicate field \(tokens.lexer.excerpt(ofTokenAt: binder.offset))", at: binder.offset)
      }
    }
    if binder.name != Interner.none { names.fields.append(index, binder.name, symbols) }
  }

  /// Consumes the index or identifier of a field of a structure.
  mutating func readFieldIndex(of type: UInt32) throws -> UInt32 {
    guard nextIsIdentifier else { return try tokens.readU32("a field") }
    let symbol = try findSymbol()
    guard symbol != Interner.none, let index = fieldIndices[UInt64(type) << 32 | UInt64(symbol)] else {
      throw tokens.error("unknown field \(tokens.excerpt(of: tokens.token))", at: tokens.token.start)
    }
    try tokens.advance()
    return index
  }
}
