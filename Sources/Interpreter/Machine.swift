import IR
import Support

/// Runs register code. Frames are the store's and not the thread's, so that the guest may call itself as deep as its
/// limits allow.
struct Machine {
  let store: Store
  let stack: MachineStack
  let heap: Heap
  /// Callers below belong to other invocations.
  let entryDepth: Int
  /// The running function, and its frame.
  var function: UnsafeMutablePointer<FunctionRecord>
  var base: UnsafeMutablePointer<UInt64>
  var fuel: Int

  /// Runs a function whose arguments are at `base`, where its results come too.
  static func run(
    _ function: UnsafeMutablePointer<FunctionRecord>, at base: UnsafeMutablePointer<UInt64>, in store: Store
  ) throws(Interruption) {
    let stack = store.stack
    guard stack.nesting < MachineStack.nestingLimit else { throw .trap(.callStackExhausted) }
    let (top, depth) = (stack.top, stack.depth)
    stack.nesting += 1
    var machine = Machine(
      store: store, stack: stack, heap: store.heap, entryDepth: depth, function: function, base: base,
      fuel: store.fuel)
    let interruption = machine.runToEnd()
    stack.nesting -= 1
    stack.top = top
    stack.depth = depth
    store.fuel = machine.fuel
    if let interruption { throw interruption }
  }

  private mutating func runToEnd() -> Interruption? {
    do throws(Interruption) {
      if function.pointee.isHost { return callHost(function, at: base) }
      let start = try enter(function, at: base)
      do throws(Trap) {
        return try execute(from: start)
      } catch {
        return .trap(error)
      }
    } catch {
      return error
    }
  }

  // MARK: Calls

  /// Makes the frame of a function at `base`. Returns its first instruction.
  @inline(__always) mutating func enter(
    _ function: UnsafeMutablePointer<FunctionRecord>, at base: UnsafeMutablePointer<UInt64>
  ) throws(Interruption) -> UnsafeMutablePointer<Instruction> {
    if function.pointee.code == nil { try store.compile(function) }
    guard base + function.pointee.frameSlots <= stack.end else { throw .trap(.callStackExhausted) }
    fuel -= 8
    if fuel < 0 { throw .trap(.outOfFuel) }
    var local = base + function.pointee.parameterSlots
    let end = base + function.pointee.localSlots
    while local < end {
      local.pointee = 0
      local += 1
    }
    return function.pointee.code!.instructions
  }

  /// Calls a function of the host: results take the place of the arguments.
  @inline(never) mutating func callHost(
    _ function: UnsafeMutablePointer<FunctionRecord>, at base: UnsafeMutablePointer<UInt64>
  ) -> Interruption? {
    let host = store.hostFunctions[function.pointee.hostIndex]
    guard base + max(function.pointee.parameterSlots, function.pointee.resultSlots) <= stack.end else {
      return .trap(.callStackExhausted)
    }
    let arguments = Value.read(host.type.parameters, from: base)
    let caller = self.function.pointee.instance?.pointee.owner.takeUnretainedValue()
    stack.top = base
    store.fuel = fuel
    defer { fuel = store.fuel }
    do throws(Interruption) {
      let results = try host.body(HostCall(store: store, caller: caller, arguments: arguments))
      guard results.map(\.type.slotCount) == host.type.results.map(\.slotCount) else {
        preconditionFailure("host function \(host.name) returns something else than its type says")
      }
      Value.write(results, to: base)
      return nil
    } catch {
      return error
    }
  }

  /// The function that a reference names.
  @inline(__always) func callee(_ reference: UInt64, ifNull trap: Trap) throws(Trap)
    -> UnsafeMutablePointer<FunctionRecord>
  {
    if reference == 0 { throw trap }
    return store.functions[Int(reference >> 3)]
  }

