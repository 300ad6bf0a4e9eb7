import IR
import PassManager
import Support

/// Prints a line for each item of the module: kind, index, size, name.
///
/// The size is that of a body or data segment in bytes, of a table or element segment in elements, of a memory in
/// pages, each the least that it can be; a dash stands for an imported body.
struct NameList: ModulePass {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    var table = TextTable()
    let names = module.names
    let labels = FunctionLabels(of: module)
    for (index, id) in module.writtenFunctions.enumerated() {
      let size = module.functions[id].code.map { TextTable.Cell.number($0.bytes.count) }
      table.append(.text("func"), .number(index), size ?? .inNumbers("-"), .text(labels[id]))
    }
    func append(_ kind: String, _ index: Int, _ size: Int?, _ name: Name?, _ importName: ImportName?) {
      let size = size.map { TextTable.Cell.number($0) } ?? .inNumbers("-")
      let text = name.map { "\($0)" } ?? importName.map { "\($0.module).\($0.name)" } ?? ""
      table.append(.text(kind), .number(index), size, .text(text))
    }
    for (index, id) in module.writtenTables.enumerated() {
      let item = module.tables[id]
      append("table", index, Int(clamping: item.limits.minimum), names.tables[id], item.importName)
    }
    for (index, id) in module.writtenMemories.enumerated() {
      let item = module.memories[id]
      append("memory", index, Int(clamping: item.limits.minimum), names.memories[id], item.importName)
    }
    for (index, id) in module.writtenGlobals.enumerated() {
      append("global", index, nil, names.globals[id], module.globals[id].importName)
    }
    for (index, id) in module.writtenTags.enumerated() {
      append("tag", index, nil, names.tags[id], module.tags[id].importName)
    }
    for (index, id) in module.writtenElements.enumerated() {
      append("elem", index, module.elements[id].itemCount, names.elements[id], nil)
    }
    for (index, id) in module.writtenDatas.enumerated() {
      append("data", index, module.datas[id].bytes.count, names.datas[id], nil)
    }
    try context.printer.write(table.text)
  }
}
