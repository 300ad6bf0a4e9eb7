import IR
import Support

extension Machine {
  /// Runs from `start` to the return of the function that the invocation began with. Returns nil then, else what ended
  /// it.
  ///
  /// One long function, so that the next instruction and the frame stay in registers: the switch is the table of
  /// what operations do, a line each; what is rare or long is elsewhere.
  mutating func execute(from start: UnsafeMutablePointer<Instruction>) throws(Trap) -> Interruption? {
    var next = start
    var fp = base
    var instance = function.pointee.instance!
    var code = start

    while true {
      let i = next.pointee
      next += 1
      switch i.operation {
      // Control
      case .more: preconditionFailure("immediates are not run")
      case .unreachable: throw .unreachable
      case .jump: next = code + Int(i.a)
      case .jumpIf: if fp.u32(i.a) != 0 { next = code + Int(i.b) }
      case .jumpUnless: if fp.u32(i.a) == 0 { next = code + Int(i.b) }
      case .jumpTable: next += Int(min(fp.u32(i.a), i.b))
      case .jumpIfI32Eq: if fp.u32(i.a) == fp.u32(i.b) { next = code + Int(i.c) }
      case .jumpIfI32Ne: if fp.u32(i.a) != fp.u32(i.b) { next = code + Int(i.c) }
      case .jumpIfI32LtS: if fp.i32(i.a) < fp.i32(i.b) { next = code + Int(i.c) }
      case .jumpIfI32LtU: if fp.u32(i.a) < fp.u32(i.b) { next = code + Int(i.c) }
      case .jumpIfI32GeS: if fp.i32(i.a) >= fp.i32(i.b) { next = code + Int(i.c) }
      case .jumpIfI32GeU: if fp.u32(i.a) >= fp.u32(i.b) { next = code + Int(i.c) }
      case .loopHead:
        fuel -= Int(i.a)
        if fuel < 0 { throw .outOfFuel }
      case .call, .callRef, .callIndirect, .tailCall, .tailCallRef, .tailCallIndirect:
        let callee: UnsafeMutablePointer<FunctionRecord>
        switch i.operation {
        case .call, .tailCall: callee = instance.pointee.functions[Int(i.a)]
        case .callRef, .tailCallRef: callee = try self.callee(fp.u64(i.a), ifNull: .nullFunctionReference)
        default:
          let type = TypeID(rawValue: next.pointee.a)
          next += 1
          callee = try self.callee(at: fp.u64(i.a), of: instance.pointee.tables[Int(i.c)], type)
        }
        let isTail = i.operation.rawValue >= Operation.tailCall.rawValue
        if isTail {
          memmove(fp, fp + Int(i.b), 8 * callee.pointee.parameterSlots)
        } else if !callee.pointee.isHost {
          guard stack.depth < stack.depthLimit else { throw .callStackExhausted }
          stack.frames[stack.depth] = MachineStack.Frame(function: function, next: next, base: fp)
          stack.depth += 1
          fp += Int(i.b)
        }
        if callee.pointee.isHost {
          if let interruption = callHost(callee, at: isTail ? fp : fp + Int(i.b)) {
            guard case .exception(let exception) = interruption else { return interruption }
            if isTail {
              // The frame is gone: its handlers don't see what its last call throws.
              guard stack.depth > entryDepth else { return interruption }
              stack.depth -= 1
              let frame = stack.frames[stack.depth]
              (function, base, next) = (frame.function, frame.base, frame.next)
            }
            guard let handler = unwind(exception.bits, from: next) else { return interruption }
            next = handler
          } else if isTail {
            guard stack.depth > entryDepth else { return nil }
            stack.depth -= 1
            let frame = stack.frames[stack.depth]
            (function, base, next) = (frame.function, frame.base, frame.next)
          }
        } else {
          (function, base) = (callee, fp)
          do throws(Interruption) {
            next = try enter(callee, at: fp)
          } catch {
            return error
          }
        }
        fp = base
        instance = function.pointee.instance!
        code = function.pointee.code!.instructions
      case .return:
        guard stack.depth > entryDepth else { return nil }
        stack.depth -= 1
        let frame = stack.frames[stack.depth]
        (function, fp, next) = (frame.function, frame.base, frame.next)
        base = fp
        instance = function.pointee.instance!
        code = function.pointee.code!.instructions
      case .throw, .throwRef:
        let exception =
          i.operation == .throw
          ? try makeException(instance.pointee.tags[Int(i.a)], arguments: i.b) : fp.u64(i.a)
        if exception == 0 { throw .nullExceptionReference }
        guard let handler = unwind(exception, from: next) else { return .exception(Reference(bits: exception)) }
        next = handler
        fp = base
        instance = function.pointee.instance!
        code = function.pointee.code!.instructions

      // Moves
      case .copy: fp.set(i.a, fp.u64(i.b))
      case .copyPair: fp.set(i.a, fp.vector(i.b))
      case .copyMany: memmove(fp + Int(i.a), fp + Int(i.b), 8 * Int(i.c))
      case .constant: fp.set(i.a, i.wide)
      case .select:
        if fp.u32(i.c) == 0 {
          if i.x == 1 { fp.set(i.a, fp.u64(i.b)) } else { fp.set(i.a, fp.vector(i.b)) }
        }
      case .globalGet:
        let cell = instance.pointee.globals[Int(i.b)]
        if i.x == 1 { fp.set(i.a, cell.pointee) } else { fp.set(i.a, cell.vector(0)) }
      case .globalSet:
        let cell = instance.pointee.globals[Int(i.b)]
        if i.x == 1 { cell.pointee = fp.u64(i.a) } else { cell.set(0, fp.vector(i.a)) }

      // Numbers
      case .numeric: fp.set(i.a, try Numeric.evaluate(i.opcode, fp.u64(i.b), fp.u64(i.c)))
      case .i32Eqz: fp.set(i.a, fp.u32(i.b) == 0)
      case .i32Eq: fp.set(i.a, fp.u32(i.b) == fp.u32(i.c))
      case .i32Ne: fp.set(i.a, fp.u32(i.b) != fp.u32(i.c))
      case .i32LtS: fp.set(i.a, fp.i32(i.b) < fp.i32(i.c))
      case .i32LtU: fp.set(i.a, fp.u32(i.b) < fp.u32(i.c))
      case .i32GtS: fp.set(i.a, fp.i32(i.b) > fp.i32(i.c))
      case .i32GtU: fp.set(i.a, fp.u32(i.b) > fp.u32(i.c))
      case .i32LeS: fp.set(i.a, fp.i32(i.b) <= fp.i32(i.c))
      case .i32LeU: fp.set(i.a, fp.u32(i.b) <= fp.u32(i.c))
      case .i32GeS: fp.set(i.a, fp.i32(i.b) >= fp.i32(i.c))
      case .i32GeU: fp.set(i.a, fp.u32(i.b) >= fp.u32(i.c))
      case .i32Add: fp.set(i.a, fp.u32(i.b) &+ fp.u32(i.c))
      case .i32Sub: fp.set(i.a, fp.u32(i.b) &- fp.u32(i.c))
      case .i32Mul: fp.set(i.a, fp.u32(i.b) &* fp.u32(i.c))
      case .i32And: fp.set(i.a, fp.u32(i.b) & fp.u32(i.c))
      case .i32Or: fp.set(i.a, fp.u32(i.b) | fp.u32(i.c))
      case .i32Xor: fp.set(i.a, fp.u32(i.b) ^ fp.u32(i.c))
      case .i32Shl: fp.set(i.a, fp.u32(i.b) &<< fp.u32(i.c))
      case .i32ShrS: fp.set(i.a, fp.i32(i.b) &>> fp.i32(i.c))
      case .i32ShrU: fp.set(i.a, fp.u32(i.b) &>> fp.u32(i.c))
      case .i32AddConstant: fp.set(i.a, fp.u32(i.b) &+ i.c)
      case .i32AndConstant: fp.set(i.a, fp.u32(i.b) & i.c)
      case .i32ShlConstant: fp.set(i.a, fp.u32(i.b) &<< i.c)
      case .i32ShrUConstant: fp.set(i.a, fp.u32(i.b) &>> i.c)
      case .i32EqConstant: fp.set(i.a, fp.u32(i.b) == i.c)
      case .i32NeConstant: fp.set(i.a, fp.u32(i.b) != i.c)
      case .i64Eqz: fp.set(i.a, fp.u64(i.b) == 0)
      case .i64Eq: fp.set(i.a, fp.u64(i.b) == fp.u64(i.c))
      case .i64Ne: fp.set(i.a, fp.u64(i.b) != fp.u64(i.c))
      case .i64LtS: fp.set(i.a, fp.i64(i.b) < fp.i64(i.c))
      case .i64LtU: fp.set(i.a, fp.u64(i.b) < fp.u64(i.c))
      case .i64GtS: fp.set(i.a, fp.i64(i.b) > fp.i64(i.c))
      case .i64GtU: fp.set(i.a, fp.u64(i.b) > fp.u64(i.c))
      case .i64LeS: fp.set(i.a, fp.i64(i.b) <= fp.i64(i.c))
      case .i64LeU: fp.set(i.a, fp.u64(i.b) <= fp.u64(i.c))
      case .i64GeS: fp.set(i.a, fp.i64(i.b) >= fp.i64(i.c))
      case .i64GeU: fp.set(i.a, fp.u64(i.b) >= fp.u64(i.c))
      case .i64Add: fp.set(i.a, fp.u64(i.b) &+ fp.u64(i.c))
      case .i64Sub: fp.set(i.a, fp.u64(i.b) &- fp.u64(i.c))
      case .i64Mul: fp.set(i.a, fp.u64(i.b) &* fp.u64(i.c))
      case .i64And: fp.set(i.a, fp.u64(i.b) & fp.u64(i.c))
      case .i64Or: fp.set(i.a, fp.u64(i.b) | fp.u64(i.c))
      case .i64Xor: fp.set(i.a, fp.u64(i.b) ^ fp.u64(i.c))
      case .i64Shl: fp.set(i.a, fp.u64(i.b) &<< fp.u64(i.c))
      case .i64ShrS: fp.set(i.a, fp.i64(i.b) &>> fp.i64(i.c))
      case .i64ShrU: fp.set(i.a, fp.u64(i.b) &>> fp.u64(i.c))
      case .f64Add: fp.set(i.a, Numeric.canonical(fp.f64(i.b) + fp.f64(i.c)))
      case .f64Sub: fp.set(i.a, Numeric.canonical(fp.f64(i.b) - fp.f64(i.c)))
      case .f64Mul: fp.set(i.a, Numeric.canonical(fp.f64(i.b) * fp.f64(i.c)))
      case .f64Lt: fp.set(i.a, fp.f64(i.b) < fp.f64(i.c))
      case .f64Gt: fp.set(i.a, fp.f64(i.b) > fp.f64(i.c))
      case .i32WrapI64: fp.set(i.a, fp.u32(i.b))
      case .i64ExtendI32S: fp.set(i.a, Int64(fp.i32(i.b)))
      case .wide: wide(i, fp)

      // Vectors
      case .vector: fp.set(i.a, Vector.evaluate(i.opcode, fp.vector(i.b), fp.vector(i.c), V128(low: 0, high: 0)))
      case .vectorToScalar:
        fp.set(i.a, Vector.evaluate(i.opcode, fp.vector(i.b), fp.vector(i.c), V128(low: 0, high: 0)).low)
      case .vectorTernary:
        fp.set(i.a, Vector.evaluate(i.opcode, fp.vector(i.a), fp.vector(i.a + 2), fp.vector(i.a + 4)))
      case .extractLane: fp.set(i.a, Vector.extractLane(i.opcode, fp.vector(i.b), lane: UInt8(i.c)))
      case .replaceLane:
        fp.set(i.a, Vector.replaceLane(i.opcode, fp.vector(i.a), lane: UInt8(i.c), fp.u64(i.a + 2)))
      case .shuffle:
        let lanes = V128(low: next[0].wide, high: next[1].wide)
        next += 2
        fp.set(i.a, Vector.shuffle(fp.vector(i.a), fp.vector(i.a + 2), lanes: lanes))

      // Memory
      case .load8: fp.set(i.a, UInt64(try read(UInt8.self, i, fp, instance)))
      case .load8S32: fp.set(i.a, Int32(try read(Int8.self, i, fp, instance)))
      case .load8S64: fp.set(i.a, Int64(try read(Int8.self, i, fp, instance)))
      case .load16: fp.set(i.a, UInt64(try read(UInt16.self, i, fp, instance)))
      case .load16S32: fp.set(i.a, Int32(try read(Int16.self, i, fp, instance)))
      case .load16S64: fp.set(i.a, Int64(try read(Int16.self, i, fp, instance)))
      case .load32: fp.set(i.a, UInt64(try read(UInt32.self, i, fp, instance)))
      case .load32S64: fp.set(i.a, Int64(try read(Int32.self, i, fp, instance)))
      case .load64: fp.set(i.a, try read(UInt64.self, i, fp, instance))
      case .load128: fp.set(i.a, try read(V128.self, i, fp, instance))
      case .store8: try write(UInt8(truncatingIfNeeded: fp.u64(i.a)), i, fp, instance)
      case .store16: try write(UInt16(truncatingIfNeeded: fp.u64(i.a)), i, fp, instance)
      case .store32: try write(UInt32(truncatingIfNeeded: fp.u64(i.a)), i, fp, instance)
      case .store64: try write(fp.u64(i.a), i, fp, instance)
      case .store128: try write(fp.vector(i.a), i, fp, instance)
      case .offsetAddress:
        let (sum, overflow) = fp.u64(i.a).addingReportingOverflow(i.wide)
        fp.set(i.a, overflow ? UInt64.max : sum)
      case .loadVector, .loadLane, .storeLane, .atomic:
        try memoryAccess(i, next.pointee, fp, instance)
        next += 1
      case .memorySize, .memoryGrow, .memoryFill, .memoryCopy, .memoryInit, .dataDrop:
        try memory(i, fp, instance)
      case .tableGet, .tableSet, .tableSize, .tableGrow, .tableFill, .tableCopy, .tableInit, .elemDrop:
        try table(i, fp, instance)

      // References
      case .refIsNull: fp.set(i.a, fp.u64(i.b) == 0)
      case .refFunc:
        fp.set(i.a, Reference(.function, UInt64(instance.pointee.functions[Int(i.b)].pointee.index)).bits)
      case .refI31: fp.set(i.a, Reference(.i31, fp.u64(i.b) & 0x7fff_ffff).bits)
      case .i31GetS:
        if fp.u64(i.b) == 0 { throw .nullI31Reference }
        fp.set(i.a, Int32(bitPattern: UInt32(truncatingIfNeeded: fp.u64(i.b) >> 3) << 1) >> 1)
      case .i31GetU:
        if fp.u64(i.b) == 0 { throw .nullI31Reference }
        fp.set(i.a, fp.u64(i.b) >> 3)
      case .refAsNonNull: if fp.u64(i.a) == 0 { throw Trap(rawValue: UInt8(i.x))! }
      case .refTest: fp.set(i.a, store.matches(fp.u64(i.b), ValueType(bits: i.c)))
      case .refCast: if !store.matches(fp.u64(i.a), ValueType(bits: i.c)) { throw .castFailure }
      case .structGet:
        if fp.u64(i.b) == 0 { throw .nullStructureReference }
        get(i, from: heap.contents(fp.u64(i.b)) + Int(i.c), fp)
      case .arrayGet:
        let array = fp.u64(i.b)
        if array == 0 { throw .nullArrayReference }
        let index = UInt64(fp.u32(i.c))
        guard index < heap.header(array).count else { throw .outOfBoundsArrayAccess }
        get(i, from: heap.contents(array) + Int(index) * Storage(rawValue: i.x)!.byteCount, fp)
      case .arrayLen:
        if fp.u64(i.b) == 0 { throw .nullArrayReference }
        fp.set(i.a, UInt32(heap.header(fp.u64(i.b)).count))
      case .structNew, .structNewDefault, .structSet: try structure(i, fp)
      case .arrayNew, .arrayNewDefault, .arrayNewFixed, .arrayNewData, .arrayNewElem, .arraySet, .arrayFill,
        .arrayCopy, .arrayInitData, .arrayInitElem:
        try array(i, fp, instance)
      }
    }
  }

