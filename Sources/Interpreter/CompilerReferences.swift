import IR
import Support

// References, structures and arrays.

extension CodeCompiler {
  mutating func emitReference(_ step: Step) {
    switch body[step.node] {
    case .refNull: emitResult(Instruction(.constant))
    case .refIsNull: emitUnary(Instruction(.refIsNull))
    case .refFunc(let function): emitResult(Instruction(.refFunc, b: function.index))
    case .refEq: emitBinary(Instruction(.i64Eq))
    case .refAsNonNull: checkNull(.nullReference)
    case .refConvert: return
    case .refTest(let node):
      emitUnary(Instruction(.refTest, c: Int(context.type(node.target).bits)))
    case .refCast(let node):
      let reference = entries.last.slot
      emit(Instruction(.refCast, a: Int(reference), c: Int(context.type(node.target).bits)))
    case .refI31: emitUnary(Instruction(.refI31))
    case .i31Get(let node): emitUnary(Instruction(node.opcode == .i31GetS ? .i31GetS : .i31GetU))
    case .structNew(let node):
      emitInPlace(
        Instruction(.structNew, b: type(node.type)), operands: node.fields.count, width: 1)
    case .structNewDefault(let id): emitInPlace(Instruction(.structNewDefault, b: type(id)), operands: 0, width: 1)
    case .structGet(let node): emitStructGet(node)
    case .structSet(let node):
      let (offset, storage) = field(node.field, of: node.type)
      emitInPlace(Instruction(.structSet, x: storage.rawValue, c: offset), operands: 2, width: 0)
    default: emitArray(step)
    }
  }

  /// Traps if the newest entry is null; it stays as it is.
  private mutating func checkNull(_ trap: Trap) {
    emit(Instruction(.refAsNonNull, x: UInt16(trap.rawValue), a: Int(entries.last.slot)))
  }

  private func type(_ id: TypeID) -> Int { context.types[id.index].index }

  private func field(_ field: UInt32, of type: TypeID, isSigned: Bool = false) -> (offset: Int, storage: Storage) {
    let type = context.types[type.index]
    let storage = context.runtimeTypes.table[type].fields![Int(field)].storage
    return (context.runtimeTypes.fieldOffset(Int(field), of: type), Storage(storage, isSigned: isSigned))
  }

  private func element(of type: TypeID, isSigned: Bool = false) -> Storage {
    Storage(context.runtimeTypes.table[context.types[type.index]].arrayElement!.storage, isSigned: isSigned)
  }

  private mutating func emitStructGet(_ node: StructGetNode) {
    let (offset, storage) = field(node.field, of: node.type, isSigned: node.opcode == .structGetS)
    emitUnary(Instruction(.structGet, x: storage.rawValue, c: offset), width: storage == .vector ? 2 : 1)
  }

  private mutating func emitArray(_ step: Step) {
    switch body[step.node] {
    case .arrayNew(let node): emitInPlace(Instruction(.arrayNew, b: type(node.type)), operands: 2, width: 1)
    case .arrayNewDefault(let node):
      emitInPlace(Instruction(.arrayNewDefault, b: type(node.type)), operands: 1, width: 1)
    case .arrayNewFixed(let node):
      emitInPlace(
        Instruction(.arrayNewFixed, b: type(node.type), c: node.values.count), operands: node.values.count, width: 1)
    case .arrayNewData(let node):
      emitInPlace(Instruction(.arrayNewData, b: type(node.type), c: node.data.index), operands: 2, width: 1)
    case .arrayNewElem(let node):
      emitInPlace(Instruction(.arrayNewElem, b: type(node.type), c: node.element.index), operands: 2, width: 1)
    case .arrayGet(let node):
      let storage = element(of: node.type, isSigned: node.opcode == .arrayGetS)
      emitBinary(Instruction(.arrayGet, x: storage.rawValue), width: storage == .vector ? 2 : 1)
    case .arraySet(let node):
      emitInPlace(Instruction(.arraySet, x: element(of: node.type).rawValue), operands: 3, width: 0)
    case .arrayLen: emitUnary(Instruction(.arrayLen))
    case .arrayFill(let node):
      emitInPlace(Instruction(.arrayFill, x: element(of: node.type).rawValue), operands: 4, width: 0)
    case .arrayCopy(let node):
      emitInPlace(Instruction(.arrayCopy, x: element(of: node.destinationType).rawValue), operands: 5, width: 0)
    case .arrayInitData(let node):
      emitInPlace(
        Instruction(.arrayInitData, x: element(of: node.type).rawValue, b: node.data.index), operands: 4, width: 0)
    case .arrayInitElem(let node):
      emitInPlace(
        Instruction(.arrayInitElem, x: element(of: node.type).rawValue, b: node.element.index), operands: 4, width: 0)
    default: preconditionFailure("no instruction on references")
    }
  }
}
