/// What a byte can be outside of strings and comments.
enum CharacterClass: UInt8, BitwiseCopyable {
  case illegal, space, idchar, parenthesis, quote, semicolon
  /// Part of reserved tokens only.
  case punctuation

  private struct Memory: @unchecked Sendable {
    // Unchecked: written once, before it is shared.
    let pointer: UnsafePointer<CharacterClass>
  }

  /// By byte; lives as long as the program.
  static var table: UnsafePointer<CharacterClass> { memory.pointer }

  private static let memory: Memory = {
    let memory = UnsafeMutablePointer<CharacterClass>.allocate(capacity: 256)
    for byte in 0...255 { (memory + byte).initialize(to: CharacterClass(of: UInt8(byte))) }
    return Memory(pointer: UnsafePointer(memory))
  }()

  private init(of byte: UInt8) {
    switch byte {
    case Ascii.tab, Ascii.lineFeed, Ascii.carriageReturn, Ascii.space: self = .space
    case Ascii.leftParen, Ascii.rightParen: self = .parenthesis
    case Ascii.quote: self = .quote
    case Ascii.semicolon: self = .semicolon
    case UInt8(ascii: ","), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "{"), UInt8(ascii: "}"):
      self = .punctuation
    case 0x21...0x7e: self = .idchar
    default: self = .illegal
    }
  }
}