  // MARK: Memory

  /// Where an access of `size` bytes is.
  @inline(__always) func place(
    _ address: UInt64, _ i: Instruction, size: Int, _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) -> UnsafeMutableRawPointer {
    let memory = instance.pointee.memories[Int(i.x)]
    let (first, overflow) = address.addingReportingOverflow(UInt64(i.c))
    let count = memory.pointee.byteCount
    guard !overflow, count >= UInt64(size), first <= count - UInt64(size) else { throw .outOfBoundsMemoryAccess }
    return memory.pointee.base + Int(first)
  }

  @inline(__always) private func read<Number: BitwiseCopyable>(
    _ type: Number.Type, _ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>,
    _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) -> Number {
    try place(fp.u64(i.b), i, size: MemoryLayout<Number>.size, instance).loadUnaligned(as: type)
  }

  @inline(__always) private func write<Number: BitwiseCopyable>(
    _ value: Number, _ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>,
    _ instance: UnsafeMutablePointer<InstanceRecord>
  ) throws(Trap) {
    try place(fp.u64(i.b), i, size: MemoryLayout<Number>.size, instance).storeBytes(of: value, as: Number.self)
  }

  private func wide(_ i: Instruction, _ fp: UnsafeMutablePointer<UInt64>) {
    let result: (UInt64, UInt64)
    switch i.opcode {
    case .i64Add128: result = Numeric.add128(fp.u64(i.a), fp.u64(i.a + 1), fp.u64(i.a + 2), fp.u64(i.a + 3))
    case .i64Sub128: result = Numeric.sub128(fp.u64(i.a), fp.u64(i.a + 1), fp.u64(i.a + 2), fp.u64(i.a + 3))
    case .i64MulWideS: result = Numeric.mulWideS(fp.u64(i.a), fp.u64(i.a + 1))
    default: result = Numeric.mulWideU(fp.u64(i.a), fp.u64(i.a + 1))
    }
    fp.set(i.a, V128(low: result.0, high: result.1))
  }
}
