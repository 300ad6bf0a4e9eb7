import Support
import Testing
import TextFormat

@Suite struct NumberTests {
  /// The bits of a floating-point constant, or what is wrong with it.
  func bits(_ type: String, _ text: String) -> String {
    do {
      let module = try assemble("(global \(type) (\(type).const \(text)))")
      let count = type == "f32" ? 4 : 8
      var bits: UInt64 = 0
      for index in 0..<count { bits |= UInt64(module[14 + index]) << UInt64(8 * index) }
      return String(bits, radix: 16)
    } catch let error as WasmError {
      return error.message
    } catch {
      return "\(error)"
    }
  }

  func value(_ text: String) -> String { bits("f64", text) }

  @Test func decimalFloatsRoundToNearest() {
    #expect(value("1") == "3ff0000000000000")
    #expect(value("-0") == "8000000000000000")
    #expect(value("1.") == "3ff0000000000000")
    #expect(value("1_0.5_0e+0_1") == String((105.0).bitPattern, radix: 16))
    #expect(value("4.9406564584124654e-324") == "1")
    #expect(value("2.4703282292062327e-324") == "0")
    #expect(value("1e-1000000000000") == "0")
    #expect(value("9007199254740993") == String((9007199254740992.0).bitPattern, radix: 16))
    // Just above the middle between two numbers, by a digit far behind.
    #expect(value("9007199254740993." + String(repeating: "0", count: 2000) + "1")
      == String((9007199254740994.0).bitPattern, radix: 16))
    // A double in between would round twice.
    #expect(bits("f32", "1.00000005960464477540") == "3f800001")
    #expect(bits("f32", "1.000000059604644775390625") == "3f800000")
  }

  @Test func hexadecimalFloatsRoundOnce() {
    #expect(value("0x1p0") == "3ff0000000000000")
    #expect(value("0x.8") == "unknown operator 0x.8")
    #expect(value("0x1.8") == "3ff8000000000000")
    #expect(value("-0x1p-1074") == "8000000000000001")
    #expect(value("0x1p-1075") == "0")
    #expect(value("0x1.0000000000001p-1075") == "1")
    #expect(value("0x1.8p-1074") == "2")
    #expect(value("0x0.fffffffffffff8p-1022") == "10000000000000")
    #expect(value("0x1p-99999999999999999999") == "0")
    #expect(value("0x0p99999999999999999999") == "0")
    #expect(bits("f32", "0x1.000001p0") == "3f800000")
    #expect(bits("f32", "0x1.00000100000000000000000000001p0") == "3f800001")
    #expect(bits("f32", "0x1.000003p0") == "3f800002")
    #expect(bits("f32", "0x1p-149") == "1")
    #expect(bits("f32", "0x123456789abcdef0123p-60") == String(Float(0x123456789abcdef0123p-60).bitPattern, radix: 16))
  }

  @Test func floatsBeyondTheRangeAreRefused() {
    for text in ["1e309", "1.8e308", "0x1p1024", "0x1.fffffffffffff8p1023", "-0x1p99999999999999999999"] {
      #expect(value(text).hasPrefix("f64 constant out of range"))
    }
    #expect(value("0x1.fffffffffffff7p1023") == "7fefffffffffffff")
    #expect(bits("f32", "3.4028235677973367e38").hasPrefix("f32 constant out of range"))
    #expect(bits("f32", "3.4028235677973365e38") == "7f7fffff")
  }

  @Test func nansKeepTheirPayload() {
    #expect(value("nan") == "7ff8000000000000")
    #expect(value("-nan") == "fff8000000000000")
    #expect(value("nan:0x1") == "7ff0000000000001")
    #expect(value("+nan:0xf_ffff_ffff_ffff") == "7fffffffffffffff")
    #expect(value("nan:0x0").hasPrefix("f64 constant out of range"))
    #expect(bits("f32", "-nan:0x200000") == "ffa00000")
    #expect(bits("f32", "nan:0x800000").hasPrefix("f32 constant out of range"))
    #expect(value("-inf") == "fff0000000000000")
    #expect(value("nan:1") == "unknown operator nan:1")
    #expect(value("infinity").hasPrefix("unknown operator infinity"))
  }

  @Test func malformedFloatsAreRefused() {
    for text in ["0x", ".5", "1e", "1__0", "1_", "1._5", "1e+_1", "0x1p", "0x1p0x1", "0x1.p_1", "1.5f", "0b1"] {
      #expect(value(text).hasPrefix("unknown operator"), "\(text)")
    }
  }

  @Test func integersHaveTheRangeOfBothSigns() throws {
    func constant(_ type: String, _ text: String) throws -> [UInt8] {
      Array(try body("(func (drop (\(type).const \(text))))")[2...].dropLast(2))
    }
    #expect(try constant("i32", "-1") == [0x7f])
    #expect(try constant("i32", "4294967295") == [0x7f])
    #expect(try constant("i32", "-0x8000_0000") == [0x80, 0x80, 0x80, 0x80, 0x78])
    #expect(try constant("i32", "+64") == [0xc0, 0x00])
    #expect(try constant("i64", "0xffff_ffff_ffff_ffff") == [0x7f])
    for (type, text) in [
      ("i32", "4294967296"), ("i32", "-2147483649"), ("i64", "18446744073709551616"), ("i64", "-9223372036854775809"),
      ("i32", "99999999999999999999999999"),
    ] {
      #expect(failure("(func (\(type).const \(text)) drop)").contains("\(type) constant out of range"))
    }
    #expect(failure("(func (i32.const 1.0) drop)").contains("unexpected token 1.0"))
  }

  @Test func vectorLanes() throws {
    let bytes = try body("(func (drop (v128.const i16x8 -1 65535 0 1 2 3 4 0x7fff)))")
    #expect(Array(bytes[1...18]) == [0xfd, 0x0c, 0xff, 0xff, 0xff, 0xff, 0, 0, 1, 0, 2, 0, 3, 0, 4, 0, 0xff, 0x7f])
    #expect(failure("(func (v128.const i8x16 256 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0))").contains("i8 constant out of range"))
    #expect(failure("(func (v128.const i64x2 1))").contains("wrong number of lane literals"))
    #expect(failure("(func (v128.const i64x2 1 2 3))").contains("wrong number of lane literals"))
  }
}
