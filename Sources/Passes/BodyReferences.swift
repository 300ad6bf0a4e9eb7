import BinaryFormat
import IR
import Support

/// What a body refers to, each thing once: the summary that reachability and the call graph work on.
struct BodyReferences: Sendable {
  /// Item numbers, in the order of their first mention. The tables of indirect calls are not among them.
  var items: [UInt32] = []
  var indirectCalls: [IndirectCall] = []
  /// Functions that `ref.func` names.
  var functionReferences: [FunctionID] = []

  struct IndirectCall: Hashable, Sendable {
    var table: TableID
    var type: TypeID
  }
}

/// Surveys bodies by a scan of their bytes, with memory that it keeps from one body to the next.
final class ReferenceSurvey: @unchecked Sendable {
  // Unchecked: each worker has its own.
  private let numbering: ItemNumbering
  /// By item number: the last body that mentioned it; by function: the last that named it in `ref.func`.
  private var lastMention: [UInt32]
  private var lastReference: [UInt32]
  private var body: UInt32 = 0

  init(_ numbering: ItemNumbering, functionCount: Int) {
    self.numbering = numbering
    lastMention = Array(repeating: 0, count: numbering.count)
    lastReference = Array(repeating: 0, count: functionCount)
  }

  /// Linear in the bytes. An index that no item has is an error.
  func references(of code: Code) throws -> BodyReferences {
    body += 1
    var result = BodyReferences()
    var indirectCalls: Set<BodyReferences.IndirectCall> = []
    var callType = TypeID.none
    try code.bytes.withUnsafeBytes { bytes in
      var scan = BodyScan(of: bytes, startingWith: .locals, for: .indices, origin: code.fileOffset)
      while try scan.advance() {
        let reference = scan.reference
        guard let number = numbering.number(reference.kind, reference.index) else {
          throw unknownItem(reference, in: code)
        }
        let opcode = reference.instruction == 0 ? 0 : bytes[reference.instruction]
        switch (opcode, reference.kind) {
        case (0x11, .type), (0x13, .type): callType = TypeID(rawValue: reference.index)
        case (0x11, .table), (0x13, .table):
          let call = BodyReferences.IndirectCall(table: TableID(rawValue: reference.index), type: callType)
          if indirectCalls.insert(call).inserted { result.indirectCalls.append(call) }
          continue
        case (0xd2, .function) where lastReference[Int(reference.index)] != body:
          lastReference[Int(reference.index)] = body
          result.functionReferences.append(FunctionID(rawValue: reference.index))
        default: break
        }
        guard lastMention[Int(number)] != body else { continue }
        lastMention[Int(number)] = body
        result.items.append(number)
      }
    }
    return result
  }

  private func unknownItem(_ reference: Reference, in code: Code) -> WasmError {
    WasmError(
      .invalid, "unknown \(reference.kind) \(reference.index)",
      at: .binary(offset: code.fileOffset + reference.range.lowerBound, section: "code"))
  }
}

extension Module {
  /// The functions that have a body and have not been removed.
  var definedFunctions: [FunctionID] {
    functions.ids.filter { !functions[$0].isRemoved && functions[$0].code != nil }
  }

  /// What each body refers to, by function; nil for functions without body. Parallel, linear in the bytes.
  func surveyReferences(_ numbering: ItemNumbering, _ workers: WorkerPool) throws -> [BodyReferences?] {
    let defined = definedFunctions
    let surveys = (0..<workers.count).map { _ in ReferenceSurvey(numbering, functionCount: functions.count) }
    let codes = defined.map { functions[$0].code! }
    let summaries = try workers.map(Array(codes.indices)) { worker, position in
      try surveys[worker].references(of: codes[position])
    }
    var result = [BodyReferences?](repeating: nil, count: functions.count)
    for (id, summary) in zip(defined, summaries) { result[id.index] = summary }
    return result
  }
}
