@testable import BinaryFormat
import IR
import Passes
import PassManager
import Support
import Testing
import TextFormat

@testable import Oracle

@Suite struct ModuleGeneratorTests {
  @Test func aSeedGivesTheSameModuleAgain() {
    for seed: UInt64 in 0..<50 {
      #expect(ModuleGenerator(seed: seed).generate() == ModuleGenerator(seed: seed).generate())
    }
    #expect(ModuleGenerator(seed: 1).generate() != ModuleGenerator(seed: 2).generate())
  }

  @Test func modulesAreValid() {
    for seed: UInt64 in 0..<2500 {
      do {
        try validate(ModuleGenerator(seed: seed).generate())
      } catch {
        Issue.record("seed \(seed): \(error)")
      }
    }
  }

  @Test func executionsEndAndMostDoNotTrap() throws {
    var (callCount, resultCount) = (0, 0)
    for seed: UInt64 in 0..<300 {
      let module = try ModuleInput(reading: ModuleGenerator(seed: seed).generate()).module
      for call in try ExecutionComparison().trace(of: module).calls {
        callCount += 1
        switch call.outcome {
        case .results: resultCount += 1
        case .limit(let trap): Issue.record("seed \(seed): \(call.title): \(trap.message)")
        default: break
        }
      }
    }
    #expect(resultCount * 4 > callCount * 3)
  }

  @Test func deepNestsKeepToTheirOption() throws {
    var options = GeneratorOptions()
    options.nestDepth = 3000
    for seed: UInt64 in 0..<100 { try validate(ModuleGenerator(seed: seed, options: options).generate()) }
  }

  @Test func modulesKeepToTheFeaturesAllowed() throws {
    for (feature, option, _) in FeatureSet.names {
      var options = GeneratorOptions()
      options.features.remove(feature)
      for seed: UInt64 in 0..<40 {
        let module = try validate(ModuleGenerator(seed: seed, options: options).generate())
        #expect(!module.usedFeatures.contains(feature), "seed \(seed) without \(option)")
      }
    }
  }

  @Test func modulesOfTheFirstVersionUseNoFeature() throws {
    var options = GeneratorOptions()
    options.features = .mvp
    for seed: UInt64 in 0..<200 {
      let module = try validate(ModuleGenerator(seed: seed, options: options).generate())
      #expect(module.usedFeatures == .mvp, "seed \(seed)")
    }
  }

  @Test func oneFormOfExceptionsIsEnough() throws {
    for (form, absent) in [
      (GeneratorOptions.ExceptionForms.legacy, [Opcode.tryTable, .throwRef]),
      (.standard, [.try, .rethrow, .delegate]),
    ] {
      var options = GeneratorOptions()
      options.exceptionForms = form
      var counts = OpcodeCounts()
      for seed: UInt64 in 0..<100 { try counts.add(ModuleGenerator(seed: seed, options: options).generate()) }
      for opcode in absent { #expect(counts[opcode] == 0, "\(opcode)") }
    }
  }

  @Test func everyInstructionAppears() throws {
    var counts = OpcodeCounts()
    for seed: UInt64 in 0..<1500 { try counts.add(ModuleGenerator(seed: seed).generate()) }
    let missing = Opcode.allCases.filter { $0.info.code != .max && counts[$0] == 0 }
    #expect(missing.isEmpty)
  }

  @discardableResult
  private func validate(_ bytes: Bytes) throws -> Module {
    var input = try ModuleInput(reading: bytes)
    let progress = ProgressLine(isOn: false) { _ in }
    try PassRunner(options: RunnerOptions(), workers: WorkerPool(count: 1), printer: NoText(), progress: progress)
      .run([], on: &input.module)
    return input.module
  }
}

private final class NoText: TextSink {
  func write(_ text: Bytes) {}
}

/// How often each instruction stands in the bodies of modules.
private struct OpcodeCounts {
  private var counts = [Int](repeating: 0, count: Opcode.allCases.count)

  subscript(opcode: Opcode) -> Int { counts[Int(opcode.rawValue)] }

  mutating func add(_ bytes: Bytes) throws {
    let module = try ModuleReader.read(bytes)
    for function in module.functions.values {
      guard let code = function.code else { continue }
      try code.bytes.withUnsafeBytes { try add(body: $0) }
    }
  }

  private mutating func add(body: UnsafeBufferPointer<UInt8>) throws {
    var reader = ByteReader(borrowing: body)
    for _ in 0..<(try reader.readU32()) {
      _ = try reader.readU32()
      _ = try reader.readValueType(typeCount: .max)
    }
    while !reader.isAtEnd {
      let byte = try reader.readByte()
      let isPrefixed = 0xfb...0xfe ~= byte
      let page = isPrefixed ? Int(byte) - 0xfa : 0
      let number = isPrefixed ? Int(try reader.readU32()) : Int(byte)
      let place = page * OpcodeTable.decodingPageSize + number
      counts[Int(OpcodeTable.decoding[place])] += 1
      try skip(ScanAction.byCode[place], in: &reader)
    }
  }

  /// Skips the immediates of an instruction.
  private func skip(_ action: ScanAction, in reader: inout ByteReader) throws {
    func number() throws { while try reader.readByte() >= 0x80 {} }
    func blockType() throws {
      if let byte = reader.peekByte(), byte == 0x63 || byte == 0x64 { _ = try reader.readByte() }
      try number()
    }
    func memarg() throws {
      if try reader.readU32() & 0x40 != 0 { try number() }
      try number()
    }
    switch action {
    case .none: break
    case .invalid, .prefix: throw reader.error("no instruction")
    case .bytes1: try reader.skip(1)
    case .bytes4: try reader.skip(4)
    case .bytes8: try reader.skip(8)
    case .bytes16: try reader.skip(16)
    case .memarg: try memarg()
    case .memargLane:
      try memarg()
      try reader.skip(1)
    case .blockType: try blockType()
    case .branchTable: for _ in 0...(try reader.readU32()) { try number() }
    case .valueTypes: for _ in 0..<(try reader.readU32()) { try blockType() }
    case .castBranch:
      try reader.skip(1)
      for _ in 0..<3 { try number() }
    case .tryTable:
      try blockType()
      for _ in 0..<(try reader.readU32()) {
        if try reader.readByte() & 2 == 0 { try number() }
        try number()
      }
    case .typeNumber, .typeType, .typeTable, .typeElement, .typeData, .tableTable, .elementTable, .memoryMemory,
      .dataMemory:
      for _ in 0..<2 { try number() }
    default: try number()
    }
  }
}