  /// The function at an index of a table, if it is of `type` (specification 4.6.9, `call_indirect`).
  func callee(
    at index: UInt64, of table: UnsafeMutablePointer<TableRecord>, _ type: TypeID
  ) throws(Trap) -> UnsafeMutablePointer<FunctionRecord> {
    guard index < table.pointee.count else { throw .undefinedElement }
    let function = try callee(table.pointee.base[Int(index)], ifNull: .uninitializedElement)
    if function.pointee.type != type, !store.types.table.isSubtype(function.pointee.type, of: type) {
      throw .indirectCallTypeMismatch
    }
    return function
  }

  // MARK: Exceptions

  /// Finds who handles an exception thrown by the instruction before `next`. Returns where to go on, in `function` and
  /// `base`; nil if this invocation does not handle it.
  mutating func unwind(
    _ exception: UInt64, from next: UnsafeMutablePointer<Instruction>
  ) -> UnsafeMutablePointer<Instruction>? {
    var next = next
    while true {
      let code = function.pointee.code!
      let position = Int32(next - code.instructions) - 1
      if let clause = self.clause(for: exception, at: position, in: code) {
        deliver(exception, by: clause)
        return code.instructions + Int(clause.target)
      }
      guard stack.depth > entryDepth else { return nil }
      stack.depth -= 1
      let frame = stack.frames[stack.depth]
      (function, base, next) = (frame.function, frame.base, frame.next)
    }
  }

  private func clause(for exception: UInt64, at position: Int32, in code: CompiledCode) -> HandlerClause? {
    guard code.handlerCount > 0 else { return nil }
    let tag = Int(heap.header(exception).type)
    let tags = function.pointee.instance!.pointee.tags
    var handler = innermostHandler(at: position, in: code)
    while handler >= 0 {
      let candidate = code.handlers[Int(handler)]
      for index in candidate.firstClause..<candidate.firstClause + candidate.clauseCount {
        let clause = code.clauses[Int(index)]
        if clause.tag < 0 || tags[Int(clause.tag)] == tag { return clause }
      }
      handler = candidate.next
    }
    return nil
  }

  /// Handlers are sorted by start and nested: the one sought is the last that begins before, or around it.
  private func innermostHandler(at position: Int32, in code: CompiledCode) -> Int32 {
    var (low, high) = (0, code.handlerCount)
    while low < high {
      let middle = (low + high) / 2
      if code.handlers[middle].start <= position { low = middle + 1 } else { high = middle }
    }
    var handler = Int32(low - 1)
    while handler >= 0, code.handlers[Int(handler)].end <= position { handler = code.handlers[Int(handler)].enclosing }
    return handler
  }

  private func deliver(_ exception: UInt64, by clause: HandlerClause) {
    let count = Int(heap.header(exception).count)
    let arguments = heap.contents(exception).assumingMemoryBound(to: UInt64.self)
    if clause.arguments >= 0 {
      for index in 0..<count { base[Int(clause.arguments) + index] = arguments[index] }
    }
    if clause.reference >= 0 { base[Int(clause.reference)] = exception }
    if clause.reference == -2 { base[Int(clause.arguments) + count] = exception }
  }

  /// A new exception with arguments at `slot`.
  func makeException(_ tag: Int, arguments slot: UInt32) throws(Trap) -> UInt64 {
    let count = store.types.function(store.tagTypes[tag]).parameters.slotCount
    let header = ObjectHeader(
      type: UInt32(tag), kind: .exception, mayHoldReferences: true, count: UInt64(count))
    let exception = try allocate(header, size: UInt64(8 * count))
    memcpy(heap.contents(exception), base + Int(slot), 8 * count)
    return exception
  }

  // MARK: Objects

  func allocate(_ header: ObjectHeader, size: UInt64) throws(Trap) -> UInt64 {
    if heap.wantsCollection { store.collect(upTo: base + function.pointee.frameSlots) }
    if let object = heap.allocate(header, size: size) { return object }
    store.collect(upTo: base + function.pointee.frameSlots)
    guard let object = heap.allocate(header, size: size) else { throw .allocationTooLarge }
    return object
  }

  /// Takes fuel for bulk work.
  mutating func charge(_ units: UInt64) throws(Trap) {
    fuel -= Int(clamping: units)
    if fuel < 0 { throw .outOfFuel }
  }
}
