import BinaryFormat
import IR
import PassManager
import Passes
import Support
import Testing

/// Bodies that nest 300,000 deep go through every function pass of the pipelines, in time and memory that grow with
/// their size.
@Suite(.serialized) struct DeepBodyTests {
  private static let depth = 300_000
  private static let get: [UInt8] = [0x20, 0x00]
  private static let call: [UInt8] = [0x10, 0x00]

  /// A body of `[i32] -> [i32]`, by name.
  static let shapes: [String: [UInt8]] = [
    "blocks": repeated([0x02, 0x40]) + get + [0x0d, 0x20] + call + repeated([0x0b]) + get,
    "blocks with an exit each": repeated([0x02, 0x40]) + repeated(get + [0x0d, 0x00] + call + [0x0b]) + get,
    "operations": get + repeated([0x45]),
    "operations dropped": get + repeated([0x45]) + [0x1a] + get,
    "operands to the right": get + repeated(get) + repeated([0x6a]),
    "conditions": get + repeated([0x04, 0x7f, 0x41, 0x01, 0x05, 0x41, 0x00, 0x0b]),
    "conditions dropped": get + repeated([0x04, 0x7f, 0x41, 0x01, 0x05, 0x41, 0x00, 0x0b]) + [0x04, 0x40, 0x0b] + get,
    "ifs": repeated(get + [0x04, 0x40]) + call + repeated([0x0b]) + get,
    "else ifs": repeated(get + [0x04, 0x40] + call + [0x05]) + repeated([0x0b]) + get,
    "loops": repeated([0x03, 0x40]) + get + [0x0d, 0x20] + call + repeated([0x0b]) + get,
    "loops that go on": repeated([0x03, 0x40] + get + [0x45, 0x21, 0x00]) + repeated(get + [0x0d, 0x00, 0x0b]) + get,
    "tries": repeated([0x06, 0x40]) + call + repeated([0x19, 0x0b]) + get,
    "statements in operands": repeated(get + [0x02, 0x7f] + call) + get + repeated([0x0b, 0x6a]),
    "values dropped": repeated([0x02, 0x7f]) + get + repeated(get + [0x0d, 0x00, 0x0b]) + [0x1a] + get,
    "labels": [0x02, 0x40, 0x02, 0x40] + get + [0x0e, 0xe0, 0xa7, 0x12] + repeated([0x00]) + [0x01, 0x0b] + call + [0x0b]
      + get,
    "sets": repeated(get + [0x22, 0x00, 0x45, 0x21, 0x00]) + get,
    "sets in values": repeated([0x02, 0x7f]) + get + repeated([0x45, 0x0b, 0x21, 0x00] + get),
    "sets in ifs": repeated(get + [0x04, 0x40]) + repeated([0x41, 0x01, 0x21, 0x00, 0x0b]) + get,
    "sets in arms": repeated(get + [0x04, 0x40]) + repeated([0x41, 0x01, 0x21, 0x00, 0x05, 0x41, 0x02, 0x21, 0x00, 0x0b])
      + get,
    "sets before exits": repeated([0x02, 0x40, 0x41, 0x01, 0x21, 0x00] + get + [0x0d, 0x00])
      + repeated([0x41, 0x02, 0x21, 0x00, 0x0b]) + get,
    "tests": [0x02, 0x40] + repeated(get + [0x0d, 0x00]) + call + [0x0b] + get,
  ]

  private static func repeated(_ bytes: [UInt8]) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count * depth)
    for _ in 0..<depth { result += bytes }
    return result
  }

  /// Passes that no pipeline runs, or only some do.
  private static let others = [
    "alignment-lowering", "avoid-reinterprets", "const-hoisting", "licm", "local-cse", "precompute-propagate",
    "signext-lowering", "simplify-locals", "simplify-locals-nonesting", "simplify-locals-nostructure",
    "simplify-locals-notee", "untee", "arrange-branches", "code-folding", "jump-threading", "loop-counters",
    "loop-pointers", "memory-forwarding", "merge-locals", "rematerialize", "ssa-nomerge", "value-numbering",
  ]

  @Test(arguments: shapes.keys.sorted()) func passesAreLinear(_ shape: String) throws {
    var module = Module()
    let type = module.types.findOrAppend(FunctionType(parameters: [.i32], results: [.i32]))
    let plain = module.types.findOrAppend(FunctionType())
    module.functions.append(Function(type: plain, code: Code(bytes: Bytes([0x00, 0x0b]))))
    let code = [0x00] + Self.shapes[shape]! + [0x0b]
    module.functions.append(Function(type: type, code: Code(bytes: Bytes(code))))
    var options = PassOptions()
    options.optimizeLevel = 2
    let start = Clock.threadTime()
    let pipeline = try Pipelines.schedule(with: options).filter { !$0.name.contains("module") && !$0.name.contains("duplicate") }
    try run(Self.others.map { try PassTable.descriptor($0)!.scheduled(with: options) } + pipeline, on: &module)
    let size = module.functions[FunctionID(1)].code!.bytes.count
    #expect(size <= code.count + 16)
    // Quadratic work would take hours.
    #expect(Clock.threadTime() - start < 60_000_000_000)
  }
}
