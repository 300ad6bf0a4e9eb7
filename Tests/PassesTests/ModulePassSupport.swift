import BinaryFormat
import IR
import PassManager
import Passes
import Support
import TextFormat

/// A module read from text and brought to the state in which module passes find it: bodies validated and encoded.
func module(_ text: String) throws -> Module {
  let assembled = try TextParser.assemble(Bytes(Array(text.utf8)))
  var module = try ModuleReader.read(assembled.bytes)
  try putToRest(&module)
  return module
}

func putToRest(_ module: inout Module) throws {
  let declarations = try module.makeDeclarations()
  var decoder = BodyDecoder(declarations: declarations)
  var encoder = BodyEncoder()
  var body = Body()
  for id in module.functions.ids {
    guard let code = module.functions[id].code else { continue }
    decoder.acceptsTupleBlockTypes = code.isCanonical
    try decoder.decode(code, type: module.functions[id].type, into: &body, validating: true)
    module.functions[id].code = encoder.encode(&body)
  }
}

func modulePass(_ name: String, _ options: PassOptions = PassOptions()) throws -> any ModulePass {
  guard case .module(let pass)? = try PassTable.descriptor(name)?.make(options) else {
    throw PageError("there is no module pass \(name)")
  }
  return pass
}

/// Runs the pass, checks that the result is a valid module, and returns what was printed.
@discardableResult
func run(
  _ pass: String, on module: inout Module, workers: Int = 2, _ prepare: (inout PassOptions) -> Void = { _ in }
) throws -> String {
  var options = PassOptions()
  prepare(&options)
  let sink = Transcript()
  try modulePass(pass, options).run(on: &module, in: ModuleContext(options: options, workers: WorkerPool(count: workers), printer: sink))
  try check(module)
  return sink.text
}

/// Writes the module and validates what was written.
func check(_ module: Module) throws {
  let bytes = try ModuleWriter.bytes(of: module, workers: WorkerPool(count: 1))
  var written = try ModuleReader.read(Bytes(bytes))
  try putToRest(&written)
}

extension Module {
  /// Names of what is left, with its kind, sorted.
  var left: [String] {
    var left: [String] = functions.ids.filter { !functions[$0].isRemoved }.map { "func \(label($0.index, names.functions[$0]))" }
    left += tables.ids.filter { !tables[$0].isRemoved }.map { "table \(label($0.index, names.tables[$0]))" }
    left += memories.ids.filter { !memories[$0].isRemoved }.map { "memory \(label($0.index, names.memories[$0]))" }
    left += globals.ids.filter { !globals[$0].isRemoved }.map { "global \(label($0.index, names.globals[$0]))" }
    left += tags.ids.filter { !tags[$0].isRemoved }.map { "tag \(label($0.index, names.tags[$0]))" }
    left += elements.ids.filter { !elements[$0].isRemoved }.map { "elem \(label($0.index, names.elements[$0]))" }
    left += datas.ids.filter { !datas[$0].isRemoved }.map { "data \(label($0.index, names.datas[$0]))" }
    return left.sorted()
  }

  private func label(_ index: Int, _ name: Name?) -> String { name.map { "\($0)" } ?? String(index) }

  func body(_ name: Name) -> [UInt8]? {
    functions.ids.first { names.functions[$0] == name }.flatMap { functions[$0].code?.bytes.array }
  }
}
