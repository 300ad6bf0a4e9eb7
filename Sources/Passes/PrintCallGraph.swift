import BinaryFormat
import IR
import PassManager
import Support

/// Prints who calls whom, in the DOT language of Graphviz.
///
/// A solid arrow is a call, a dashed one a `ref.func`. Imported functions are drawn as ellipses, exported ones and the
/// start function with two borders. An arrow is drawn once, however often the call occurs.
struct PrintCallGraph: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let callees = try survey(module, context)
    try context.printer.write(text(module, callees))
  }

  /// What a body calls and what it only refers to, in the order of the code.
  private struct Callees: Sendable {
    var called: [FunctionID] = []
    var referenced: [FunctionID] = []
  }

  private func survey(_ module: borrowing Module, _ context: borrowing ModuleContext) throws -> [FunctionID: Callees] {
    let defined = module.definedFunctions
    let codes = defined.map { module.functions[$0].code! }
    let functionCount = module.functions.count
    let found = try context.workers.map(Array(codes.indices)) { _, position in
      try PrintCallGraph.callees(in: codes[position], functionCount: functionCount)
    }
    return Dictionary(uniqueKeysWithValues: zip(defined, found))
  }

  private static func callees(in code: Code, functionCount: Int) throws -> Callees {
    var callees = Callees()
    var seenCalls: Set<UInt32> = []
    var seenReferences: Set<UInt32> = []
    try code.bytes.withUnsafeBytes { bytes in
      var scan = BodyScan(of: bytes, startingWith: .locals, for: .function, origin: code.fileOffset)
      while try scan.advance() {
        let index = scan.reference.index
        guard index < functionCount else { continue }
        if bytes[scan.reference.instruction] == 0xd2 {
          if seenReferences.insert(index).inserted { callees.referenced.append(FunctionID(rawValue: index)) }
        } else if seenCalls.insert(index).inserted {
          callees.called.append(FunctionID(rawValue: index))
        }
      }
    }
    return callees
  }

  private func text(_ module: borrowing Module, _ callees: [FunctionID: Callees]) -> String {
    let order = module.writtenFunctions
    let labels = FunctionLabels(of: module)
    var index: [FunctionID: Int] = [:]
    for (position, id) in order.enumerated() { index[id] = position }
    var outside = Set(module.exports.compactMap { if case .function(let id) = $0.item { id } else { nil } })
    if let start = module.start { outside.insert(start) }

    var text = "digraph calls {\n  node [shape=box];\n"
    for (position, id) in order.enumerated() {
      let label = labels[id].isEmpty ? String(position) : labels[id]
      text += "  \(position) [label=\"\(label.quotedForDOT)\""
      if module.functions[id].code == nil { text += ", shape=ellipse" }
      if outside.contains(id) { text += ", peripheries=2" }
      text += "];\n"
    }
    for (position, id) in order.enumerated() {
      guard let callees = callees[id] else { continue }
      for callee in callees.called { if let target = index[callee] { text += "  \(position) -> \(target);\n" } }
      for callee in callees.referenced {
        if let target = index[callee] { text += "  \(position) -> \(target) [style=dashed];\n" }
      }
    }
    return text + "}\n"
  }
}

private extension String {
  var quotedForDOT: String {
    var result = ""
    for character in unicodeScalars {
      switch character {
      case "\"", "\\": result += "\\\(character)"
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(character)
      }
    }
    return result
  }
}
