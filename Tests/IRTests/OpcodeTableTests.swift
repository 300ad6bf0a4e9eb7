import IR
import Support
import Testing

@Suite struct OpcodeTableTests {
  @Test func rowsStandInTheOrderOfOpcodes() {
    #expect(OpcodeTable.rows.count == Opcode.allCases.count)
    for (index, row) in OpcodeTable.rows.enumerated() { #expect(Int(row.opcode.rawValue) == index) }
  }

  @Test func everyEncodingIsFoundAgain() {
    for row in OpcodeTable.rows where row.code != .max {
      let page = row.code >> 16 == 0 ? 0 : Int(row.code >> 16) - 0xfa
      let entry = OpcodeTable.decoding[page * OpcodeTable.decodingPageSize + Int(row.code & 0xffff)]
      #expect(entry == row.opcode.rawValue)
    }
  }

  @Test func opcodeNumbersAreCases() {
    for opcode in Opcode.allCases { #expect(Opcode(number: opcode.rawValue) == opcode) }
  }

  /// Compares the table with the facts file, where it lies beside the test suite.
  @Test func agreesWithTheListOfInstructions() throws {
    guard let facts = try InstructionFacts.read() else {
      print("skipped: no list of instructions beside the test suite")
      return
    }
    let expected = facts.filter { $0.status != "proposal" }
    #expect(expected.count == OpcodeTable.rows.filter { $0.code != .max }.count)
    let rows = Dictionary(uniqueKeysWithValues: OpcodeTable.rows.filter { $0.code != .max }.map { ($0.code, $0) })
    for fact in expected {
      let row = try #require(rows[fact.code], "\(fact.mnemonic) is missing")
      #expect(row.mnemonic == fact.mnemonic)
      #expect(row.attributes.contains(.mayTrap) == fact.mayTrap, "\(fact.mnemonic)")
      #expect(row.attributes.contains(.pure) == fact.isPure, "\(fact.mnemonic)")
      #expect(row.attributes.contains(.readsMemory) == fact.readsMemory, "\(fact.mnemonic)")
      #expect(row.attributes.contains(.writesMemory) == fact.writesMemory, "\(fact.mnemonic)")
      #expect(row.attributes.contains(.commutative) == fact.isCommutative, "\(fact.mnemonic)")
      #expect(fact.alignment == nil || Int(row.alignment) == fact.alignment, "\(fact.mnemonic)")
      let option = FeatureSet.names.first { $0.feature == row.feature }?.option ?? "mvp"
      #expect(option == fact.feature, "\(fact.mnemonic)")
    }
    for fact in facts where fact.status == "proposal" {
      #expect(ProposalOpcodes.find(code: fact.code)?.proposal == fact.feature, "\(fact.mnemonic)")
    }
  }
}

/// A row of the facts file.
private struct InstructionFacts {
  let mnemonic: String
  let code: UInt32
  let alignment: Int?
  let mayTrap: Bool
  let isPure: Bool
  let readsMemory: Bool
  let writesMemory: Bool
  let isCommutative: Bool
  let feature: String
  let status: String

  init?(_ line: Substring) {
    let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    guard cells.count == 14, let opcode = UInt32(cells[2].dropFirst(2), radix: 16) else { return nil }
    mnemonic = cells[0]
    code = cells[1].isEmpty ? opcode : UInt32(cells[1].dropFirst(2), radix: 16)! << 16 | opcode
    alignment = Int(cells[6])
    mayTrap = cells[7] == "yes"
    isPure = cells[8] == "yes"
    readsMemory = cells[9] == "yes"
    writesMemory = cells[10] == "yes"
    isCommutative = cells[11] == "yes"
    feature = cells[12]
    status = cells[13]
  }

  /// All rows; nil if the file is not there.
  static func read() throws -> [InstructionFacts]? {
    let suite =
      getenv("PARE_TESTSUITE").map { String(cString: $0) }
      ?? #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 } + "/shared/wasm/testsuite"
    guard let file = fopen(suite + "/../instructions.tsv", "r") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").dropFirst().compactMap(InstructionFacts.init)
  }
}
