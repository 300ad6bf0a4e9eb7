import IR
import Interpreter
import Support
import TextFormat

// Values on the command line.

extension Value {
  /// Nil if the text is no value of the type: numbers as in the text format, vectors as one hexadecimal number of 32
  /// digits, `null` for references that may be null.
  init?(parsing text: [UInt8], _ type: ValueType) {
    switch type {
    case .i32:
      guard let bits = NumberLiteral.integer(text, bits: 32) else { return nil }
      self = .i32(UInt32(bits))
    case .i64:
      guard let bits = NumberLiteral.integer(text, bits: 64) else { return nil }
      self = .i64(bits)
    case .f32:
      guard let bits = NumberLiteral.float(text, bits: 32) else { return nil }
      self = .f32(UInt32(bits))
    case .f64:
      guard let bits = NumberLiteral.float(text, bits: 64) else { return nil }
      self = .f64(bits)
    case .v128:
      let digits = String(decoding: text, as: UTF8.self)
      guard digits.hasPrefix("0x"), text.count == 34, let high = UInt64(digits.dropFirst(2).prefix(16), radix: 16),
        let low = UInt64(digits.suffix(16), radix: 16)
      else { return nil }
      self = .v128(V128(low: low, high: high))
    default:
      guard type.isNullable, text.elementsEqual("null".utf8) else { return nil }
      self = .reference(.null)
    }
  }
}

extension Store {
  /// A value as `Value(parsing:)` reads it, except for references. The type is only needed to tell those apart.
  func text(of value: Value, _ type: ValueType) -> String {
    switch value {
    case .i32(let bits): return "\(Int32(bitPattern: bits))"
    case .i64(let bits): return "\(Int64(bitPattern: bits))"
    case .f32(let bits): return text(of: Float(bitPattern: bits), payload: UInt64(bits & 0x7f_ffff))
    case .f64(let bits): return text(of: Double(bitPattern: bits), payload: bits & 0xf_ffff_ffff_ffff)
    case .v128(let vector): return "0x" + hexadecimal(vector.high) + hexadecimal(vector.low)
    case .reference(let reference): return text(of: reference)
    }
  }

  /// The shortest text that is read as the same number.
  private func text<Float: BinaryFloatingPoint & CustomStringConvertible>(of number: Float, payload: UInt64) -> String {
    guard number.isNaN else { return number.description }
    let canonical = UInt64(1) << UInt64(Float.significandBitCount - 1)
    let name = payload == canonical ? "nan" : "nan:0x" + String(payload, radix: 16)
    return number.sign == .minus ? "-" + name : name
  }

  private func hexadecimal(_ word: UInt64) -> String {
    let digits = String(word, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  private func text(of reference: Reference) -> String {
    switch reference.kind {
    case .null: return "null"
    case .i31: return "i31 \(Int32(truncatingIfNeeded: reference.payload << 1) >> 1)"
    case .object: return isReference(reference, of: .array) ? "array" : "struct"
    case .function: return "func"
    case .exception: return "exn"
    case .host: return "extern \(reference.payload)"
    }
  }
}

extension ValueType {
  /// As the text format has it; of references to defined types only that they are references.
  var name: String {
    switch self {
    case .i32: return "i32"
    case .i64: return "i64"
    case .f32: return "f32"
    case .f64: return "f64"
    case .v128: return "v128"
    default:
      let heap = HeapType.abstractTypes.first { $0.type == heapType }?.name ?? "type"
      return isNullable ? "(ref null \(heap))" : "(ref \(heap))"
    }
  }
}
