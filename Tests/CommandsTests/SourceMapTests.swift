import Support
import Testing

@Suite struct SourceMapTests {
  private let directory = TemporaryDirectory()

  /// A module whose calls of `$log` tell where they come from: the one of N from line N. Of `count` helpers every other
  /// is used, so that indices get shorter.
  private func text(helpers count: Int) -> String {
    var line = 0
    func log() -> String {
      line += 1
      return "\n;;@ dir/a.c:\(line):\(line % 80)\n(call $log (i32.const \(line)))\n"
    }
    var text = "(module (import \"m\" \"log\" (func $log (param i32)))\n"
    for index in 0..<count { text += ";;@ a.h:1:0\n(func $f\(index) (param i32) \(log()))\n" }
    text += "(func (export \"main\") (param i32) (local i32)"
    for index in 0..<count where index % 2 == 0 {
      switch index % 10 {
      case 0: text += "(block $out (br_if $out (local.get 0)) \(log()) (br $out) \(log()))"
      case 2: text += "(if (i32.eqz (local.get 0)) (then \(log())) (else (nop) \(log())))"
      case 4:
        text += "(loop $again (block $b (block $c (br_if $b (local.get 0)) \(log())) (br_if $again (local.get 1))))"
      case 6: text += "(drop (block (result i32) \(log()) (i32.const 1))) (if (i32.const 0) (then \(log())))"
      default:
        text += "(block (block \(log()) (nop) \(log()))) (local.set 1 (block (result i32) \(log()) (local.get 0)))"
      }
      text += "(call $f\(index) (i32.const 0))"
    }
    return text + "))"
  }

  /// The lines of the calls of `$log` in a text, as the comments in front of them say, with their operands.
  private func calls(in text: String) -> [(line: String, operand: String)] {
    let lines = text.split(separator: "\n").map { $0.drop { $0 == " " } }
    return zip(lines, lines.dropFirst()).compactMap { before, line in
      guard line.hasPrefix("(call $log (i32.const ") else { return nil }
      return (String(before), String(line.dropFirst(22).prefix { $0.isNumber }))
    }
  }

  private func check(_ words: [String], minimum: Int) throws {
    let input = try directory.write(text(helpers: 300), to: "in.wat")
    let (output, map) = (directory.file("out.wasm"), directory.file("out.map"))
    let run = CommandRun(words: words + [input, "-g", "-o", output, "-osm", map])
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    let calls = calls(in: CommandRun(output, "-ism", map, "-S", "-o", "-").output)
    #expect(calls.count >= minimum)
    for call in calls { #expect(call.line == ";;@ dir/a.c:\(call.operand):\(Int(call.operand)! % 80)", "\(words)") }
  }

  @Test func everyInstructionKeepsItsPosition() throws {
    try check(["-O0"], minimum: 400)
    try check(["-O2"], minimum: 250)
    try check(["-Oz", "-j", "3"], minimum: 250)
    try check(["--remove-unused-module-elements", "-n"], minimum: 250)
    try check(["--reorder-functions"], minimum: 400)
  }

  @Test func mapsRoundTrip() throws {
    let input = try directory.write(text(helpers: 40), to: "in.wat")
    let files = ["1.wasm", "1.map", "2.wasm", "2.map", "3.wasm", "4.wasm"].map { directory.file($0) }
    for level in ["-O0", "-O2"] {
      #expect(CommandRun(level, input, "-o", files[0], "--output-source-map", files[1]).status == 0)
      #expect(
        CommandRun(files[0], "--input-source-map=" + files[1], "-osm=" + files[2 + 1], "-o", files[2]).status == 0)
      #expect(try directory.bytes(of: "1.map") == directory.bytes(of: "2.map"))
      #expect(try directory.bytes(of: "1.wasm") == directory.bytes(of: "2.wasm"))
    }
    // Input and output may be the same files. Positions don't change the code.
    #expect(CommandRun("-Oz", files[2], "-ism", files[3], "-osm", files[3], "-o", files[2]).status == 0)
    #expect(CommandRun("-Oz", files[0], "-o", files[4]).status == 0)
    #expect(CommandRun("-Oz", files[0], "-ism", files[1], "-o", files[5]).status == 0)
    #expect(try directory.bytes(of: "3.wasm") == directory.bytes(of: "2.wasm"))
    #expect(try directory.bytes(of: "3.wasm") == directory.bytes(of: "4.wasm"))
    #expect(try directory.bytes(of: "2.map").count > 500)
  }

