import BinaryFormat
import IR
import PassManager
import Support

/// Keeps one of several functions that have the same type and the same code, and sends all references there.
///
///     (func $f (call $h))                   (func $f (call $h))
///     (func $g (call $h))            ->
///     (func (export "e")                    (func (export "e")
///       (call $f)                             (call $f)
///       (call $g))                            (call $f))
///
/// Bodies are compared as bytes. Functions that become equal once their callees are one are found in further rounds,
/// whose number depends on the level. Of branch hints, those stay on which all the merged functions agree. That two
/// references to functions are one and the same can't be seen by a module: there is no comparison of them. Imported
/// functions are left alone. A round is linear in the bodies that changed in the round before.
struct DuplicateFunctionElimination: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    var merge = FunctionMerge(of: module)
    var changed = try survey(module, context, &merge)
    for _ in 0..<roundLimit(context.options) {
      let merged = merge.decide(on: changed, &module)
      if merged.isEmpty { break }
      changed = try rewrite(&module, context, &merge, callersOf: merged)
    }
    try module.redirectFunctions(merge.replacements)
  }

  /// Each round pays only if the one before brought functions to the same code; beyond the limit what is left is rare.
  private func roundLimit(_ options: PassOptions) -> Int {
    if options.optimizeLevel >= 3 || options.shrinkLevel >= 1 { return 100 }
    return options.optimizeLevel >= 2 ? 10 : 1
  }

  /// Hashes all bodies and finds who calls whom.
  private func survey(
    _ module: borrowing Module, _ context: borrowing ModuleContext, _ merge: inout FunctionMerge
  ) throws -> [FunctionID] {
    let defined = module.definedFunctions
    let codes = defined.map { module.functions[$0].code! }
    let functionCount = module.functions.count
    let mentions = (0..<context.workers.count).map { _ in FunctionMentions(count: functionCount) }
    let summaries = try context.workers.map(Array(codes.indices)) { worker, position in
      (hash: codes[position].contentHash, mentioned: try mentions[worker].functions(in: codes[position]))
    }
    for (id, summary) in zip(defined, summaries) {
      merge.hashes[id.index] = summary.hash
      for callee in summary.mentioned { merge.callers[callee.index].append(id) }
    }
    return defined
  }

  /// Gives the callers of merged functions their new callees; returns them in the order of their ids.
  private func rewrite(
    _ module: inout Module, _ context: borrowing ModuleContext, _ merge: inout FunctionMerge,
    callersOf merged: [FunctionID]
  ) throws -> [FunctionID] {
    let callers = merge.takeCallers(of: merged).filter { !merge.isMerged($0) }
    let codes = callers.map { module.functions[$0].code! }
    let map = merge.replacements
    let results = try context.workers.map(Array(codes.indices)) { _, position in
      var rewriter = BodyRewriter(map: map)
      let code = try rewriter.rewrite(codes[position])
      return (code: code, hash: code.contentHash)
    }
    for (id, result) in zip(callers, results) {
      merge.forget(id)
      module.functions[id].code = result.code
      merge.hashes[id.index] = result.hash
    }
    return callers
  }
}

/// What is known of duplicates so far.
private struct FunctionMerge {
  /// By function: the hash of its body.
  var hashes: [UInt64]
  /// By function: those whose body mentions it. A function may be listed twice.
  var callers: [[FunctionID]]
  /// By function: itself, or what took its place.
  private var kept: [UInt32]
  /// By hash: functions of different code that have it.
  private var classes: [UInt64: [FunctionID]] = [:]

  /// More different bodies with one hash than this are not by chance: the rest of them is not compared.
  private static let classLimit = 8

  init(of module: borrowing Module) {
    hashes = Array(repeating: 0, count: module.functions.count)
    callers = Array(repeating: [], count: module.functions.count)
    kept = Array(0..<UInt32(module.functions.count))
  }

  var replacements: IndexMap {
    var map = IndexMap()
    map.set(.function, to: kept)
    return map
  }

  func isMerged(_ id: FunctionID) -> Bool { kept[id.index] != id.rawValue }

