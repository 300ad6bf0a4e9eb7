import BinaryFormat
import IR
import Support

/// An instance of a module in a store.
package final class Instance {
  package let module: Module
  unowned let store: Store
  /// By type of the module: the store's.
  let types: [TypeID]
  private(set) var functions: [Int] = []
  private(set) var tables: [Int] = []
  private(set) var memories: [Int] = []
  private(set) var globals: [Int] = []
  private(set) var tags: [Int] = []
  /// Contents of segments; empty once dropped.
  private(set) var datas: [Bytes] = []
  var elements: [[UInt64]] = []
  package private(set) var exports: [(name: Name, item: External)] = []
  private(set) var exportsByName: [Name: External] = [:]

  let record: UnsafeMutablePointer<InstanceRecord>
  var decoder: DecoderBox

  init(_ module: Module, in store: Store, types: [TypeID]) throws {
    var module = module
    decoder = DecoderBox(try module.makeDeclarations())
    self.module = module
    self.store = store
    self.types = types
    record = .allocate(capacity: 1)
    record.initialize(
      to: InstanceRecord(
        owner: Unmanaged.passUnretained(self), functions: .allocate(capacity: max(module.functions.count, 1)),
        tables: .allocate(capacity: max(module.tables.count, 1)),
        memories: .allocate(capacity: max(module.memories.count, 1)),
        globals: .allocate(capacity: max(module.globals.count, 1)),
        tags: .allocate(capacity: max(module.tags.count, 1))))
    datas = module.datas.values.map { $0.bytes }
  }

  deinit {
    record.pointee.deallocate()
    record.deallocate()
  }

  package func export(_ name: Name) -> External? { exportsByName[name] }

  // MARK: Filling the index spaces

  func add(_ item: External) {
    switch item {
    case .function(let index):
      record.pointee.functions[functions.count] = store.functions[index]
      functions.append(index)
    case .table(let index):
      record.pointee.tables[tables.count] = store.tables[index]
      tables.append(index)
    case .memory(let index):
      record.pointee.memories[memories.count] = store.memories[index]
      memories.append(index)
    case .global(let index):
      record.pointee.globals[globals.count] = store.globals[index]
      globals.append(index)
    case .tag(let index):
      record.pointee.tags[tags.count] = index
      tags.append(index)
    }
  }

  func makeExports() {
    for export in module.exports {
      let item: External
      switch export.item {
      case .function(let id): item = .function(functions[id.index])
      case .table(let id): item = .table(tables[id.index])
      case .memory(let id): item = .memory(memories[id.index])
      case .global(let id): item = .global(globals[id.index])
      case .tag(let id): item = .tag(tags[id.index])
      }
      exports.append((export.name, item))
      exportsByName[export.name] = item
    }
  }

  func dropData(_ index: Int) { datas[index] = Bytes() }
  func dropElements(_ index: Int) { elements[index] = [] }

  // MARK: Compiling

  var compilerContext: CompilerContext {
    CompilerContext(
      types: types, runtimeTypes: store.types, globalTypes: module.globals.values.map(\.type))
  }
}

/// Keeps a decoder, which can't be copied, in an object.
final class DecoderBox {
  var decoder: BodyDecoder

  init(_ declarations: Declarations) { decoder = BodyDecoder(declarations: declarations) }
}
