import Analysis
import BinaryFormat
import IR
import Oracle
import Support
import TextFormat

/// Decodes the bodies of a module and gives each to `visit`.
func forEachBody(of bytes: Bytes, _ visit: (FunctionID, borrowing Body) throws -> Void) throws {
  let module = try ModuleReader.read(bytes)
  let declarations = Declarations(of: module)
  var decoder = BodyDecoder(declarations: declarations)
  var body = Body()
  for id in module.functions.ids {
    let function = module.functions[id]
    guard let code = function.code else { continue }
    try decoder.decode(code, type: function.type, into: &body, validating: true)
    try visit(id, body)
  }
}

/// The same for a module given as text.
func forEachBody(ofText text: String, _ visit: (FunctionID, borrowing Body) throws -> Void) throws {
  try forEachBody(of: TextParser.assemble(Bytes(Array(text.utf8))).bytes, visit)
}

/// The same for generated modules, one for each seed.
func forEachGeneratedBody(seeds: Range<UInt64>, _ visit: (FunctionID, borrowing Body) throws -> Void) throws {
  for seed in seeds { try forEachBody(of: ModuleGenerator(seed: seed).generate(), visit) }
}
