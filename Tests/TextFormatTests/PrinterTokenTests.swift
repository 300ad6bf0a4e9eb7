import Support
import Testing
import TextFormat

@Suite struct PrinterTokenTests {
  @Test func integers() {
    #expect(text { $0.appendDecimal(Int64.min) } == "-9223372036854775808")
    #expect(text { $0.appendDecimal(UInt64.max) } == "18446744073709551615")
    #expect(text { $0.appendDecimal(Int64(0)) } == "0")
    #expect(text { $0.appendDecimal(Int64(-1)) } == "-1")
    #expect(text { $0.appendDecimal(UInt32(10)) } == "10")
    #expect(text { $0.appendHex(0x0ff0, digitCount: 8) } == "00000ff0")
  }

  @Test(arguments: [
    (0x0000_0000, "0.0"), (0x8000_0000, "-0.0"), (0x3f80_0000, "1.0"), (0x0000_0001, "1e-45"),
    (0x7f7f_ffff, "3.4028235e+38"), (0x7f80_0000, "inf"), (0xff80_0000, "-inf"), (0x7fc0_0000, "nan"),
    (0xffc0_0000, "-nan"), (0x7f80_0001, "nan:0x1"), (0xffa0_0000, "-nan:0x200000"), (0x7fff_ffff, "nan:0x7fffff"),
  ] as [(UInt32, String)])
  func f32(bits: UInt32, expected: String) {
    #expect(text { $0.appendF32(bits: bits) } == expected)
  }

  @Test(arguments: [
    (0x3ff0_0000_0000_0000, "1.0"), (0x0000_0000_0000_0001, "5e-324"), (0x7ff8_0000_0000_0000, "nan"),
    (0xfff4_0000_0000_0000, "-nan:0x4000000000000"), (0x7ff0_0000_0000_0010, "nan:0x10"),
    (0x4340_0000_0000_0000, "9007199254740992.0"), (0x4341_c379_37e0_8000, "1e+16"),
  ] as [(UInt64, String)])
  func f64(bits: UInt64, expected: String) {
    #expect(text { $0.appendF64(bits: bits) } == expected)
  }

  @Test func identifiers() {
    #expect(text { $0.appendIdentifier("f") } == "$f")
    #expect(text { $0.appendIdentifier(#"a!#$%&'*+-./:<=>?@\^_`|~9"#) } == #"$a!#$%&'*+-./:<=>?@\^_`|~9"#)
    #expect(text { $0.appendIdentifier("std::vector<int, 4>") } == #"$"std::vector<int, 4>""#)
    #expect(text { $0.appendIdentifier("\u{202e}a\u{2068}é") } == #"$"\e2\80\aea\e2\81\a8é""#)
    #expect(text { $0.appendIdentifier("é\"\\\u{7f}\n") } == #"$"é\22\5c\7f\0a""#)
  }

  @Test func strings() {
    let bytes: [UInt8] = [0, 0x20, 0x22, 0x41, 0x5c, 0x7e, 0x7f, 0xff]
    #expect(text { output in bytes.withUnsafeBufferPointer { output.appendQuoted($0) } } == #""\00 \22A\5c~\7f\ff""#)
  }

  @Test func indentationIsBounded() {
    #expect(text { $0.appendNewline(indentation: 3) } == "\n   ")
    #expect(text { $0.appendNewline(indentation: 1_000_000) }.utf8.count == 1 + lineIndentationLimit)
  }
}
