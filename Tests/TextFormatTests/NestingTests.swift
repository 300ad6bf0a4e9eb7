import Support
import Testing
import TextFormat

/// A million levels of everything that nests.
@Suite struct NestingTests {
  let depth = 1_000_000

  func nested(_ open: String, _ middle: String, _ close: String) -> String {
    String(repeating: open, count: depth) + middle + String(repeating: close, count: depth)
  }

  @Test func foldedExpressions() throws {
    let module = try assemble("(func (result i32) \(nested("(i32.eqz ", "(i32.const 1)", ")")))")
    #expect(module.count == depth + 31)
  }

  @Test func blocks() throws {
    #expect(try assemble("(func \(nested("(block $l ", "(br $l)", ")")))").count > 3 * depth)
    #expect(try assemble("(func \(nested("loop ", "nop ", "end ")))").count > 3 * depth)
    #expect(try assemble("(func \(nested("(if (i32.const 0) (then ", "", "))")))").count > 5 * depth)
    #expect(try assemble("(func \(nested("(try (do ", "", ") (catch_all))")))").count > 4 * depth)
  }

  @Test func commentsAndAnnotations() throws {
    #expect(try assemble(nested("(;", "", ";)")).count == 8)
    #expect(try assemble("(module " + nested("(@a ", "", ")") + ")").count == 8)
  }

  @Test func unclosedForms() {
    #expect(failure("(func " + String(repeating: "(drop ", count: depth)).contains("unexpected end"))
    #expect(failure(String(repeating: "(", count: depth)).contains("unexpected token"))
  }

  @Test func manyLabelsLocalsAndTargets() throws {
    let targets = String(repeating: "$a ", count: depth)
    #expect(try assemble("(func (block $a (br_table \(targets) (i32.const 0))))").count > depth)
    let locals = (0..<200_000).map { "(local $v\($0) i\($0 % 2 == 0 ? 32 : 64))" }.joined()
    #expect(try assemble("(func \(locals))").count > 200_000)
  }
}
