import IR
import Support

// Types in the binary format (specification 5.3), read.

extension ByteReader {
  /// - Parameter typeCount: types that may be named; others are an error.
  package mutating func readValueType(typeCount: Int) throws -> ValueType {
    let start = position
    switch try readByte() {
    case 0x7f: return .i32
    case 0x7e: return .i64
    case 0x7d: return .f32
    case 0x7c: return .f64
    case 0x7b: return .v128
    default:
      position = start
      return try readReferenceType(typeCount: typeCount)
    }
  }

  package mutating func readReferenceType(typeCount: Int) throws -> ValueType {
    let start = position
    let byte = try readByte()
    switch byte {
    case 0x64: return .reference(to: try readHeapType(typeCount: typeCount), isNullable: false)
    case 0x63: return .reference(to: try readHeapType(typeCount: typeCount), isNullable: true)
    default:
      if let abstract = HeapType.abstractTypes.first(where: { $0.code == byte }) {
        return .reference(to: abstract.type, isNullable: true)
      }
      throw unknownType(byte, at: start)
    }
  }

  package mutating func readHeapType(typeCount: Int) throws -> HeapType {
    let start = position
    let number = try readS33()
    if number >= 0 {
      guard number < typeCount else { throw error("unknown type \(number)", at: start, kind: .invalid) }
      return HeapType(TypeID(rawValue: UInt32(number)))
    }
    let byte = UInt8(truncatingIfNeeded: number & 0x7f)
    if number >= -64, let abstract = HeapType.abstractTypes.first(where: { $0.code == byte }) { return abstract.type }
    throw unknownType(byte, at: start)
  }

  package mutating func readStorageType(typeCount: Int) throws -> StorageType {
    switch peekByte() {
    case 0x78:
      position += 1
      return .i8
    case 0x77:
      position += 1
      return .i16
    default: return StorageType(try readValueType(typeCount: typeCount))
    }
  }

  package mutating func readMutability() throws -> Bool {
    let start = position
    switch try readByte() {
    case 0: return false
    case 1: return true
    default: throw error("malformed mutability", at: start)
    }
  }

  private func unknownType(_ byte: UInt8, at start: Int) -> WasmError {
    let proposals: [UInt8: String] = [
      0x68: "stack-switching", 0x75: "stack-switching", 0x67: "strings", 0x65: "shared-everything",
      0x62: "custom-descriptors", 0x5c: "shared-everything", 0x5b: "shared-everything",
    ]
    if let proposal = proposals[byte] {
      return error(
        "type 0x\(String(byte, radix: 16)) belongs to the proposal \(proposal), which is not supported", at: start,
        kind: .unsupported)
    }
    return error("malformed value type: 0x\(String(byte, radix: 16)) is none", at: start)
  }
}
