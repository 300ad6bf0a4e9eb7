import IR
import Support

// Types in the binary format (specification 5.3), written.

extension Column where Element == UInt8 {
  package mutating func append(_ type: HeapType) {
    if let defined = type.definedType {
      appendSigned(Int64(defined.rawValue))
    } else {
      append(HeapType.abstractTypes[Int(type.bits)].code)
    }
  }

  package mutating func append(_ type: ValueType) {
    switch type {
    case .i32: append(0x7f)
    case .i64: append(0x7e)
    case .f32: append(0x7d)
    case .f64: append(0x7c)
    case .v128: append(0x7b)
    default:
      precondition(type.isReference)
      if !type.isNullable {
        append(0x64)
      } else if !type.heapType.isAbstract {
        append(0x63)
      }
      append(type.heapType)
    }
  }

  package mutating func append(_ type: StorageType) {
    switch type {
    case .i8: append(0x78)
    case .i16: append(0x77)
    default: append(type.unpacked)
    }
  }
}
