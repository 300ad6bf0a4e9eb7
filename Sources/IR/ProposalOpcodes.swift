/// Opcodes of proposals that are not part of the language yet: known by name, so that an error can say what a module
/// wants.
package enum ProposalOpcodes {
  /// The instruction and the proposal that an encoding belongs to; `code` is as in `OpcodeRow.code`.
  package static func find(code: UInt32) -> (mnemonic: String, proposal: String)? {
    for proposal in proposals {
      if let row = proposal.rows.first(where: { $0.code == code }) { return (row.mnemonic, proposal.name) }
    }
    return nil
  }

  /// The proposal that an instruction of the text format belongs to.
  package static func find(mnemonic: String) -> String? {
    proposals.first { $0.rows.contains { $0.mnemonic == mnemonic } }?.name
  }

  private static let proposals: [(name: String, rows: [(code: UInt32, mnemonic: String)])] = [
    (
      "stack-switching",
      [
        (0xe0, "cont.new"),
        (0xe1, "cont.bind"),
        (0xe2, "suspend"),
        (0xe3, "resume"),
        (0xe4, "resume_throw"),
        (0xe5, "resume_throw_ref"),
        (0xe6, "switch"),
      ]
    ),
    (
      "shared-everything",
      [
        (0xfb001f, "ref.i31_shared"),
        (0xfe0004, "pause"),
        (0xfe0005, "struct.wait"),
        (0xfe0006, "waitqueue.notify"),
        (0xfe0007, "waitqueue.new"),
        (0xfe004f, "global.atomic.get"),
        (0xfe0050, "global.atomic.set"),
        (0xfe0051, "global.atomic.rmw.add"),
        (0xfe0052, "global.atomic.rmw.sub"),
        (0xfe0053, "global.atomic.rmw.and"),
        (0xfe0054, "global.atomic.rmw.or"),
        (0xfe0055, "global.atomic.rmw.xor"),
        (0xfe0056, "global.atomic.rmw.xchg"),
        (0xfe0057, "global.atomic.rmw.cmpxchg"),
        (0xfe0058, "table.atomic.get"),
        (0xfe0059, "table.atomic.set"),
        (0xfe005a, "table.atomic.rmw.xchg"),
        (0xfe005b, "table.atomic.rmw.cmpxchg"),
        (0xfe005c, "struct.atomic.get"),
        (0xfe005d, "struct.atomic.get_s"),
        (0xfe005e, "struct.atomic.get_u"),
        (0xfe005f, "struct.atomic.set"),
        (0xfe0060, "struct.atomic.rmw.add"),
        (0xfe0061, "struct.atomic.rmw.sub"),
        (0xfe0062, "struct.atomic.rmw.and"),
        (0xfe0063, "struct.atomic.rmw.or"),
        (0xfe0064, "struct.atomic.rmw.xor"),
        (0xfe0065, "struct.atomic.rmw.xchg"),
        (0xfe0066, "struct.atomic.rmw.cmpxchg"),
        (0xfe0067, "array.atomic.get"),
        (0xfe0068, "array.atomic.get_s"),
        (0xfe0069, "array.atomic.get_u"),
        (0xfe006a, "array.atomic.set"),
        (0xfe006b, "array.atomic.rmw.add"),
        (0xfe006c, "array.atomic.rmw.sub"),
        (0xfe006d, "array.atomic.rmw.and"),
        (0xfe006e, "array.atomic.rmw.or"),
        (0xfe006f, "array.atomic.rmw.xor"),
        (0xfe0070, "array.atomic.rmw.xchg"),
        (0xfe0071, "array.atomic.rmw.cmpxchg"),
      ]
    ),
    (
      "custom-descriptors",
      [
        (0xfb0020, "struct.new_desc"),
        (0xfb0021, "struct.new_default_desc"),
        (0xfb0022, "ref.get_desc"),
        (0xfb0023, "ref.cast_desc_eq"),
        (0xfb0024, "ref.cast_desc_eq"),
        (0xfb0025, "br_on_cast_desc_eq"),
        (0xfb0026, "br_on_cast_desc_eq_fail"),
      ]
    ),
    (
      "strings",
      [
        (0xfb0082, "string.const"),
        (0xfb0083, "string.measure_utf8"),
        (0xfb0085, "string.measure_wtf16"),
        (0xfb0088, "string.concat"),
        (0xfb0089, "string.eq"),
        (0xfb008a, "string.is_usv_sequence"),
        (0xfb008b, "string.test"),
        (0xfb0098, "string.as_wtf16"),
        (0xfb009a, "stringview_wtf16.get_codeunit"),
        (0xfb009c, "stringview_wtf16.slice"),
        (0xfb00a8, "string.compare"),
        (0xfb00a9, "string.from_code_point"),
        (0xfb00aa, "string.hash"),
        (0xfb00b1, "string.new_wtf16_array"),
        (0xfb00b3, "string.encode_wtf16_array"),
        (0xfb00b4, "string.new_lossy_utf8_array"),
        (0xfb00b6, "string.encode_lossy_utf8_array"),
      ]
    ),
    (
      "memory-control",
      [
        (0xfc0012, "memory.discard"),
      ]
    ),
    (
      "fp16",
      [
        (0xfc0030, "f32.load_f16"),
        (0xfc0031, "f32.store_f16"),
        (0xfd0120, "f16x8.splat"),
        (0xfd0121, "f16x8.extract_lane"),
        (0xfd0122, "f16x8.replace_lane"),
        (0xfd0130, "f16x8.abs"),
        (0xfd0131, "f16x8.neg"),
        (0xfd0132, "f16x8.sqrt"),
        (0xfd0133, "f16x8.ceil"),
        (0xfd0134, "f16x8.floor"),
        (0xfd0135, "f16x8.trunc"),
        (0xfd0136, "f16x8.nearest"),
        (0xfd0137, "f16x8.eq"),
        (0xfd0138, "f16x8.ne"),
        (0xfd0139, "f16x8.lt"),
        (0xfd013a, "f16x8.gt"),
        (0xfd013b, "f16x8.le"),
        (0xfd013c, "f16x8.ge"),
        (0xfd013d, "f16x8.add"),
        (0xfd013e, "f16x8.sub"),
        (0xfd013f, "f16x8.mul"),
        (0xfd0140, "f16x8.div"),
        (0xfd0141, "f16x8.min"),
        (0xfd0142, "f16x8.max"),
        (0xfd0143, "f16x8.pmin"),
        (0xfd0144, "f16x8.pmax"),
        (0xfd0145, "i16x8.trunc_sat_f16x8_s"),
        (0xfd0146, "i16x8.trunc_sat_f16x8_u"),
        (0xfd0147, "f16x8.convert_i16x8_s"),
        (0xfd0148, "f16x8.convert_i16x8_u"),
        (0xfd0149, "f16x8.demote_f32x4_zero"),
        (0xfd014a, "f16x8.demote_f64x2_zero"),
        (0xfd014b, "f32x4.promote_low_f16x8"),
        (0xfd014e, "f16x8.madd"),
        (0xfd014f, "f16x8.nmadd"),
      ]
    ),
  ]
}
