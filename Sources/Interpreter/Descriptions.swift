import IR

extension Value {
  /// The value as a person reads it.
  package var text: String {
    switch self {
    case .i32(let bits): return "i32 \(Int32(bitPattern: bits))"
    case .i64(let bits): return "i64 \(Int64(bitPattern: bits))"
    case .f32(let bits): return "f32 \(Float(bitPattern: bits)) (0x\(String(bits, radix: 16)))"
    case .f64(let bits): return "f64 \(Double(bitPattern: bits)) (0x\(String(bits, radix: 16)))"
    case .v128(let vector): return "v128 0x\(String(vector.high, radix: 16)) 0x\(String(vector.low, radix: 16))"
    case .reference(let reference): return reference.isNull ? "null" : "\(reference.kind) \(reference.payload)"
    }
  }
}

extension Interruption {
  /// What happened, as a person reads it.
  package var text: String {
    switch self {
    case .trap(let trap): return "trap: \(trap.message)"
    case .exception: return "an uncaught exception"
    case .exit(let status): return "exit with status \(status)"
    case .refused(let message): return message
    }
  }
}
