import IR

/// An instruction of the register code that bodies are compiled to before they run.
///
/// `a`, `b` and `c` are slots of the frame unless the operation says otherwise: words of 64 bits, locals first, then
/// temporaries; a vector takes two. i32 and f32 are zero-extended in their word.
struct Instruction: BitwiseCopyable {
  var operation: Operation
  var x: UInt16 = 0
  var a: UInt32 = 0
  var b: UInt32 = 0
  var c: UInt32 = 0

  init(_ operation: Operation, x: UInt16 = 0, a: Int = 0, b: Int = 0, c: Int = 0) {
    self.operation = operation
    self.x = x
    self.a = UInt32(truncatingIfNeeded: a)
    self.b = UInt32(truncatingIfNeeded: b)
    self.c = UInt32(truncatingIfNeeded: c)
  }

  /// `b` and `c` as one number.
  var wide: UInt64 {
    get { UInt64(b) | UInt64(c) << 32 }
    set {
      b = UInt32(truncatingIfNeeded: newValue)
      c = UInt32(truncatingIfNeeded: newValue >> 32)
    }
  }

  var opcode: Opcode { Opcode(rawValue: x)! }
}

/// What an instruction does. "At a": operands stand side by side from slot `a` on and the result replaces them.
/// "More": the instruction is followed by a word of further immediates.
enum Operation: UInt8, BitwiseCopyable {
  /// Further immediates of the instruction before; never run by itself.
  case more
  // Control. Targets are positions in the code.
  case unreachable
  /// To a.
  case jump
  /// To b if a is not zero; if it is.
  case jumpIf, jumpUnless
  /// To the jump at b - a or less behind this one: index in a, default at b.
  case jumpTable
  /// Begins a loop: takes a units of fuel.
  case loopHead
  /// Calls function a of the instance, function c by reference, element a of table x (more: a: type): arguments at b.
  case call, callRef, callIndirect
  /// As the three above, but the frame becomes that of the callee.
  case tailCall, tailCallRef, tailCallIndirect
  /// The results are at slot 0.
  case `return`
  /// Tag a, arguments at b; reference in a.
  case `throw`, throwRef
  // Moves
  case copy, copyPair, copyMany
  /// b and c are the number.
  case constant
  /// a = b unless c is not zero; x words.
  case select
  /// Global b; x words.
  case globalGet, globalSet
  // Numbers: opcode in x, result in a, operands in b and c.
  case numeric
  case i32Eqz, i32Eq, i32Ne, i32LtS, i32LtU, i32GtS, i32GtU, i32LeS, i32LeU, i32GeS, i32GeU
  case i32Add, i32Sub, i32Mul, i32And, i32Or, i32Xor, i32Shl, i32ShrS, i32ShrU
  case i64Eqz, i64Eq, i64Ne, i64LtS, i64LtU, i64GtS, i64GtU, i64LeS, i64LeU, i64GeS, i64GeU
  case i64Add, i64Sub, i64Mul, i64And, i64Or, i64Xor, i64Shl, i64ShrS, i64ShrU
  case f64Add, f64Sub, f64Mul, f64Lt, f64Gt
  case i32WrapI64, i64ExtendI32S
  /// Operand c is the number itself.
  case i32AddConstant, i32AndConstant, i32ShlConstant, i32ShrUConstant, i32EqConstant, i32NeConstant
  /// To c (position) if the comparison of a and b holds.
  case jumpIfI32Eq, jumpIfI32Ne, jumpIfI32LtS, jumpIfI32LtU, jumpIfI32GeS, jumpIfI32GeU
  // Wide arithmetic, at a: opcode in x.
  case wide
  // Vectors: opcode in x.
  case vector, vectorToScalar, extractLane
  /// At a.
  case vectorTernary
  /// At a: lane c.
  case replaceLane
  /// At a; more: the lanes.
  case shuffle
  // Memory x: value a, address b, offset c.
  case load8, load8S32, load8S64, load16, load16S32, load16S64, load32, load32S64, load64, load128
  case store8, store16, store32, store64, store128
  /// a = a + offset in b and c, or an address that no memory has if that overflows.
  case offsetAddress
  /// More: a: opcode.
  case loadVector
  /// Address and vector at a, offset c; more: a: opcode, b: lane.
  case loadLane, storeLane
  /// Address and operands at a, offset c; more: a: opcode.
  case atomic
  /// Result in a.
  case memorySize
  /// At a, of memory x.
  case memoryGrow, memoryFill
  /// At a, to memory x; b: from memory; c: the narrower of both is 32 bits wide.
  case memoryCopy
  /// At a, to memory x, from data segment b.
  case memoryInit
  case dataDrop
  // Tables: at a, table b.
  case tableGet, tableSet, tableSize, tableGrow, tableFill
  /// To b, from c.
  case tableCopy
  /// To table b, from segment c.
  case tableInit
  case elemDrop
  // References
  case refIsNull, refFunc, refI31, i31GetS, i31GetU
  /// Traps if a is null; x: the trap.
  case refAsNonNull
  /// a = whether b is of reference type (bits) c.
  case refTest
  /// Traps if a is not of reference type (bits) c.
  case refCast
  // Aggregates. Types are those of the store.
  /// At a: type b.
  case structNew, structNewDefault
  /// Result a, reference b, offset of the field c; x: how the field is stored.
  case structGet
  /// Reference and value at a; offset c, x as above.
  case structSet
  /// At a: type b.
  case arrayNew, arrayNewDefault
  /// At a: type b, c elements.
  case arrayNewFixed
  /// At a: type b, segment c.
  case arrayNewData, arrayNewElem
  /// Result a, reference b, index c, x as above.
  case arrayGet
  /// At a; x as above.
  case arraySet, arrayFill
  case arrayLen
  /// At a: x: how elements are stored.
  case arrayCopy
  /// At a: segment b, x as above.
  case arrayInitData, arrayInitElem
}

/// How a field or an array element is kept in an object, and read.
enum Storage: UInt16, BitwiseCopyable {
  case byte, signedByte, short, signedShort, word, double, vector, reference

  /// Bytes of an element of an array.
  var byteCount: Int {
    switch self {
    case .byte, .signedByte: return 1
    case .short, .signedShort: return 2
    case .word: return 4
    case .double, .reference: return 8
    case .vector: return 16
    }
  }

  init(_ type: StorageType, isSigned: Bool = false) {
    switch type {
    case .i8: self = isSigned ? .signedByte : .byte
    case .i16: self = isSigned ? .signedShort : .short
    default:
      switch type.unpacked {
      case .i32, .f32: self = .word
      case .i64, .f64: self = .double
      case .v128: self = .vector
      default: self = .reference
      }
    }
  }
}
