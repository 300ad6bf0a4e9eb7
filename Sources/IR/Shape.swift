/// How an instruction is built: its immediates in the binary and text formats, and where the IR keeps its immediates
/// and operands. Codecs, printer, parser and typed views each switch over it.
///
/// An operand is a word of the record, or an item of the record's range in the side pool (`b` is the start of the
/// range, `c` its count). Immediates that find no word stand in the pool just below that range ("header").
public enum Shape: UInt8, BitwiseCopyable, Sendable {
  // Control
  case block, loop, `if`, `else`, end, `try`, `catch`, catchAll, delegate, tryTable
  case unreachable, nop, br, brIf, brTable, brOnNull, brOnCast, `return`
  case call, callIndirect, callRef, `throw`, rethrow, throwRef
  // Parametric and variable
  case drop, select, selectTyped, localGet, localSet, localTee, globalGet, globalSet
  // Tables
  case tableGet, tableSet, tableSize, tableGrow, tableFill, tableCopy, tableInit, elemDrop
  // Memories
  case load, store, loadLane, storeLane, memorySize, memoryGrow, memoryFill, memoryCopy, memoryInit, dataDrop
  case rmw, cmpxchg, atomicWait, atomicFence
  // Numbers and vectors
  case i32Const, i64Const, f32Const, f64Const, v128Const, unary, binary, ternary
  case extractLane, replaceLane, shuffle, wideAdd, wideMultiply
  // References
  case refNull, refIsNull, refFunc, refEq, refAsNonNull, refTest, refCast, refConvert, refI31, i31Get
  // Aggregates
  case structNew, structNewDefault, structGet, structSet
  case arrayNew, arrayNewDefault, arrayNewFixed, arrayNewData, arrayNewElem, arrayGet, arraySet, arrayLen
  case arrayFill, arrayCopy, arrayInitData, arrayInitElem
  // Pseudo instructions of the IR
  case tupleMake, tupleSet, keep, payload
}

extension Shape {
  /// Whether it is an instruction that others stand in: `block`, `loop`, `if`, `try` or `try_table`.
  @inlinable @inline(__always) public var isConstruct: Bool { rawValue <= Shape.tryTable.rawValue }
  /// Whether it is a construct or an instruction that may name labels: false for most, and cheap.
  @inlinable @inline(__always) public var mayNameLabels: Bool { rawValue <= Shape.rethrow.rawValue }
  /// Whether it reads or writes locals.
  @inlinable @inline(__always) public var namesLocals: Bool {
    self == .localGet || self == .localSet || self == .localTee || self == .tupleSet
  }
  /// Whether it is a control instruction; they come first.
  @inlinable @inline(__always) public var isControl: Bool { rawValue <= Shape.throwRef.rawValue }
}

/// Where the operands of a node are: first the pool range, if there is one, then words in the order given, which
/// together is the order of evaluation.
@frozen public struct OperandLayout: BitwiseCopyable, Sendable {
  /// Bits 0-1: number of words that are operands; bits 2-3, 4-5, 6-7: which; bit 8: pool range; bit 9: control does not
  /// come out, though there are no operands; bits 10-11, 12-13, 14-15: which words, from the last on.
  @usableFromInline let bits: UInt16

  init(words: [Int] = [], pool: Bool = false) {
    var bits = UInt16(words.count)
    for (position, word) in words.enumerated() { bits |= UInt16(word) << UInt16(2 + 2 * position) }
    for (position, word) in words.reversed().enumerated() { bits |= UInt16(word) << UInt16(10 + 2 * position) }
    self.bits = bits | (pool ? 0x100 : 0)
  }

  /// Of `unreachable` and `rethrow`.
  static let end = OperandLayout(bits: 0x200)

  private init(bits: UInt16) { self.bits = bits }

  /// Whether there may be operands.
  @inlinable @inline(__always) public var hasOperands: Bool { bits & 0x1ff != 0 }
  /// Whether there are no operands, and control comes out: of a constant, a `local.get` and the like.
  @inlinable @inline(__always) public var isLeaf: Bool { bits == 0 }

  @inlinable public var wordCount: Int { Int(bits & 3) }
  @inlinable public var hasPool: Bool { bits & 0x100 != 0 }
  /// Which word (0: a, 1: b, 2: c) holds the operand at `position` among the words.
  @inlinable @inline(__always) public func word(at position: Int) -> Int { Int(bits >> UInt16(2 + 2 * position)) & 3 }
  /// Likewise, from the last operand on; some word if there are not so many.
  @inlinable @inline(__always) func word(fromLast position: Int) -> Int { Int(bits >> UInt16(10 + 2 * position)) & 3 }
}

extension Shape {
  var operandLayout: OperandLayout {
    switch self {
    case .else, .end, .catch, .catchAll, .delegate, .nop, .localGet, .globalGet, .tableSize, .elemDrop, .memorySize,
      .dataDrop, .atomicFence, .i32Const, .i64Const, .f32Const, .f64Const, .v128Const, .refNull, .refFunc,
      .structNewDefault, .payload:
      return OperandLayout()
    case .unreachable, .rethrow: return .end
    case .throwRef, .return, .drop, .tableGet, .load, .memoryGrow, .unary, .extractLane, .refIsNull, .refAsNonNull,
      .refTest, .refCast, .refConvert, .refI31, .i31Get, .structGet, .arrayNewDefault, .arrayLen, .tupleSet,
      .tryTable:
      return OperandLayout(words: [0])
    case .loop, .br, .localSet, .localTee, .globalSet:
      return OperandLayout(words: [1])
    case .brTable: return OperandLayout(words: [1, 0])
    case .brIf, .brOnNull: return OperandLayout(words: [1, 2])
    case .tableSet, .tableGrow, .store, .loadLane, .storeLane, .rmw, .binary, .replaceLane, .shuffle, .wideMultiply,
      .refEq, .arrayNew, .arrayGet:
      return OperandLayout(words: [0, 1])
    case .if, .select, .selectTyped, .ternary: return OperandLayout(words: [0, 1, 2])
    case .callIndirect, .callRef: return OperandLayout(words: [0], pool: true)
    case .block, .try, .brOnCast, .call, .throw, .tableFill, .tableCopy, .tableInit, .memoryFill, .memoryCopy,
      .memoryInit, .cmpxchg, .atomicWait, .wideAdd, .structNew, .structSet, .arrayNewFixed, .arrayNewData,
      .arrayNewElem, .arraySet, .arrayFill, .arrayCopy, .arrayInitData, .arrayInitElem, .tupleMake, .keep:
      return OperandLayout(pool: true)
    }
  }
}
