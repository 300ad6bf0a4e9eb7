/// Every instruction of WebAssembly 3.0, threads, legacy exceptions and wide arithmetic, and at the end the four
/// pseudo instructions that only the IR has.
///
/// What an instruction is (mnemonic, encoding, shape, types, effects) stands in its row of the opcode table; the
/// cases come in the order of the rows.
public enum Opcode: UInt16, CaseIterable, BitwiseCopyable, Sendable {
  // Control, parametric, variable, table and reference instructions (one-byte opcodes)
  case unreachable, nop, block, loop, `if`, `else`, `try`, `catch`, `throw`, `rethrow`, throwRef, end, br, brIf
  case brTable, `return`, call, callIndirect, returnCall, returnCallIndirect, callRef, returnCallRef, delegate
  case catchAll, drop, select, selectTyped, tryTable, localGet, localSet, localTee, globalGet, globalSet, tableGet
  case tableSet, refNull, refIsNull, refFunc, refEq, refAsNonNull, brOnNull, brOnNonNull
  // Loads, stores and memory size
  case i32Load, i64Load, f32Load, f64Load, i32Load8S, i32Load8U, i32Load16S, i32Load16U, i64Load8S, i64Load8U
  case i64Load16S, i64Load16U, i64Load32S, i64Load32U, i32Store, i64Store, f32Store, f64Store, i32Store8, i32Store16
  case i64Store8, i64Store16, i64Store32, memorySize, memoryGrow
  // Numeric instructions (one-byte opcodes)
  case i32Const, i64Const, f32Const, f64Const, i32Eqz, i32Eq, i32Ne, i32LtS, i32LtU, i32GtS, i32GtU, i32LeS, i32LeU
  case i32GeS, i32GeU, i64Eqz, i64Eq, i64Ne, i64LtS, i64LtU, i64GtS, i64GtU, i64LeS, i64LeU, i64GeS, i64GeU, f32Eq
  case f32Ne, f32Lt, f32Gt, f32Le, f32Ge, f64Eq, f64Ne, f64Lt, f64Gt, f64Le, f64Ge, i32Clz, i32Ctz, i32Popcnt, i32Add
  case i32Sub, i32Mul, i32DivS, i32DivU, i32RemS, i32RemU, i32And, i32Or, i32Xor, i32Shl, i32ShrS, i32ShrU, i32Rotl
  case i32Rotr, i64Clz, i64Ctz, i64Popcnt, i64Add, i64Sub, i64Mul, i64DivS, i64DivU, i64RemS, i64RemU, i64And, i64Or
  case i64Xor, i64Shl, i64ShrS, i64ShrU, i64Rotl, i64Rotr, f32Abs, f32Neg, f32Ceil, f32Floor, f32Trunc, f32Nearest
  case f32Sqrt, f32Add, f32Sub, f32Mul, f32Div, f32Min, f32Max, f32Copysign, f64Abs, f64Neg, f64Ceil, f64Floor
  case f64Trunc, f64Nearest, f64Sqrt, f64Add, f64Sub, f64Mul, f64Div, f64Min, f64Max, f64Copysign, i32WrapI64
  case i32TruncF32S, i32TruncF32U, i32TruncF64S, i32TruncF64U, i64ExtendI32S, i64ExtendI32U, i64TruncF32S
  case i64TruncF32U, i64TruncF64S, i64TruncF64U, f32ConvertI32S, f32ConvertI32U, f32ConvertI64S, f32ConvertI64U
  case f32DemoteF64, f64ConvertI32S, f64ConvertI32U, f64ConvertI64S, f64ConvertI64U, f64PromoteF32, i32ReinterpretF32
  case i64ReinterpretF64, f32ReinterpretI32, f64ReinterpretI64, i32Extend8S, i32Extend16S, i64Extend8S, i64Extend16S
  case i64Extend32S
  // Structures, arrays, casts and i31 (prefix 0xfb)
  case structNew, structNewDefault, structGet, structGetS, structGetU, structSet, arrayNew, arrayNewDefault
  case arrayNewFixed, arrayNewData, arrayNewElem, arrayGet, arrayGetS, arrayGetU, arraySet, arrayLen, arrayFill
  case arrayCopy, arrayInitData, arrayInitElem, refTest, refTestNull, refCast, refCastNull, brOnCast, brOnCastFail
  case anyConvertExtern, externConvertAny, refI31, i31GetS, i31GetU
  // Saturating truncation, bulk operations, wide arithmetic (prefix 0xfc)
  case i32TruncSatF32S, i32TruncSatF32U, i32TruncSatF64S, i32TruncSatF64U, i64TruncSatF32S, i64TruncSatF32U
  case i64TruncSatF64S, i64TruncSatF64U, memoryInit, dataDrop, memoryCopy, memoryFill, tableInit, elemDrop, tableCopy
  case tableGrow, tableSize, tableFill, i64Add128, i64Sub128, i64MulWideS, i64MulWideU
  // Vector instructions (prefix 0xfd)
  case v128Load, v128Load8x8S, v128Load8x8U, v128Load16x4S, v128Load16x4U, v128Load32x2S, v128Load32x2U
  case v128Load8Splat, v128Load16Splat, v128Load32Splat, v128Load64Splat, v128Store, v128Const, i8x16Shuffle
  case i8x16Swizzle, i8x16Splat, i16x8Splat, i32x4Splat, i64x2Splat, f32x4Splat, f64x2Splat, i8x16ExtractLaneS
  case i8x16ExtractLaneU, i8x16ReplaceLane, i16x8ExtractLaneS, i16x8ExtractLaneU, i16x8ReplaceLane, i32x4ExtractLane
  case i32x4ReplaceLane, i64x2ExtractLane, i64x2ReplaceLane, f32x4ExtractLane, f32x4ReplaceLane, f64x2ExtractLane
  case f64x2ReplaceLane, i8x16Eq, i8x16Ne, i8x16LtS, i8x16LtU, i8x16GtS, i8x16GtU, i8x16LeS, i8x16LeU, i8x16GeS
  case i8x16GeU, i16x8Eq, i16x8Ne, i16x8LtS, i16x8LtU, i16x8GtS, i16x8GtU, i16x8LeS, i16x8LeU, i16x8GeS, i16x8GeU
  case i32x4Eq, i32x4Ne, i32x4LtS, i32x4LtU, i32x4GtS, i32x4GtU, i32x4LeS, i32x4LeU, i32x4GeS, i32x4GeU, f32x4Eq
  case f32x4Ne, f32x4Lt, f32x4Gt, f32x4Le, f32x4Ge, f64x2Eq, f64x2Ne, f64x2Lt, f64x2Gt, f64x2Le, f64x2Ge, v128Not
  case v128And, v128Andnot, v128Or, v128Xor, v128Bitselect, v128AnyTrue, v128Load8Lane, v128Load16Lane, v128Load32Lane
  case v128Load64Lane, v128Store8Lane, v128Store16Lane, v128Store32Lane, v128Store64Lane, v128Load32Zero
  case v128Load64Zero, f32x4DemoteF64x2Zero, f64x2PromoteLowF32x4, i8x16Abs, i8x16Neg, i8x16Popcnt, i8x16AllTrue
  case i8x16Bitmask, i8x16NarrowI16x8S, i8x16NarrowI16x8U, f32x4Ceil, f32x4Floor, f32x4Trunc, f32x4Nearest, i8x16Shl
  case i8x16ShrS, i8x16ShrU, i8x16Add, i8x16AddSatS, i8x16AddSatU, i8x16Sub, i8x16SubSatS, i8x16SubSatU, f64x2Ceil
  case f64x2Floor, i8x16MinS, i8x16MinU, i8x16MaxS, i8x16MaxU, f64x2Trunc, i8x16AvgrU, i16x8ExtaddPairwiseI8x16S
  case i16x8ExtaddPairwiseI8x16U, i32x4ExtaddPairwiseI16x8S, i32x4ExtaddPairwiseI16x8U, i16x8Abs, i16x8Neg
  case i16x8Q15mulrSatS, i16x8AllTrue, i16x8Bitmask, i16x8NarrowI32x4S, i16x8NarrowI32x4U, i16x8ExtendLowI8x16S
  case i16x8ExtendHighI8x16S, i16x8ExtendLowI8x16U, i16x8ExtendHighI8x16U, i16x8Shl, i16x8ShrS, i16x8ShrU, i16x8Add
  case i16x8AddSatS, i16x8AddSatU, i16x8Sub, i16x8SubSatS, i16x8SubSatU, f64x2Nearest, i16x8Mul, i16x8MinS, i16x8MinU
  case i16x8MaxS, i16x8MaxU, i16x8AvgrU, i16x8ExtmulLowI8x16S, i16x8ExtmulHighI8x16S, i16x8ExtmulLowI8x16U
  case i16x8ExtmulHighI8x16U, i32x4Abs, i32x4Neg, i32x4AllTrue, i32x4Bitmask, i32x4ExtendLowI16x8S
  case i32x4ExtendHighI16x8S, i32x4ExtendLowI16x8U, i32x4ExtendHighI16x8U, i32x4Shl, i32x4ShrS, i32x4ShrU, i32x4Add
  case i32x4Sub, i32x4Mul, i32x4MinS, i32x4MinU, i32x4MaxS, i32x4MaxU, i32x4DotI16x8S, i32x4ExtmulLowI16x8S
  case i32x4ExtmulHighI16x8S, i32x4ExtmulLowI16x8U, i32x4ExtmulHighI16x8U, i64x2Abs, i64x2Neg, i64x2AllTrue
  case i64x2Bitmask, i64x2ExtendLowI32x4S, i64x2ExtendHighI32x4S, i64x2ExtendLowI32x4U, i64x2ExtendHighI32x4U
  case i64x2Shl, i64x2ShrS, i64x2ShrU, i64x2Add, i64x2Sub, i64x2Mul, i64x2Eq, i64x2Ne, i64x2LtS, i64x2GtS, i64x2LeS
  case i64x2GeS, i64x2ExtmulLowI32x4S, i64x2ExtmulHighI32x4S, i64x2ExtmulLowI32x4U, i64x2ExtmulHighI32x4U, f32x4Abs
  case f32x4Neg, f32x4Sqrt, f32x4Add, f32x4Sub, f32x4Mul, f32x4Div, f32x4Min, f32x4Max, f32x4Pmin, f32x4Pmax, f64x2Abs
  case f64x2Neg, f64x2Sqrt, f64x2Add, f64x2Sub, f64x2Mul, f64x2Div, f64x2Min, f64x2Max, f64x2Pmin, f64x2Pmax
  case i32x4TruncSatF32x4S, i32x4TruncSatF32x4U, f32x4ConvertI32x4S, f32x4ConvertI32x4U, i32x4TruncSatF64x2SZero
  case i32x4TruncSatF64x2UZero, f64x2ConvertLowI32x4S, f64x2ConvertLowI32x4U, i8x16RelaxedSwizzle
  case i32x4RelaxedTruncF32x4S, i32x4RelaxedTruncF32x4U, i32x4RelaxedTruncF64x2SZero, i32x4RelaxedTruncF64x2UZero
  case f32x4RelaxedMadd, f32x4RelaxedNmadd, f64x2RelaxedMadd, f64x2RelaxedNmadd, i8x16RelaxedLaneselect
  case i16x8RelaxedLaneselect, i32x4RelaxedLaneselect, i64x2RelaxedLaneselect, f32x4RelaxedMin, f32x4RelaxedMax
  case f64x2RelaxedMin, f64x2RelaxedMax, i16x8RelaxedQ15mulrS, i16x8RelaxedDotI8x16I7x16S
  case i32x4RelaxedDotI8x16I7x16AddS
  // Atomic instructions (prefix 0xfe)
  case memoryAtomicNotify, memoryAtomicWait32, memoryAtomicWait64, atomicFence, i32AtomicLoad, i64AtomicLoad
  case i32AtomicLoad8U, i32AtomicLoad16U, i64AtomicLoad8U, i64AtomicLoad16U, i64AtomicLoad32U, i32AtomicStore
  case i64AtomicStore, i32AtomicStore8, i32AtomicStore16, i64AtomicStore8, i64AtomicStore16, i64AtomicStore32
  case i32AtomicRmwAdd, i64AtomicRmwAdd, i32AtomicRmw8AddU, i32AtomicRmw16AddU, i64AtomicRmw8AddU, i64AtomicRmw16AddU
  case i64AtomicRmw32AddU, i32AtomicRmwSub, i64AtomicRmwSub, i32AtomicRmw8SubU, i32AtomicRmw16SubU, i64AtomicRmw8SubU
  case i64AtomicRmw16SubU, i64AtomicRmw32SubU, i32AtomicRmwAnd, i64AtomicRmwAnd, i32AtomicRmw8AndU, i32AtomicRmw16AndU
  case i64AtomicRmw8AndU, i64AtomicRmw16AndU, i64AtomicRmw32AndU, i32AtomicRmwOr, i64AtomicRmwOr, i32AtomicRmw8OrU
  case i32AtomicRmw16OrU, i64AtomicRmw8OrU, i64AtomicRmw16OrU, i64AtomicRmw32OrU, i32AtomicRmwXor, i64AtomicRmwXor
  case i32AtomicRmw8XorU, i32AtomicRmw16XorU, i64AtomicRmw8XorU, i64AtomicRmw16XorU, i64AtomicRmw32XorU
  case i32AtomicRmwXchg, i64AtomicRmwXchg, i32AtomicRmw8XchgU, i32AtomicRmw16XchgU, i64AtomicRmw8XchgU
  case i64AtomicRmw16XchgU, i64AtomicRmw32XchgU, i32AtomicRmwCmpxchg, i64AtomicRmwCmpxchg, i32AtomicRmw8CmpxchgU
  case i32AtomicRmw16CmpxchgU, i64AtomicRmw8CmpxchgU, i64AtomicRmw16CmpxchgU, i64AtomicRmw32CmpxchgU
  // Pseudo instructions (IR only)
  case tupleMake, tupleSet, keep, payload
}