  /// As compilers write it: the function begins at its size, keys in any order, contents of sources.
  @Test func mapOfACompiler() throws {
    let input = try directory.write("(module (func (export \"f\") (result i32) (nop) (i32.const 7)))", to: "in.wat")
    let wasm = directory.file("in.wasm")
    #expect(CommandRun(input, "-o", wasm).status == 0)
    // Code begins at 31, its body's size at 30.
    let map = #"{"version":3,"mappings":"8BASA,EACE","names":[],"sources":["../f.c"],"sourcesContent":["int f\u0028"]}"#
    try directory.write(map, to: "in.map")
    let text = CommandRun(wasm, "-ism", directory.file("in.map"), "-S", "-o", "-").output
    #expect(text.contains("  ;;@ ../f.c:10:0\n  (func (;0;) (type 0) (result i32)\n"), "\(text)")
    #expect(
      CommandRun("--vacuum", wasm, "-ism", directory.file("in.map"), "-osm", "-", "-o", wasm).output.hasPrefix(
        #"{"version":3,"sources":["../f.c"],"sourcesContent":["int f\u0028"],"names":[],"mappings":"#))
  }

  @Test func urlIsWrittenAndOldOnesAreNot() throws {
    let input = try directory.write("(module (func (export \"f\") (nop)))", to: "in.wat")
    let (wasm, map) = (directory.file("a.wasm"), directory.file("a.map"))
    #expect(CommandRun(input, "-o", wasm, "-osm", map, "-osu", "http://x/a.map").status == 0)
    let section = [0, 32, 16] + Array("sourceMappingURL".utf8) + [14] + Array("http://x/a.map".utf8)
    #expect(try directory.bytes(of: "a.wasm").suffix(section.count) == section[...])
    #expect(
      String(decoding: try directory.bytes(of: "a.map"), as: UTF8.self)
        == #"{"version":3,"sources":[],"names":[],"mappings":""}"# + "\n")
    #expect(CommandRun(wasm, "-g", "-o", wasm).status == 0)
    #expect(!(try directory.bytes(of: "a.wasm").contains(UInt8(ascii: "U"))))
    let run = CommandRun(wasm, "-osu", "x", "-o", wasm)
    #expect(run.status == 0 && run.errors.contains("--output-source-map-url says nothing without --output-source-map"))
  }

  @Test func textTellsPositionsInComments() throws {
    let text = """
      (module
        (type (;0;) (func (param i32) (result i32)))
        ;;@ a:b.c:3:0
        (func $f (type 0) (param i32) (result i32)
          ;;@ a:b.c:4:2
          (local.set 0
            (i32.add
              (local.get 0)
              ;;@ "h.h:1:5:name
              (i32.const 1)))
          (nop)
          ;;@ a:b.c:5:2
          (block (;@1;)
            (br_if 0 (;@1;) (local.get 0))
            ;;@ a:b.c:6:4
            (drop
              (call $f
                ;;@
                (local.get 0))))
          (i32.const 7)
          ;;@ a:b.c:9:1
        ))

      """
    let input = try directory.write(text, to: "in.wat")
    let output = CommandRun(input, "-S", "-o", "-").output
    #expect(output == text, "\(output)")
    #expect(CommandRun(input, "--print", "-q").output == text)
    let (wasm, map) = (directory.file("a.wasm"), directory.file("a.map"))
    #expect(CommandRun(input, "-g", "-o", wasm, "-osm", map).status == 0)
    #expect(CommandRun(wasm, "-ism", map, "-S", "-o", "-").output == text)
    #expect(!CommandRun(wasm, "-ism", map, "--strip-debug", "-S", "-o", "-").output.contains(";;@"))
    #expect(!CommandRun(wasm, "-S", "-o", "-").output.contains(";;@"))
    // What is no position is a comment like any other.
    let odd = ";;@@\n;;@ x\n;;@ x:1\n;;@ x:0:1\n;;@ :9999999999:1\n(module (func ;;@\n(nop) ;;@ y:y:y\n))"
    #expect(CommandRun(try directory.write(odd, to: "odd.wat"), "-S", "-o", "-").output.contains(";;@") == false)
  }

  @Test func errors() throws {
    let wat = try directory.write("(module (func (export \"f\")))", to: "in.wat")
    let (wasm, map) = (directory.file("a.wasm"), directory.file("a.map"))
    #expect(CommandRun(wat, "-o", wasm, "-osm", map).status == 0)
    let old = try directory.bytes(of: "a.wasm")
    let bad = try directory.write(#"{"version":3,"sources":[],"mappings":"?"}"#, to: "bad.map")
    let failing: [([String], String)] = [
      ([wat, "-ism", map, "-o", wasm], "in.wat is text"),
      ([wasm, "-ism", bad, "-osm", map, "-o", wasm], "bad.map: offset 38 (0x26): malformed mapping"),
      ([wasm, "-ism", directory.file("none.map"), "-osm", map, "-o", wasm], "none.map: cannot open"),
      ([wasm, "-osm", wasm, "-o", wasm], "--output-source-map would write over"),
      ([wasm, "-osm", map, "-S", "-o", "-"], "needs binary output"),
      ([wasm, "-osm", "-", "-o", "-"], "both ask for standard output"),
      (["-", "-ism", "-", "-o", wasm], "both ask for standard input"),
      ([wasm, "-osm", directory.file("no/a.map"), "-o", wasm], "cannot write: No such file or directory"),
      ([wasm, "-osm", map, "-osm", map, "-o", wasm], "given twice"),
    ]
    for (words, part) in failing {
      let run = CommandRun(words: words)
      #expect(run.failsWithOneLine && run.errors.contains(part), "\(words): \(run.errors)")
    }
    #expect(try directory.bytes(of: "a.wasm") == old)
  }
}
