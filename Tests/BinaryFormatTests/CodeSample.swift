import BinaryFormat
import IR
import Support

/// Random code with every shape of instruction, built together with the references that it must be found to have.
/// It need not be valid: scans don't ask.
struct CodeSample: ~Copyable {
  var bytes = Column<UInt8>()
  var references: [Reference] = []
  var instructionStarts: [Int] = []
  /// Gives every index in the code; the same sequence of calls makes the same code up to the indices.
  var newIndex: (ReferenceKind, UInt32) -> UInt32 = { $1 }
  /// Writes numbers in more bytes than needed.
  var isWasteful = false
  /// What becomes of spelled out block types; kept if nil.
  var blockType: UInt32?

  private var state: UInt64

  init(seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

  /// A body of `count` instructions.
  mutating func appendBody(count: Int) {
    appendUnsigned(UInt64(3))
    for _ in 0..<3 {
      appendUnsigned(next(below: 100_000))
      appendValueType()
    }
    for _ in 0..<count { appendInstruction() }
    bytes.append(0x0b)
  }

  mutating func appendInstruction() {
    let row = OpcodeTable.rows[Int(next(below: UInt64(OpcodeTable.rows.count - 4)))]
    instructionStarts.append(bytes.count)
    if row.code > 0xff {
      bytes.append(UInt8(row.code >> 16))
      appendUnsigned(UInt64(row.code & 0xffff))
    } else {
      bytes.append(UInt8(row.code))
    }
    for immediate in immediates(of: row) { append(immediate) }
  }

  /// What follows each opcode, as ../shared/wasm/instructions.tsv lists it.
  private func immediates(of row: OpcodeRow) -> [Substring] {
    let perMnemonic: [String: String] = [
      "block": "blocktype", "loop": "blocktype", "if": "blocktype", "try": "blocktype", "catch": "tag",
      "throw": "tag", "rethrow": "number", "delegate": "number", "br": "number", "br_if": "number",
      "br_table": "numbers number", "call": "function", "return_call": "function", "ref.func": "function",
      "call_indirect": "type table", "return_call_indirect": "type table", "call_ref": "type",
      "return_call_ref": "type", "try_table": "blocktype catches", "local.get": "number", "local.set": "number",
      "local.tee": "number", "global.get": "global", "global.set": "global", "table.get": "table",
      "table.set": "table", "table.size": "table", "table.grow": "table", "table.fill": "table",
      "table.copy": "table table", "table.init": "element table", "elem.drop": "element", "memory.size": "memory",
      "memory.grow": "memory", "memory.fill": "memory", "memory.copy": "memory memory",
      "memory.init": "data memory", "data.drop": "data", "i32.const": "number", "i64.const": "number",
      "f32.const": "4", "f64.const": "8", "v128.const": "16", "i8x16.shuffle": "16", "ref.null": "heaptype",
      "br_on_null": "number", "br_on_non_null": "number", "br_on_cast": "1 number heaptype heaptype",
      "br_on_cast_fail": "1 number heaptype heaptype", "ref.test": "heaptype", "ref.cast": "heaptype",
      "struct.new": "type", "struct.new_default": "type", "struct.get": "type number",
      "struct.get_s": "type number", "struct.get_u": "type number", "struct.set": "type number",
      "array.new": "type", "array.new_default": "type", "array.new_fixed": "type number",
      "array.new_data": "type data", "array.new_elem": "type element", "array.get": "type", "array.get_s": "type",
      "array.get_u": "type", "array.set": "type", "array.fill": "type", "array.copy": "type type",
      "array.init_data": "type data", "array.init_elem": "type element", "atomic.fence": "1",
    ]
    if row.opcode == .selectTyped { return ["valuetypes"] }
    if let list = perMnemonic[row.mnemonic] { return list.split(separator: " ") }
    if row.mnemonic.hasSuffix("_lane") && row.shape != .extractLane && row.shape != .replaceLane {
      return ["memarg", "1"]
    }
    if row.mnemonic.contains("_lane") && !row.mnemonic.contains("laneselect") { return ["1"] }
    let isAccess = ["load", "store", "atomic"].contains { row.mnemonic.contains($0) }
    return isAccess ? ["memarg"] : []
  }

  private mutating func append(_ immediate: Substring) {
    switch immediate {
    case "number": appendUnsigned(next(below: 1 << 31))
    case "numbers": appendVector { $0.appendUnsigned($0.next(below: 1 << 20)) }
    case "1": bytes.append(UInt8(next(below: 256)))
    case "4", "8", "16": for _ in 0..<Int(immediate)! { bytes.append(UInt8(next(below: 256))) }
    case "blocktype": appendBlockType()
    case "heaptype": appendHeapType()
    case "valuetypes": appendVector { $0.appendValueType() }
    case "catches":
      appendVector { sample in
        let kind = sample.next(below: 4)
        sample.bytes.append(UInt8(kind))
        if kind < 2 { sample.append("tag") }
        sample.append("number")
      }
    case "memarg":
      let kept = instructionStarts.count % 2 == 0 ? 0 : UInt32(next(below: 5))
      let index = newIndex(.memory, kept)
      let start = bytes.count
      let isExplicit = index != 0 || isWasteful
      appendUnsigned(next(below: 5) | (isExplicit ? 0x40 : 0))
      if isExplicit { appendUnsigned(UInt64(index)) }
      note(.memory, .memarg, index, from: start)
      appendUnsigned(next(below: 1 << 40))
    default:
      let kind = ReferenceKind.allCases.first { "\($0)" == immediate }!
      let start = bytes.count
      let index = newIndex(kind, UInt32(next(below: 300)))
      appendUnsigned(UInt64(index))
      note(kind, .index, index, from: start)
    }
  }

  private mutating func appendBlockType() {
    switch next(below: 4) {
    case 0: bytes.append(0x40)
    case 1: appendTypeIndex()
    case 2: appendValueType()
    default:
      let start = bytes.count
      let position = references.count
      bytes.append(Code.tupleBlockType)
      appendVector { $0.appendValueType() }
      let tuple = Reference(kind: .tupleBlockType, form: .tuple, index: 0, range: start..<bytes.count)
      guard let blockType else { return references.insert(tuple, at: position) }
      bytes.truncate(to: start)
      references.removeLast(references.count - position)
      bytes.appendSigned(Int64(blockType))
      note(.type, .heapType, blockType, from: start)
    }
  }

  private mutating func appendValueType() {
    switch next(below: 3) {
    case 0: bytes.append(UInt8(0x7b + next(below: 5)))
    case 1: bytes.append(UInt8(0x69 + next(below: 12)))
    default:
      bytes.append(UInt8(0x63 + next(below: 2)))
      appendHeapType()
    }
  }

  private mutating func appendHeapType() {
    if next(below: 2) == 0 { bytes.append(UInt8(0x69 + next(below: 12))) } else { appendTypeIndex() }
  }

  private mutating func appendTypeIndex() {
    let start = bytes.count
    let index = newIndex(.type, UInt32(next(below: 300)))
    bytes.appendSigned(Int64(index))
    note(.type, .heapType, index, from: start)
  }

  private mutating func appendVector(_ appendItem: (inout CodeSample) -> Void) {
    let count = next(below: 5)
    appendUnsigned(count)
    for _ in 0..<count { appendItem(&self) }
  }

  private mutating func appendUnsigned(_ value: UInt64) {
    bytes.appendUnsigned(value)
    guard isWasteful && value < 1 << 21 else { return }
    bytes.last |= 0x80
    bytes.append(0)
  }

  private mutating func note(_ kind: ReferenceKind, _ form: Reference.Form, _ index: UInt32, from start: Int) {
    references.append(Reference(kind: kind, form: form, index: index, range: start..<bytes.count))
  }

  /// xorshift64*, so that a seed gives the same code everywhere.
  private mutating func next(below bound: UInt64) -> UInt64 {
    state ^= state >> 12
    state ^= state << 25
    state ^= state >> 27
    return (state &* 0x2545_f491_4f6c_dd1d) >> 33 % bound
  }
}
