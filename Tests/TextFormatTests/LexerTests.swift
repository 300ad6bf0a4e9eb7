import Support
import Testing
import TextFormat

@Suite struct LexerTests {
  let empty: [UInt8] = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]

  @Test func commentsAndAnnotationsAreSkipped() throws {
    let texts = [
      "", "(module)", ";; bare", "(;a(;b;)c;)(module(;;));;x", "( module (@x (y \")\") (;)\n;) ,;[]{}a\"b\"c))",
      "((@a) module (@\"b c\" (d)))", "(module ;;)\r)", "\t(module)\r\n",
    ]
    for text in texts { #expect(try assemble(text) == empty, "\(text)") }
  }

  @Test func stringsHaveTheirEscapes() throws {
    let module = try assemble(#"(data "a\t\n\r\"\'\\\00\fF\u{1_F600}\u{0}é")"#)
    let bytes: [UInt8] = [
      0x61, 9, 10, 13, 0x22, 0x27, 0x5c, 0, 0xff, 0xf0, 0x9f, 0x98, 0x80, 0, 0xc3, 0xa9,
    ]
    #expect(section(11, of: module) == [1, 1, UInt8(bytes.count)] + bytes)
    for escape in [#"\x"#, #"\0"#, #"\u{110000}"#, #"\u{d800}"#, #"\u{}"#, #"\u{1__0}"#, #"\u41"#] {
      #expect(failure("(data \"\(escape)\")") == "1:8: illegal escape in string")
    }
    #expect(failure("(data \"a\nb\")") == "1:9: unclosed string")
    #expect(failure("(data \"a") == "1:7: unclosed string")
    #expect(failure("(data \"\u{7f}\")") == "1:8: illegal character in string")
  }

  @Test func identifiersMayBeQuoted() throws {
    let plain = try assemble("(func $ab) (start $ab)")
    #expect(try assemble(#"(func $"\61b") (start $ab)"#) == plain)
    #expect(try assemble(#"(func $ab) (start $"a\u{62}")"#) == plain)
    #expect(failure("(func $)") == "1:7: empty identifier")
    #expect(failure(#"(func $"")"#) == "1:7: empty identifier")
    #expect(failure(#"(func $"\ff")"#) == "1:7: malformed UTF-8 encoding")
  }

  @Test func tokensAreSeparated() {
    #expect(failure("(data \"a\"\"b\")").hasPrefix("1:7: unknown operator \"a\"\"b\""))
    #expect(failure("(func br 0drop)") == "1:10: unknown operator 0drop")
    #expect(failure("(func $a\"b\")").hasPrefix("1:7: unknown operator"))
    #expect(failure("(func (i32.const0))").hasPrefix("1:8: unknown operator i32.const0"))
    #expect(failure("(func [])") == "1:7: unknown operator [")
  }

  @Test func malformedTextIsRefused() throws {
    #expect(failure("(func (; )") == "1:7: unclosed comment")
    #expect(failure("(module (@a (b)") == "1:9: unclosed annotation")
    #expect(failure("(module (@))") == "1:9: empty annotation id")
    #expect(failure("(module é)") == "1:9: illegal character")
    for bytes: [UInt8] in [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]] {
      #expect(throws: WasmError.self) { try TextParser.assemble(Bytes(Array(";;".utf8) + bytes)) }
    }
    #expect(try assemble(";; \u{10ffff}\u{d7ff}é€") == empty)
  }

  @Test func binaryIsToldFromText() {
    #expect(TextParser.isBinary(Bytes([0, 0x61, 0x73, 0x6d])))
    #expect(!TextParser.isBinary(Bytes(Array("(module)".utf8))))
    #expect(!TextParser.isBinary(Bytes()))
  }
}
