import IR
import Support

/// What follows an opcode, as far as a scan has to know it: how to find its references and its end.
enum ScanAction: UInt8 {
  /// No such opcode.
  case invalid
  /// A prefix byte: the opcode's number follows.
  case prefix
  case none
  /// A number of no interest: a local, a label, an integer constant.
  case number
  case bytes1, bytes4, bytes8, bytes16
  case blockType, branchTable, tryTable, valueTypes, heapType, castBranch
  /// Alignment, perhaps a memory, offset; with a lane after it.
  case memarg, memargLane
  case function, type, table, memory, global, tag, element, data
  case typeNumber, typeType, typeTable, typeElement, typeData
  case tableTable, elementTable, memoryMemory, dataMemory

  /// By page and number, as in `OpcodeTable.decoding`.
  static var byCode: UnsafePointer<ScanAction> { byCodeMemory.pointer }

  private struct Memory: @unchecked Sendable {
    // Unchecked: written once, before it is shared.
    let pointer: UnsafePointer<ScanAction>
  }

  private static let byCodeMemory: Memory = {
    let count = 5 * OpcodeTable.decodingPageSize
    let actions = UnsafeMutablePointer<ScanAction>.allocate(capacity: count)
    for entry in 0..<count {
      let opcode = OpcodeTable.decoding[entry]
      let action = opcode == .max ? .invalid : ScanAction(OpcodeTable.infos[Int(opcode)].shape)
      (actions + entry).initialize(to: action)
    }
    for prefix in 0xfb...0xfe { actions[prefix] = .prefix }
    return Memory(pointer: UnsafePointer(actions))
  }()

  private init(_ shape: Shape) {
    switch shape {
    case .else, .end, .catchAll, .unreachable, .nop, .return, .throwRef, .drop, .select, .unary, .binary, .ternary,
      .wideAdd, .wideMultiply, .refIsNull, .refEq, .refAsNonNull, .refConvert, .refI31, .i31Get, .arrayLen:
      self = .none
    case .block, .loop, .if, .try: self = .blockType
    case .tryTable: self = .tryTable
    case .delegate, .rethrow, .br, .brIf, .brOnNull, .localGet, .localSet, .localTee, .i32Const, .i64Const:
      self = .number
    case .brTable: self = .branchTable
    case .brOnCast: self = .castBranch
    case .call, .refFunc: self = .function
    case .callIndirect: self = .typeTable
    case .callRef, .structNew, .structNewDefault, .arrayNew, .arrayNewDefault, .arrayGet, .arraySet, .arrayFill:
      self = .type
    case .structGet, .structSet, .arrayNewFixed: self = .typeNumber
    case .arrayCopy: self = .typeType
    case .arrayNewData, .arrayInitData: self = .typeData
    case .arrayNewElem, .arrayInitElem: self = .typeElement
    case .catch, .throw: self = .tag
    case .selectTyped: self = .valueTypes
    case .globalGet, .globalSet: self = .global
    case .tableGet, .tableSet, .tableSize, .tableGrow, .tableFill: self = .table
    case .tableCopy: self = .tableTable
    case .tableInit: self = .elementTable
    case .elemDrop: self = .element
    case .load, .store, .rmw, .cmpxchg, .atomicWait: self = .memarg
    case .loadLane, .storeLane: self = .memargLane
    case .memorySize, .memoryGrow, .memoryFill: self = .memory
    case .memoryCopy: self = .memoryMemory
    case .memoryInit: self = .dataMemory
    case .dataDrop: self = .data
    case .atomicFence, .extractLane, .replaceLane: self = .bytes1
    case .f32Const: self = .bytes4
    case .f64Const: self = .bytes8
    case .v128Const, .shuffle: self = .bytes16
    case .refNull, .refTest, .refCast: self = .heapType
    case .tupleMake, .tupleSet, .keep, .payload: self = .invalid
    }
  }
}
