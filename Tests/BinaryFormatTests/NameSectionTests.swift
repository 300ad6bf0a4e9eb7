import BinaryFormat
import IR
import Support
import Testing

@Suite struct NameSectionTests {
  /// A function that has lost all its labels is still listed among those with names of labels.
  @Test func nothingIsWrittenWhereNothingHasAName() throws {
    var module = Module()
    let type = module.types.findOrAppend(FunctionType())
    module.functions.append(Function(type: type, code: Code(bytes: Bytes([0x00, 0x0b]))))
    let bytes = try write(module)
    module.names.labels[FunctionID(0)] = [:]
    #expect(try write(module) == bytes)
    module.names.labels[FunctionID(0)] = [0: "l"]
    #expect(try write(module).count > bytes.count)
  }

  private func write(_ module: Module) throws -> [UInt8] {
    var options = WriterOptions()
    options.keepsNames = true
    return try ModuleWriter.bytes(of: module, options: options, workers: WorkerPool(count: 1))
  }
}
