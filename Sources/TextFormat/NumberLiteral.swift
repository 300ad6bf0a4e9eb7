/// Numbers spelled as in the text format, for others than the parser.
package enum NumberLiteral {
  /// The bits of an integer of that width, given as signed or unsigned; nil if the text is none.
  package static func integer(_ text: [UInt8], bits: Int) -> UInt64? {
    text.withUnsafeBufferPointer { IntegerLiteral($0)?.constant(bits: bits) }
  }

  /// The bits of the floating-point number of that width; nil if the text is none or out of range.
  package static func float(_ text: [UInt8], bits: Int) -> UInt64? {
    text.withUnsafeBufferPointer { text in
      guard case .bits(let bits) = FloatLiteral(text, format: bits == 32 ? .f32 : .f64) else { return nil }
      return bits
    }
  }
}
