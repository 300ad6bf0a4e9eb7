/// A token (specification 6.3.1) of a text; positions are byte offsets.
struct Token: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    /// A parenthesis with the word that follows it, so that one token of lookahead is enough for the grammar.
    case open
    /// A parenthesis that no word follows.
    case leftParen
    case rightParen
    /// A word: starts with a lower-case letter.
    case word
    /// Starts with a digit or a sign; what follows is checked by who reads the number.
    case number
    /// `$name`; the name is `contentStart..<end`.
    case identifier
    /// `$"name"`; the string is `contentStart..<end`, with its quotes.
    case quotedIdentifier
    /// With its quotes; its escapes are known to be well-formed.
    case string
    /// `(@id` of an annotation that means something to this parser, which is the keyword of `word`.
    case annotation
    /// Idchars that make no other token.
    case reserved
    case endOfText
  }

  var kind: Kind
  var word = Word.unknown
  /// Hash of the content of an identifier or word.
  var hash: UInt32 = 0
  var start: Int
  /// Of `open`: the start of the word.
  var contentStart: Int
  var end: Int

  @inline(__always) func isOpen(_ keyword: Keyword) -> Bool { kind == .open && word.keyword == keyword }
  @inline(__always) func isWord(_ keyword: Keyword) -> Bool { kind == .word && word.keyword == keyword }
}
