extension OpcodeTable {
  /// Saturating truncation, bulk operations, wide arithmetic (prefix 0xfc).
  static let bulkRows: [OpcodeRow] = [
    OpcodeRow(.i32TruncSatF32S, "i32.trunc_sat_f32_s", 0xfc0000, .unary, "f:i", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.i32TruncSatF32U, "i32.trunc_sat_f32_u", 0xfc0001, .unary, "f:i", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.i32TruncSatF64S, "i32.trunc_sat_f64_s", 0xfc0002, .unary, "d:i", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.i32TruncSatF64U, "i32.trunc_sat_f64_u", 0xfc0003, .unary, "d:i", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.i64TruncSatF32S, "i64.trunc_sat_f32_s", 0xfc0004, .unary, "f:l", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.i64TruncSatF32U, "i64.trunc_sat_f32_u", 0xfc0005, .unary, "f:l", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.i64TruncSatF64S, "i64.trunc_sat_f64_s", 0xfc0006, .unary, "d:l", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.i64TruncSatF64U, "i64.trunc_sat_f64_u", 0xfc0007, .unary, "d:l", [.pure], feature: .nontrappingFloatToInt),
    OpcodeRow(.memoryInit, "memory.init", 0xfc0008, .memoryInit, [.mayTrap, .writesMemory], feature: .bulkMemory),
    OpcodeRow(.dataDrop, "data.drop", 0xfc0009, .dataDrop, feature: .bulkMemory),
    OpcodeRow(.memoryCopy, "memory.copy", 0xfc000a, .memoryCopy, [.mayTrap, .readsMemory, .writesMemory], feature: .bulkMemoryOpt),
    OpcodeRow(.memoryFill, "memory.fill", 0xfc000b, .memoryFill, [.mayTrap, .writesMemory], feature: .bulkMemoryOpt),
    OpcodeRow(.tableInit, "table.init", 0xfc000c, .tableInit, [.mayTrap], feature: .bulkMemory),
    OpcodeRow(.elemDrop, "elem.drop", 0xfc000d, .elemDrop, feature: .bulkMemory),
    OpcodeRow(.tableCopy, "table.copy", 0xfc000e, .tableCopy, [.mayTrap], feature: .bulkMemory),
    OpcodeRow(.tableGrow, "table.grow", 0xfc000f, .tableGrow, feature: .referenceTypes),
    OpcodeRow(.tableSize, "table.size", 0xfc0010, .tableSize, feature: .referenceTypes),
    OpcodeRow(.tableFill, "table.fill", 0xfc0011, .tableFill, [.mayTrap], feature: .referenceTypes),
    OpcodeRow(.i64Add128, "i64.add128", 0xfc0013, .wideAdd, "llll:ll", [.pure], feature: .wideArithmetic),
    OpcodeRow(.i64Sub128, "i64.sub128", 0xfc0014, .wideAdd, "llll:ll", [.pure], feature: .wideArithmetic),
    OpcodeRow(.i64MulWideS, "i64.mul_wide_s", 0xfc0015, .wideMultiply, "ll:ll", [.pure, .commutative], feature: .wideArithmetic),
    OpcodeRow(.i64MulWideU, "i64.mul_wide_u", 0xfc0016, .wideMultiply, "ll:ll", [.pure, .commutative], feature: .wideArithmetic),
  ]
}
