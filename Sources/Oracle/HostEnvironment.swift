import IR
import Interpreter
import Support

/// What a module imports, made up: functions that answer as a seed says, and memories, tables, globals and tags as the
/// module wants them. The same module, seed and calls give the same answers.
final class HostEnvironment {
  /// A call of an imported function.
  struct Call: Hashable {
    let function: ImportName
    let arguments: [ObservedValue]
  }

  private let seed: UInt64
  private(set) var calls: [Call] = []
  private var callCount = 0
  /// Imported items whose state the module can change.
  private(set) var state: [(name: ImportName, item: External)] = []

  /// Calls beyond this are counted, not kept.
  private static let keptCalls = 10_000

  init(seed: UInt64) { self.seed = seed }

  /// Makes what `module` imports in `store`.
  ///
  /// Throws `WasmError` for what can't be made up: a global of a reference type that is not nullable.
  func define(importsOf module: Module, in store: Store) throws -> Linker {
    var linker = Linker()
    linker.fallback = { [unowned self, unowned store] name, type in
      // Two imports of one name are one item, where their types allow.
      try self.make(name, type, in: store)
    }
    return linker
  }

  private func make(_ name: ImportName, _ type: ImportedType, in store: Store) throws -> External {
    let item: External
    switch type {
    case .function(let type): return makeFunction(name, type, in: store)
    case .tag(let type): return store.addTag(parameters: type.parameters)
    case .memory(let limits): item = try store.addMemory(limits)
    case .table(let element, let limits):
      guard element.isNullable else { throw WasmError(.unsupported, "the imported table \(name) has no default") }
      item = try store.addTable(element, limits)
    case .global(let type, let isMutable):
      guard let value = answer(type, to: name, number: 0) else {
        throw WasmError(.unsupported, "the imported global \(name) has no default")
      }
      item = store.addGlobal(value, type: type, isMutable: isMutable)
      if !isMutable { return item }
    }
    state.append((name, item))
    return item
  }

  private func makeFunction(_ name: ImportName, _ type: FunctionType, in store: Store) -> External {
    // Reference types of the module mean nothing to the host: it sees references and gives nulls.
    store.addFunction(
      HostFunction("\(name)", type) { [unowned self] call throws(Interruption) in
        callCount += 1
        if calls.count < HostEnvironment.keptCalls {
          calls.append(Call(function: name, arguments: call.arguments.map { ObservedValue($0, in: call.store) }))
        }
        var results: [Value] = []
        for result in type.results {
          guard let value = answer(result, to: name, number: callCount) else { throw .trap(.unreachable) }
          results.append(value)
        }
        return results
      })
  }

  /// The calls since the last time.
  func takeCalls() -> (kept: [Call], count: Int) {
    defer { (calls, callCount) = ([], 0) }
    return (calls, callCount)
  }

  /// Nil if there is no value of the type to be had.
  private func answer(_ type: ValueType, to name: ImportName, number: Int) -> Value? {
    var random = SeededRandom(seed: seed ^ name.stableHash ^ UInt64(truncatingIfNeeded: number) &* 0x1000_0001)
    return ArgumentSource.value(of: type, &random)
  }
}

/// Values for parameters, from a seed: half of them the edges where arithmetic goes wrong.
enum ArgumentSource {
  /// Nil for references that can't be null, but i31.
  static func value(of type: ValueType, _ random: inout SeededRandom) -> Value? {
    switch type {
    case .i32: return .i32(UInt32(truncatingIfNeeded: integer(&random)))
    case .i64: return .i64(integer(&random))
    case .f32: return .f32(random.oneIn(2) ? random.pick(floats).bitPattern : Float(Int32(truncatingIfNeeded: integer(&random))).bitPattern)
    case .f64: return .f64(random.oneIn(2) ? Double(random.pick(floats)).bitPattern : Double(Int64(bitPattern: integer(&random))).bitPattern)
    case .v128: return .v128(V128(low: integer(&random), high: integer(&random)))
    default:
      if type.isNullable { return .reference(.null) }
      let acceptsI31 = [.any, .eq, .i31].contains(type.heapType)
      return acceptsI31 ? .reference(Reference(.i31, random.next() & 0x7fff_ffff)) : nil
    }
  }

  private static func integer(_ random: inout SeededRandom) -> UInt64 {
    switch random.below(4) {
    case 0: return random.pick(edges)
    case 1: return UInt64(random.below(20))
    case 2: return random.next() >> UInt64(random.below(64))
    default: return random.next()
    }
  }

  private static let edges: [UInt64] = [
    0, 1, .max, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, 0x8000_0000_0000_0000, 0x80, 0x7f,
    0xff, 0x8000, 0xffff, 65536,
  ]

  private static let floats: [Float] = [
    0, -0.0, 1, -1, 0.5, -2.5, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude,
    2_147_483_648, 4_294_967_296, -9_223_372_036_854_775_808,
  ]
}

extension ImportName {
  /// The same in every run (FNV-1a; Fowler, Noll and Vo).
  fileprivate var stableHash: UInt64 {
    "\(module)\u{0}\(name)".utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }
}
