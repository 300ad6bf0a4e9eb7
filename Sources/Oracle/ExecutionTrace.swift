import IR
import Interpreter
import Support

/// A value as it can be told from others from outside: references by their kind and, where they are numbers, by those.
package enum ObservedValue: Hashable, Sendable {
  case number(Value)
  /// Any NaN: the specification leaves its bits open.
  case nan
  case null
  case reference(Reference.Kind, UInt64)

  init(_ value: Value, in store: Store, seesNaNBits: Bool = false) {
    switch value {
    case .f32 where seesNaNBits, .f64 where seesNaNBits: self = .number(value)
    case .f32(let bits) where Float(bitPattern: bits).isNaN: self = .nan
    case .f64(let bits) where Double(bitPattern: bits).isNaN: self = .nan
    case .reference(let reference):
      switch reference.kind {
      case .null: self = .null
      case .i31, .host: self = .reference(reference.kind, reference.payload)
      case .object, .function, .exception: self = .reference(reference.kind, 0)
      }
    default: self = .number(value)
    }
  }
}

/// What is seen of one call of an export.
package struct ObservedCall: Hashable, Sendable {
  package enum Outcome: Hashable, Sendable {
    case results([ObservedValue])
    case trap(Trap)
    case exception
    case exit(UInt32)
    /// A limit of the execution was reached: nothing is known of what would come.
    case limit(Trap)
  }

  /// Nil for the instantiation.
  package let export: Name?
  package let arguments: [Value]
  package let outcome: Outcome
  let hostCalls: [HostEnvironment.Call]
  let hostCallCount: Int
  /// By name of an export or import: what is in it, as a hash.
  let state: [StateItem: UInt64]
}

/// Something outside can look at.
enum StateItem: Hashable, Sendable, CustomStringConvertible {
  case export(Name)
  case `import`(ImportName)

  var description: String {
    switch self {
    case .export(let name): return "export \"\(name)\""
    case .import(let name): return "import \"\(name.module)\" \"\(name.name)\""
    }
  }
}

/// What a module does when its exports are called one after the other.
package struct ExecutionTrace: Sendable {
  package private(set) var calls: [ObservedCall] = []
  private let seesNaNBits: Bool

  /// Instantiates a valid module and calls its exported functions with arguments from a seed.
  ///
  /// - Parameters:
  ///   - environment: the module whose imports are supplied: that before optimization, which may import more.
  ///   - exports: the functions to call, by name.
  /// Throws `WasmError` if the imports can't be made up or do not fit the limits.
  package init(
    of module: Module, seed: UInt64, limits: ExecutionLimits, calling exports: [Name], rounds: Int,
    seesNaNBits: Bool = false
  ) throws {
    self.seesNaNBits = seesNaNBits
    let store = Store(limits: limits)
    let host = HostEnvironment(seed: seed)
    let linker = try host.define(importsOf: module, in: store)
    let instance: Instance
    do {
      instance = try store.instantiate(module, linker)
    } catch InstantiationError.interrupted(let interruption) {
      append(nil, [], outcome(interruption), host, nil, store)
      return
    } catch InstantiationError.unlinkable(let message) {
      throw WasmError(.unsupported, "the module can't be instantiated: \(message)")
    }
    append(nil, [], .results([]), host, instance, store)
    var random = SeededRandom(seed: seed)
    for round in 0..<rounds {
      for name in exports {
        var own = SeededRandom(seed: random.next() &+ UInt64(round))
        guard case .function(let index)? = instance.export(name) else { continue }
        let parameters = store.type(of: .function(index)).parameters
        let arguments = parameters.compactMap { ArgumentSource.value(of: $0, &own) }
        guard arguments.count == parameters.count else { continue }
        store.fuel = limits.fuel
        append(name, arguments, call(.function(index), arguments, in: store), host, instance, store)
        if case .limit = calls.last!.outcome { return }
        if case .exit = calls.last!.outcome { return }
      }
    }
  }

  private func call(_ function: External, _ arguments: [Value], in store: Store) -> ObservedCall.Outcome {
    do throws(Interruption) {
      return .results(try store.invoke(function, arguments).map { ObservedValue($0, in: store, seesNaNBits: seesNaNBits) })
    } catch {
      return outcome(error)
    }
  }

  private func outcome(_ interruption: Interruption) -> ObservedCall.Outcome {
    switch interruption {
    case .trap(let trap):
      switch trap {
      case .callStackExhausted, .outOfFuel, .allocationTooLarge, .deadlock: return .limit(trap)
      default: return .trap(trap)
      }
    case .exception: return .exception
    case .exit(let status): return .exit(status)
    case .refused(let message): preconditionFailure("a valid module has a body that is not: \(message)")
    }
  }

  private mutating func append(
    _ name: Name?, _ arguments: [Value], _ outcome: ObservedCall.Outcome, _ host: HostEnvironment,
    _ instance: Instance?, _ store: Store
  ) {
    let (kept, count) = host.takeCalls()
    var state: [StateItem: UInt64] = [:]
    for (name, item) in host.state { state[.import(name)] = store.contentHash(of: item) }
    for (name, item) in instance?.exports ?? [] {
      if let hash = store.contentHash(of: item) { state[.export(name)] = hash }
    }
    calls.append(
      ObservedCall(
        export: name, arguments: arguments, outcome: outcome, hostCalls: kept, hostCallCount: count, state: state))
  }
}

extension Store {
  /// What tells the contents of a memory, table or global from others; nil for functions and tags.
  fileprivate func contentHash(of item: External) -> UInt64? {
    switch item {
    case .function, .tag: return nil
    case .global: return hash(ObservedValue(value(of: item), in: self))
    case .table:
      return elements(of: item).reduce(into: 0) { sum, reference in
        sum = (sum ^ hash(ObservedValue(.reference(reference), in: self))) &* 0x100_0000_01b3
      }
    case .memory:
      return withMemory(item) { bytes in
        var sum = UInt64(bytes.count)
        var offset = 0
        while offset + 8 <= bytes.count {
          let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
          sum = (sum ^ word) &* 0x9e37_79b9_7f4a_7c15
          sum ^= sum >> 29
          offset += 8
        }
        while offset < bytes.count {
          sum = (sum ^ UInt64(bytes[offset])) &* 0x100_0000_01b3
          offset += 1
        }
        return sum
      }
    }
  }

  private func hash(_ value: ObservedValue) -> UInt64 {
    switch value {
    case .nan: return 1
    case .null: return 2
    case .reference(let kind, let number): return number &* 8 | UInt64(kind.rawValue)
    case .number(let value):
      switch value {
      case .i32(let bits), .f32(let bits): return UInt64(bits)
      case .i64(let bits), .f64(let bits): return bits
      case .v128(let vector): return vector.low ^ vector.high &* 0x9e37_79b9_7f4a_7c15
      case .reference: return 0
      }
    }
  }
}
