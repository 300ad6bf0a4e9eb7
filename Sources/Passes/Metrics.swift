import IR
import PassManager
import Support

/// Prints how many items and nodes of each kind the module has; where the pass has run before in the same run, also by
/// how much each number has changed since.
struct Metrics: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let figures = decide(module, try survey(module, context))
    let previous = context.notes.exchange("metrics", for: figures)
    try context.printer.write(text(figures, since: previous))
  }

  /// Numbers with their names, in the order in which they are shown.
  struct Figures: Sendable {
    var items: [(name: String, number: Int)] = []
    var nodes: [(name: String, number: Int)] = []
  }

  private func survey(_ module: borrowing Module, _ context: borrowing ModuleContext) throws -> [Int] {
    let counts = try context.surveyBodies(of: module, module.functionsWithBodies) { body, _ in
      (nodes: body.countNodes(), locals: body.localCount - body.parameterCount)
    }
    var sum = [Int](repeating: 0, count: NodeKinds.count + 1)
    for count in counts {
      for index in 0..<NodeKinds.count { sum[index] += count.nodes[index] }
      sum[NodeKinds.count] += count.locals
    }
    return sum
  }

  private func decide(_ module: borrowing Module, _ counts: [Int]) -> Figures {
    var figures = Figures()
    let functions = module.functionsWithBodies
    let imports = module.imports.filter { !module.isRemoved($0) }
    let bytes = functions.reduce(0) { $0 + module.functions[$1].code!.bytes.count }
    let elements = module.writtenElements
    let datas = module.writtenDatas
    figures.items = [
      ("functions", functions.count), ("bytes of code", bytes), ("locals", counts[NodeKinds.count]),
      ("types", module.types.count - module.removedTypes.count), ("imports", imports.count),
      ("exports", module.exports.count), ("globals", module.writtenGlobals.count),
      ("tables", module.writtenTables.count), ("memories", module.writtenMemories.count),
      ("tags", module.writtenTags.count), ("element segments", elements.count),
      ("elements", elements.reduce(0) { $0 + module.elements[$1].itemCount }), ("data segments", datas.count),
      ("bytes of data", datas.reduce(0) { $0 + module.datas[$1].bytes.count }),
    ]
    for index in 0..<NodeKinds.count where counts[index] > 0 {
      figures.nodes.append((NodeKinds.name(index), counts[index]))
    }
    figures.nodes.sort { $0.name < $1.name }
    figures.nodes.insert(("nodes", counts[..<NodeKinds.count].reduce(0, +)), at: 0)
    return figures
  }

  private func text(_ figures: Figures, since previous: Figures?) -> String {
    var table = TextTable()
    let old = previous.map { $0.items + $0.nodes } ?? []
    let oldNumbers = Dictionary(old.map { ($0.name, $0.number) }, uniquingKeysWith: { first, _ in first })
    func append(_ name: String, _ number: Int, indented: Bool) {
      guard number != 0 || oldNumbers[name, default: 0] != 0 else { return }
      let difference = previous == nil ? 0 : number - oldNumbers[name, default: 0]
      table.append(.text(indented ? "  " + name : name), .number(number), .difference(difference))
    }
    for figure in figures.items { append(figure.name, figure.number, indented: false) }
    var nodes = figures.nodes
    let known = Set(nodes.map(\.name))
    nodes += (previous?.nodes ?? []).filter { !known.contains($0.name) }.map { ($0.name, 0) }
    nodes = nodes.prefix(1) + nodes.dropFirst().sorted { $0.name < $1.name }
    for (index, figure) in nodes.enumerated() { append(figure.name, figure.number, indented: index > 0) }
    return table.text
  }
}
