import IR
import Support

/// A word of the text format that is not the mnemonic of an instruction.
enum Keyword: String, CaseIterable, BitwiseCopyable {
  /// Not a keyword. (No token has this text.)
  case none = ""
  // Modules and their fields
  case module, type, rec, table, memory, global, tag, `import`, export, start, elem, data, field, param, result, local
  case mut, sub, final, item, declare, offset, null, shared, pagesize, ref, binary, quote, definition, instance
  // Instructions
  case then, `do`, catchRef = "catch_ref", catchAllRef = "catch_all_ref"
  // Types (`none` of the heap types is `noneType`)
  case i8, i16, i32, i64, f32, f64, v128, any, eq, i31, `struct`, array, noneType = "none", `func`, nofunc, extern
  case noextern, exn, noexn, anyref, eqref, i31ref, structref, arrayref, nullref, funcref, nullfuncref, externref
  case nullexternref, exnref, nullexnref
  case i8x16, i16x8, i32x4, i64x2, f32x4, f64x2
  // Placement of custom sections
  case before, after, first, last, code, datacount
  // Annotations
  case custom, name, branchHint = "metadata.code.branch_hint"
  // Scripts
  case register, invoke, get, either, assertReturn = "assert_return", assertTrap = "assert_trap"
  case assertExhaustion = "assert_exhaustion", assertException = "assert_exception"
  case assertUnlinkable = "assert_unlinkable", assertInvalid = "assert_invalid", assertMalformed = "assert_malformed"
  case assertInvalidCustom = "assert_invalid_custom", assertMalformedCustom = "assert_malformed_custom"
  case nanCanonical = "nan:canonical", nanArithmetic = "nan:arithmetic"
  case refExtern = "ref.extern", refHost = "ref.host", refAny = "ref.any", refStruct = "ref.struct"
  case refArray = "ref.array", refExn = "ref.exn"

  /// The case's number. Not `rawValue`, which is a string: two of them must never be compared in a loop.
  @inline(__always) var number: UInt8 { unsafeBitCast(self, to: UInt8.self) }

  @inline(__always) static func == (left: Keyword, right: Keyword) -> Bool { left.number == right.number }
}

/// What a word is: an instruction, a keyword or neither.
struct Word: BitwiseCopyable {
  static let noOpcode: UInt16 = .max

  /// Number of the opcode, or `noOpcode`. Of mnemonics with two opcodes, the first.
  var opcode: UInt16
  var keyword: Keyword

  static let unknown = Word(opcode: noOpcode, keyword: .none)

  @inline(__always) var isInstruction: Bool { opcode != Word.noOpcode }
}

/// Finds words by their bytes: a hash table, built once.
struct WordTable: @unchecked Sendable {
  // Unchecked: the memory is written only while it is built.
  private struct Entry: BitwiseCopyable {
    var hash: UInt32
    var textStart: UInt32
    var textCount: UInt32
    var word: Word
  }

  static let shared = WordTable()

  private static let slotCount = 4096
  private let slots: UnsafeMutablePointer<Entry>
  private let texts: UnsafeMutablePointer<UInt8>
  /// By number of keyword: the code of the abstract heap type it names, or that it is the shorthand for; else 0.
  let heapTypeCodes: UnsafeMutablePointer<UInt8>
  let shorthandCodes: UnsafeMutablePointer<UInt8>

  private init() {
    var words: [(text: String, word: Word)] = []
    for row in OpcodeTable.rows where row.code != .max && OpcodeTable.byMnemonic[row.mnemonic] == row.opcode {
      words.append((row.mnemonic, Word(opcode: row.opcode.rawValue, keyword: .none)))
    }
    for keyword in Keyword.allCases.dropFirst() {
      words.append((keyword.rawValue, Word(opcode: Word.noOpcode, keyword: keyword)))
    }
    slots = .allocate(capacity: WordTable.slotCount)
    slots.initialize(
      repeating: Entry(hash: 0, textStart: 0, textCount: 0, word: .unknown), count: WordTable.slotCount)
    texts = .allocate(capacity: words.reduce(0) { $0 + $1.text.utf8.count })
    let keywordCount = Keyword.allCases.count
    heapTypeCodes = .allocate(capacity: keywordCount)
    heapTypeCodes.initialize(repeating: 0, count: keywordCount)
    shorthandCodes = .allocate(capacity: keywordCount)
    shorthandCodes.initialize(repeating: 0, count: keywordCount)
    var end = 0
    for (text, word) in words {
      let start = end
      for byte in text.utf8 {
        (texts + end).initialize(to: byte)
        end += 1
      }
      let range = UnsafeBufferPointer(start: UnsafePointer(texts + start), count: end - start)
      let hash = hashOfText(range)
      var slot = Int(hash) & (WordTable.slotCount - 1)
      while slots[slot].textCount != 0 { slot = (slot + 1) & (WordTable.slotCount - 1) }
      slots[slot] = Entry(hash: hash, textStart: UInt32(start), textCount: UInt32(range.count), word: word)
      for type in HeapType.abstractTypes {
        if type.name == text { heapTypeCodes[Int(word.keyword.number)] = type.code }
        if type.shorthand == text { shorthandCodes[Int(word.keyword.number)] = type.code }
      }
    }
  }

  /// The word with these bytes and this hash (`hashOfText`).
  @inline(__always) func find(_ text: UnsafePointer<UInt8>, count: Int, hash: UInt32) -> Word {
    var slot = Int(hash) & (WordTable.slotCount - 1)
    while true {
      let entry = slots[slot]
      if entry.textCount == 0 { return .unknown }
      if entry.hash == hash && Int(entry.textCount) == count
        && memcmp(texts + Int(entry.textStart), text, count) == 0
      {
        return entry.word
      }
      slot = (slot + 1) & (WordTable.slotCount - 1)
    }
  }
}

let hashSeed: UInt32 = 0x811c_9dc5

/// One step of the FNV-1a hash (Fowler, Noll, Vo), which the lexer computes while it scans.
@inline(__always) func hashStep(_ hash: UInt32, _ byte: UInt8) -> UInt32 { (hash ^ UInt32(byte)) &* 0x0100_0193 }

func hashOfText(_ text: UnsafeBufferPointer<UInt8>) -> UInt32 {
  var hash = hashSeed
  for byte in text { hash = hashStep(hash, byte) }
  return hash
}
