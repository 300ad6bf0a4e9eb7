import IR
import PassManager
import Support

/// Prints a line for each function with a body: index, bytes, locals, nodes, name; and the sums.
struct FunctionMetrics: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let order = module.currentFunctionOrder
    let counts = try context.surveyBodies(of: module, order) { body, _ in
      (nodes: body.countNodes().reduce(0, +), locals: body.localCount - body.parameterCount)
    }
    let labels = FunctionLabels(of: module)
    let firstIndex = module.writtenFunctions.count - order.count
    var table = TextTable()
    table.append(.inNumbers("func"), .inNumbers("bytes"), .inNumbers("locals"), .inNumbers("nodes"))
    var sum = (bytes: 0, locals: 0, nodes: 0)
    for (position, id) in order.enumerated() {
      let bytes = module.functions[id].code!.bytes.count
      let count = counts[position]
      table.append(
        .number(firstIndex + position), .number(bytes), .number(count.locals), .number(count.nodes), .text(labels[id]))
      sum = (sum.bytes + bytes, sum.locals + count.locals, sum.nodes + count.nodes)
    }
    table.append(.inNumbers("all"), .number(sum.bytes), .number(sum.locals), .number(sum.nodes))
    try context.printer.write(table.text)
  }
}
