/// What README.md shows as the use of the library, here so that it is compiled and run. `ReadmeTests` compares the two.
// README: begin
import Pare

func shrink(_ bytes: [UInt8]) throws -> [UInt8] {
  var module = try Module(bytes)                    // binary or text; throws Module.Error
  try module.optimize(.Oz)                          // or .O1 ... .O4, .Os
  try module.run(passes: ["vacuum"])                // or passes by name
  return try module.wasm()                          // or wat()
}
// README: end