  /// Takes a function whose code is about to change out of its class.
  mutating func forget(_ id: FunctionID) { classes[hashes[id.index]]?.removeAll { $0 == id } }

  mutating func takeCallers(of merged: [FunctionID]) -> [FunctionID] {
    var result: Set<FunctionID> = []
    for id in merged {
      result.formUnion(callers[id.index])
      let target = Int(kept[id.index])
      callers[target] += callers[id.index]
      callers[id.index] = []
    }
    return result.sorted()
  }

  /// Puts the functions into their classes and removes those that find an equal there; returns these.
  mutating func decide(on changed: [FunctionID], _ module: inout Module) -> [FunctionID] {
    var merged: [FunctionID] = []
    for id in changed {
      let key = hashes[id.index]
      let rivals = classes[key] ?? []
      if let equal = rivals.first(where: { module.isDuplicate(id, of: $0) }) {
        module.keepCommonHints(of: equal, and: id)
        kept[id.index] = equal.rawValue
        module.remove(id)
        merged.append(id)
      } else if rivals.count < FunctionMerge.classLimit {
        classes[key, default: []].append(id)
      }
    }
    // What had taken a function's place may itself have been replaced now.
    if !merged.isEmpty { for index in kept.indices { kept[index] = kept[Int(kept[index])] } }
    return merged
  }
}

/// Lists the functions that a body mentions, each once.
private final class FunctionMentions: @unchecked Sendable {
  // Unchecked: each worker has its own.
  private var lastMention: [UInt32]
  private var body: UInt32 = 0

  init(count: Int) { lastMention = Array(repeating: 0, count: count) }

  func functions(in code: Code) throws -> [FunctionID] {
    body += 1
    var result: [FunctionID] = []
    try code.forEachReference(of: .function) { reference in
      let index = Int(reference.index)
      guard index < lastMention.count else {
        throw WasmError(
          .invalid, "unknown function \(index)",
          at: .binary(offset: code.fileOffset + reference.range.lowerBound, section: "code"))
      }
      guard lastMention[index] != body else { return }
      lastMention[index] = body
      result.append(FunctionID(index))
    }
    return result
  }
}

private extension Module {
  func isDuplicate(_ id: FunctionID, of other: FunctionID) -> Bool {
    types.canonical(functions[id].type) == types.canonical(functions[other].type)
      && functions[id].code!.bytes == functions[other].code!.bytes
  }

  mutating func keepCommonHints(of id: FunctionID, and other: FunctionID) {
    let others = Set(functions[other].code!.branchHints)
    if functions[id].code!.branchHints.isEmpty { return }
    functions[id].code!.branchHints.removeAll { !others.contains($0) }
  }

  /// Gives references outside of bodies their new functions.
  mutating func redirectFunctions(_ map: IndexMap) throws {
    guard !map.changed.isEmpty else { return }
    func kept(_ id: FunctionID) -> FunctionID {
      FunctionID(rawValue: map.newIndex(.function, id.rawValue) ?? id.rawValue)
    }
    for index in exports.indices {
      if case .function(let id) = exports[index].item { exports[index].item = .function(kept(id)) }
    }
    start = start.map(kept)
    for id in elements.ids {
      if case .functions(let items) = elements[id].items { elements[id].items = .functions(items.map(kept)) }
    }
    var rewriter = BodyRewriter(map: map)
    try updateConstExpressions { expression in expression = try rewriter.rewrite(expression) }
  }
}

private extension Code {
  /// A hash of the bytes that is the same in every run.
  var contentHash: UInt64 {
    bytes.withUnsafeBytes { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      var hash = UInt64(raw.count) &* 0x9e37_79b9_7f4a_7c15
      func mix(_ word: UInt64) {
        let product = (hash ^ word).multipliedFullWidth(by: 0xd6e8_feb8_6659_fd93)
        hash = product.high ^ product.low &+ 0x9e37_79b9_7f4a_7c15
      }
      var offset = 0
      while offset + 8 <= raw.count {
        mix(raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        offset += 8
      }
      var rest: UInt64 = 0
      for byte in raw[offset...] { rest = rest << 8 | UInt64(byte) }
      mix(rest)
      return hash
    }
  }
}
