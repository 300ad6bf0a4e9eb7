import IR
import Support
import Testing
import TextFormat

extension Module {
  /// A module of one function type and one function without code.
  static func withFunction(_ parameters: [ValueType] = [], _ results: [ValueType] = []) -> Module {
    var module = Module()
    let type = module.types.findOrAppend(FunctionType(parameters: parameters, results: results))
    module.functions.append(Function(type: type))
    return module
  }
}

/// The text of a function whose body `build` makes; the items it returns are those of the function.
func printBody(
  _ module: Module, locals: [ValueType] = [], build: (inout Body) -> [NodeID]
) -> String {
  let type = module.functions[FunctionID(0)].type
  let function = module.types[type].function!
  var body = Body()
  body.reset(parameters: function.parameters[...])
  for local in locals { _ = body.makeLocal(local) }
  let items = build(&body)
  let result = body.resultType(of: function.results)
  body.root = body.makeBlock(items, label: .function, type: result)
  var printer = FunctionPrinter(ModuleIdentifiers(of: module))
  var text = Column<UInt8>()
  printer.print(body, of: FunctionID(0), type: type, to: &text)
  return String(decoding: text.toArray(), as: UTF8.self)
}

/// The text that `append` makes.
func text(_ append: (inout Column<UInt8>) -> Void) -> String {
  var text = Column<UInt8>()
  append(&text)
  return String(decoding: text.toArray(), as: UTF8.self)
}

func printModule(_ module: Module, workers: Int = 1) throws -> String {
  var text = Column<UInt8>()
  try ModulePrinter.print(module, workers: WorkerPool(count: workers), to: &text)
  return String(decoding: text.toArray(), as: UTF8.self)
}
