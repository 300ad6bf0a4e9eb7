import IR
import Support

/// All that instances of modules share while they run: functions, tables, memories, globals, tags and objects
/// (specification 4.2.3). Nothing is given back before the store goes.
///
/// A store and its instances belong to one thread.
package final class Store {
  package var limits: ExecutionLimits
  /// Fuel that is left.
  package var fuel: Int

  var types = RuntimeTypes()
  let heap: Heap
  private(set) var functions: [UnsafeMutablePointer<FunctionRecord>] = []
  private(set) var tables: [UnsafeMutablePointer<TableRecord>] = []
  private(set) var memories: [UnsafeMutablePointer<MemoryRecord>] = []
  private(set) var globals: [UnsafeMutablePointer<UInt64>] = []
  /// By number of a tag: its type.
  private(set) var tagTypes: [TypeID] = []
  private(set) var hostFunctions: [HostFunction] = []
  var instances: [Instance] = []

  let stack: MachineStack
  var compiler = CodeCompiler()
  /// References that the host may still hold.
  var pinned: Set<UInt64> = []

  package init(limits: ExecutionLimits = ExecutionLimits()) {
    self.limits = limits
    fuel = limits.fuel
    heap = Heap(byteLimit: limits.heapBytes)
    stack = MachineStack(words: limits.stackWords, depth: limits.callDepth)
  }

  deinit {
    for function in functions {
      function.pointee.code?.deallocate()
      function.deallocate()
    }
    for table in tables {
      free(table.pointee.base)
      table.deallocate()
    }
    for memory in memories {
      LinearMemory.release(memory.pointee)
      memory.deallocate()
    }
    for global in globals { global.deallocate() }
  }

  // MARK: Allocation (specification 4.5.3)

  func addFunction(type: TypeID, id: FunctionID, instance: UnsafeMutablePointer<InstanceRecord>) -> Int {
    add(type, id, instance, hostIndex: -1)
  }

  /// Adds a function of the host.
  package func addFunction(_ function: HostFunction) -> External {
    hostFunctions.append(function)
    return .function(add(types.find(function.type), .none, nil, hostIndex: hostFunctions.count - 1))
  }

  private func add(
    _ type: TypeID, _ id: FunctionID, _ instance: UnsafeMutablePointer<InstanceRecord>?, hostIndex: Int
  ) -> Int {
    let signature = types.function(type)
    let record = UnsafeMutablePointer<FunctionRecord>.allocate(capacity: 1)
    record.initialize(
      to: FunctionRecord(
        index: functions.count, type: type, parameterSlots: signature.parameters.slotCount,
        resultSlots: signature.results.slotCount, id: id, instance: instance, hostIndex: hostIndex))
    functions.append(record)
    return functions.count - 1
  }

  /// Adds a memory of zeros. Throws `WasmError` if it is larger than the limits allow.
  package func addMemory(_ limits: Limits) throws -> External {
    let size = limits.minimum.multipliedReportingOverflow(by: 1 << UInt64(limits.pageSizeLog2))
    guard !size.overflow, size.partialValue <= self.limits.memoryBytes,
      let memory = LinearMemory.make(limits, byteCount: size.partialValue)
    else { throw WasmError(.request, "a memory of \(limits.minimum) pages is more than the limit allows") }
    let record = UnsafeMutablePointer<MemoryRecord>.allocate(capacity: 1)
    record.initialize(to: memory)
    memories.append(record)
    return .memory(memories.count - 1)
  }

  /// Adds a table whose elements are all `value`. The element type's defined types are the store's.
  package func addTable(_ element: ValueType, _ limits: Limits, filledWith value: Reference = .null) throws -> External {
    guard limits.minimum <= self.limits.tableElements else {
      throw WasmError(.request, "a table of \(limits.minimum) elements is more than the limit allows")
    }
    let count = Int(limits.minimum)
    let base = UnsafeMutablePointer<UInt64>(OpaquePointer(malloc(max(count, 1) * 8)!))
    base.initialize(repeating: value.bits, count: count)
    let record = UnsafeMutablePointer<TableRecord>.allocate(capacity: 1)
    record.initialize(
      to: TableRecord(base: base, count: UInt64(count), capacity: max(count, 1), element: element, limits: limits))
    tables.append(record)
    return .table(tables.count - 1)
  }

  package func addGlobal(_ value: Value, type: ValueType, isMutable: Bool) -> External {
    let cell = UnsafeMutablePointer<UInt64>.allocate(capacity: 2)
    cell.initialize(repeating: 0, count: 2)
    value.write(to: cell)
    globals.append(cell)
    globalTypes.append((type, isMutable))
    return .global(globals.count - 1)
  }

  private(set) var globalTypes: [(type: ValueType, isMutable: Bool)] = []

  func addTag(_ type: TypeID) -> Int {
    tagTypes.append(type)
    return tagTypes.count - 1
  }

  package func addTag(parameters: [ValueType]) -> External {
    .tag(addTag(types.find(FunctionType(parameters: parameters))))
  }

  // MARK: References

  /// Whether a reference is of a reference type of the store (specification 4.2.1, "value typing").
  func matches(_ bits: UInt64, _ type: ValueType) -> Bool {
    let reference = Reference(bits: bits)
    let heapType = type.heapType
    switch reference.kind {
    case .null: return type.isNullable
    case .i31: return [.any, .eq, .i31, .extern].contains(heapType)
    case .host: return heapType == .any || heapType == .extern
    case .exception: return heapType == .exn
    case .function:
      if let defined = heapType.definedType {
        return types.table.isSubtype(functions[Int(reference.payload)].pointee.type, of: defined)
      }
      return heapType == .func
    case .object:
      let header = heap.header(bits)
      if let defined = heapType.definedType {
        return types.table.isSubtype(TypeID(rawValue: header.type), of: defined)
      }
      return [.any, .eq, .extern, header.kind == .array ? .array : .struct].contains(heapType)
    }
  }
}
