import IR
import Support

// What running code reaches by pointer: plain memory that a store owns, so that the machine counts no references.

/// A function of a store.
struct FunctionRecord {
  /// Of the store: the number in references to it.
  let index: Int
  /// Canonical, of the store's types.
  let type: TypeID
  let parameterSlots: Int
  let resultSlots: Int
  /// In the module; `none` for functions of the host.
  let id: FunctionID
  /// Nil for functions of the host.
  let instance: UnsafeMutablePointer<InstanceRecord>?
  /// Which function of the host; -1 for those of modules.
  let hostIndex: Int
  /// Nil until the first call.
  var code: CompiledCode?
  /// Words of a frame: parameters, locals, temporaries.
  var frameSlots = 0
  /// Words of parameters and locals.
  var localSlots = 0

  var isHost: Bool { hostIndex >= 0 }
}

/// The code of one function; owned by the record that names it.
struct CompiledCode {
  let instructions: UnsafeMutablePointer<Instruction>
  let handlers: UnsafePointer<Handler>
  let handlerCount: Int
  let clauses: UnsafePointer<HandlerClause>

  func deallocate() {
    instructions.deallocate()
    handlers.deallocate()
    clauses.deallocate()
  }
}

/// What protects a range of code from exceptions. Handlers come in the order of their starts, outer ones first.
struct Handler: BitwiseCopyable {
  var start: Int32
  var end: Int32
  /// The handler whose range this one's is directly in; -1 if there is none.
  let enclosing: Int32
  /// The handler to try when no clause fits: the enclosing one, unless `delegate` names another.
  var next: Int32
  var firstClause: Int32
  var clauseCount: Int32
}

struct HandlerClause: BitwiseCopyable {
  /// -1 for `catch_all`.
  let tag: Int32
  /// Where to go on.
  var target: Int32
  /// Where the arguments of the exception go; -1 if they are not wanted.
  let arguments: Int32
  /// Where the reference to the exception goes: -1: nowhere, -2: behind the arguments.
  let reference: Int32
}

/// An instance of a module, in the order of its index spaces.
struct InstanceRecord {
  let owner: Unmanaged<Instance>
  let functions: UnsafeMutablePointer<UnsafeMutablePointer<FunctionRecord>>
  let tables: UnsafeMutablePointer<UnsafeMutablePointer<TableRecord>>
  let memories: UnsafeMutablePointer<UnsafeMutablePointer<MemoryRecord>>
  /// Two words each.
  let globals: UnsafeMutablePointer<UnsafeMutablePointer<UInt64>>
  /// Numbers of tags in the store.
  let tags: UnsafeMutablePointer<Int>

  func deallocate() {
    functions.deallocate()
    tables.deallocate()
    memories.deallocate()
    globals.deallocate()
    tags.deallocate()
  }
}

/// A memory of a store.
struct MemoryRecord {
  var base: UnsafeMutableRawPointer
  /// Bytes that the module may touch.
  var byteCount: UInt64
  /// Bytes that are reserved at `base`.
  var capacity: Int
  var limits: Limits

  var pageCount: UInt64 { byteCount >> UInt64(limits.pageSizeLog2) }
}

/// A table of a store.
struct TableRecord {
  var base: UnsafeMutablePointer<UInt64>
  var count: UInt64
  var capacity: Int
  /// Of the store's types.
  let element: ValueType
  var limits: Limits
}
