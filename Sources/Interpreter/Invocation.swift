import BinaryFormat
import IR
import Support

extension Store {
  /// Calls a function (specification 4.7.5). Arguments must be of its parameters' types.
  ///
  /// References among the results stay valid as long as the store.
  package func invoke(_ function: External, _ arguments: [Value]) throws(Interruption) -> [Value] {
    guard case .function(let index) = function else { preconditionFailure("only functions are called") }
    let record = functions[index]
    let type = types.function(record.pointee.type)
    let base = stack.top
    guard base + max(record.pointee.parameterSlots, record.pointee.resultSlots) <= stack.end else {
      throw .trap(.callStackExhausted)
    }
    Value.write(arguments, to: base)
    do {
      try Machine.run(record, at: base, in: self)
    } catch {
      if case .exception(let exception) = error { pinned.insert(exception.bits) }
      throw error
    }
    let results = Value.read(type.results, from: base)
    for case .reference(let reference) in results { pinned.insert(reference.bits) }
    return results
  }

  /// The type of a function; its defined types are the store's.
  package func type(of function: External) -> FunctionType {
    guard case .function(let index) = function else { preconditionFailure("only functions have a function type") }
    return types.function(functions[index].pointee.type)
  }

  /// The value of a global.
  package func value(of global: External) -> Value {
    guard case .global(let index) = global else { preconditionFailure("not a global") }
    return Value.read(globalTypes[index].type, from: globals[index])
  }

  /// Calls `body` with the bytes of a memory, which it may change.
  package func withMemory<Result>(_ memory: External, _ body: (UnsafeMutableRawBufferPointer) throws -> Result) rethrows -> Result {
    guard case .memory(let index) = memory else { preconditionFailure("not a memory") }
    let record = memories[index].pointee
    return try body(UnsafeMutableRawBufferPointer(start: record.base, count: Int(record.byteCount)))
  }

  /// The elements of a table.
  package func elements(of table: External) -> [Reference] {
    guard case .table(let index) = table else { preconditionFailure("not a table") }
    let record = tables[index].pointee
    return (0..<Int(record.count)).map { Reference(bits: record.base[$0]) }
  }

  /// Whether a reference is of an abstract heap type, and not null.
  package func isReference(_ reference: Reference, of type: HeapType) -> Bool {
    matches(reference.bits, .reference(to: type, isNullable: false))
  }

  // MARK: Compiling

  func compile(_ function: UnsafeMutablePointer<FunctionRecord>) throws(Interruption) {
    let instance = function.pointee.instance!.pointee.owner.takeUnretainedValue()
    let declaration = instance.module.functions[function.pointee.id]
    do {
      let compiled = try compiler.compile(
        declaration.code!, type: declaration.type, with: &instance.decoder.decoder, in: instance.compilerContext)
      function.pointee.code = compiled.code
      function.pointee.localSlots = compiled.localSlots
      function.pointee.frameSlots = compiled.frameSlots
    } catch {
      throw .refused("\(error)")
    }
  }

  /// Evaluates a constant expression.
  func run(_ expression: ConstExpression, _ type: ValueType, in instance: Instance) throws(Interruption) -> Value {
    var record = FunctionRecord(
      index: -1, type: .none, parameterSlots: 0, resultSlots: type.slotCount, id: .none, instance: instance.record,
      hostIndex: -1)
    do {
      let compiled = try compiler.compile(
        expression, type: type, with: &instance.decoder.decoder, in: instance.compilerContext)
      record.code = compiled.code
      record.localSlots = compiled.localSlots
      record.frameSlots = compiled.frameSlots
    } catch {
      throw .refused("\(error)")
    }
    defer { record.code!.deallocate() }
    let base = stack.top
    let pointer = UnsafeMutablePointer<FunctionRecord>.allocate(capacity: 1)
    pointer.initialize(to: record)
    defer { pointer.deallocate() }
    try Machine.run(pointer, at: base, in: self)
    let value = Value.read(type, from: base)
    // Until it is in a global or segment nothing else keeps it.
    if case .reference(let reference) = value { pinned.insert(reference.bits) }
    return value
  }

  // MARK: Objects

  /// Frees objects that neither the frames up to `end` nor anything else of the store refers to.
  func collect(upTo end: UnsafeMutablePointer<UInt64>) {
    heap.collect { mark in
      var word = stack.words
      while word < end {
        mark(word.pointee)
        word += 1
      }
      for global in globals {
        mark(global[0])
        mark(global[1])
      }
      for table in tables {
        for index in 0..<Int(table.pointee.count) { mark(table.pointee.base[index]) }
      }
      for instance in instances {
        for segment in instance.elements {
          for element in segment { mark(element) }
        }
      }
      for reference in pinned { mark(reference) }
    }
  }
}
