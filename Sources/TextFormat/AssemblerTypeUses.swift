import Support

// Type uses (specification 6.4.12).

extension Assembler {
  /// Consumes `(type x)? (param ...)* (result ...)*` and gives the index of the type that is meant. With
  /// `bindsLocals`, parameters become locals.
  mutating func readTypeUse(bindsLocals: Bool) throws -> UInt32 {
    let start = tokens.token.start
    var explicit: UInt32?
    if try tokens.takeOpen(.type) {
      explicit = try readIndex(.type)
      try tokens.expectRightParen()
    }
    signature.removeAll()
    try readParameters(bindsLocals: bindsLocals, allowsNames: bindsLocals)
    try readResults()
    guard let index = explicit else { return findOrAppendType(text: start) }
    // `(param)` and `(result)` say nothing.
    guard signature.parameterCount + signature.resultCount > 0 else { return index }
    guard Int(index) < typeRecords.count else {
      throw tokens.error("unknown type \(index)", at: start, kind: .invalid)
    }
    try checkInlineType(against: index, at: start)
    return index
  }

  /// The number of parameters of a type; 0 if it is no function type, which the reader of the binary finds out.
  func parameterCount(ofType index: UInt32) -> UInt32 {
    Int(index) < typeRecords.count ? typeRecords[Int(index)].parameterCount : 0
  }

  private mutating func checkInlineType(against index: UInt32, at offset: Int) throws {
    signature.encode()
    let record = typeRecords[Int(index)]
    let isSame = composites.withUnsafeBuffer { buffer in
      signature.encoded.withUnsafeBuffer { $0.elementsEqual(buffer[record.start..<record.end]) }
    }
    if !isSame {
      throw tokens.error("inline function type does not match type \(index), which is given with it", at: offset)
    }
  }

  /// The first plain function type equal to `signature`; appended if there is none.
  mutating func findOrAppendType(text: Int) -> UInt32 {
    signature.encode()
    let id = signature.encoded.withUnsafeBuffer { plainTypes.intern($0, hash: hashOfText($0)) }
    if Int(id) < plainTypeIndices.count { return plainTypeIndices[Int(id)] }
    let index = UInt32(typeRecords.count)
    plainTypeIndices.append(index)
    let start = composites.count
    types.beginEntry(text: text)
    signature.encoded.withUnsafeBuffer {
      composites.append(contentsOf: $0)
      types.bytes.append(contentsOf: $0)
    }
    typeRecords.append(
      TypeRecord(isFunction: true, parameterCount: signature.parameterCount, start: start, end: composites.count))
    return index
  }
}
