import BinaryFormat
import IR
import PassManager
import Support

/// Orders functions so that those mentioned most come first: they get the indices that take the fewest bytes.
///
/// Counts are static: calls and `ref.func` in bodies, the start function, exports and element segments. Functions with
/// equal counts keep their order. Imported functions come first in any module and stay where they are. One scan of the
/// bodies, and a sort.
struct ReorderFunctions: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let counts = try survey(module, context)
    let order = decide(module, counts)
    rewrite(&module, order)
  }

  private func survey(_ module: borrowing Module, _ context: borrowing ModuleContext) throws -> [Int] {
    let codes = module.definedFunctions.map { module.functions[$0].code! }
    let counters = (0..<context.workers.count).map { _ in MentionCounter(count: module.functions.count) }
    try context.workers.forEach(Array(codes.indices)) { worker, position in
      try counters[worker].add(codes[position])
    }
    var counts = [Int](repeating: 0, count: module.functions.count)
    for counter in counters { for index in counts.indices { counts[index] += counter.counts[index] } }
    if let start = module.start { counts[start.index] += 1 }
    for export in module.exports { if case .function(let id) = export.item { counts[id.index] += 1 } }
    for segment in module.elements.values where !segment.isRemoved {
      for id in segment.functions { counts[id.index] += 1 }
    }
    return counts
  }

  private func decide(_ module: borrowing Module, _ counts: [Int]) -> [FunctionID] {
    let order = module.currentFunctionOrder
    let places = order.enumerated().map { (count: counts[$0.element.index], place: $0.offset) }
    return places.sorted { $0.count != $1.count ? $0.count > $1.count : $0.place < $1.place }.map { order[$0.place] }
  }

  private func rewrite(_ module: inout Module, _ order: [FunctionID]) { module.functionOrder = order }
}

/// Orders functions by name, byte by byte; those without a name come last, in the order they had.
struct ReorderFunctionsByName: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let names = module.names.functions
    let order = module.currentFunctionOrder
    let named = order.filter { names[$0] != nil }
    let nameless = order.filter { names[$0] == nil }
    let sorted = named.sorted { names[$0]! != names[$1]! ? names[$0]! < names[$1]! : $0 < $1 }
    module.functionOrder = sorted + nameless
  }
}

extension Module {
  /// Functions with a body in the order in which they would be written now.
  var currentFunctionOrder: [FunctionID] {
    (functionOrder ?? Array(functions.ids)).filter { !functions[$0].isRemoved && functions[$0].code != nil }
  }
}

/// Counts how often bodies mention each function.
private final class MentionCounter: @unchecked Sendable {
  // Unchecked: each worker has its own.
  private(set) var counts: [Int]

  init(count: Int) { counts = Array(repeating: 0, count: count) }

  func add(_ code: Code) throws {
    try code.forEachReference(of: .function) { reference in
      guard Int(reference.index) < counts.count else {
        throw WasmError(
          .invalid, "unknown function \(reference.index)",
          at: .binary(offset: code.fileOffset + reference.range.lowerBound, section: "code"))
      }
      counts[Int(reference.index)] += 1
    }
  }
}
