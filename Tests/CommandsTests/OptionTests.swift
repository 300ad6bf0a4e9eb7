import Commands
import Support
import Testing

@Suite struct OptionTests {
  private func request(_ words: Argument...) throws -> OptRequest? { try OptRequest.parse(words) }

  private func message(_ words: Argument...) -> String? {
    do {
      _ = try OptRequest.parse(words)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func valuesFollowOrAreAttached() throws {
    for words: [Argument] in [["-o", "out", "in"], ["-o=out", "in"], ["--output", "out", "in"], ["in", "--output=out"]] {
      let request = try #require(try OptRequest.parse(words))
      #expect(request.input == "in")
      #expect(request.output == "out")
    }
    for words: [Argument] in [["-j", "3", "in"], ["-j3", "in"], ["-j=3", "in"], ["--cores=3", "in"]] {
      #expect(try OptRequest.parse(words)?.resources.workers == 3)
    }
  }

  @Test func stepsKeepTheirOrderAndLevels() throws {
    let request = try #require(try request("--dce", "-O2", "in", "--vacuum", "-ol", "3", "-s=1", "--dce=x", "-Oz", "--dce"))
    typealias Levels = OptRequest.Levels
    #expect(
      request.steps == [
        .pass(name: "dce", argument: nil, Levels(optimize: 0, shrink: 0)),
        .pipeline(Levels(optimize: 2, shrink: 0)),
        .pass(name: "vacuum", argument: nil, Levels(optimize: 2, shrink: 0)),
        .pass(name: "dce", argument: "x", Levels(optimize: 3, shrink: 1)),
        .pipeline(Levels(optimize: 2, shrink: 2)),
        .pass(name: "dce", argument: nil, Levels(optimize: 2, shrink: 2)),
      ])
  }

  @Test func everyLevelHasItsOption() throws {
    let expected: [(Argument, Int, Int)] = [
      ("-O0", 0, 0), ("-O1", 1, 0), ("-O2", 2, 0), ("-O3", 3, 0), ("-O4", 4, 0), ("-O", 2, 1), ("-Os", 2, 1),
      ("-Oz", 2, 2),
    ]
    for (option, optimize, shrink) in expected {
      #expect(try request(option, "in")?.steps == [.pipeline(.init(optimize: optimize, shrink: shrink))])
    }
  }

  @Test func laterFeatureOptionsWin() throws {
    let request = try #require(try request("-mvp", "--enable-simd", "--disable-gc", "--enable-gc", "in"))
    #expect(request.features.enabled == [.simd, .gc])
    #expect(request.features.disabled == .all.subtracting([.simd, .gc]))
    #expect(try self.request("-mvp", "-all", "in")?.features.disabled == [])
  }

  @Test func wordsOfOtherToolsAreKnown() throws {
    _ = try request("--enable-typed-function-references", "--disable-strings", "--detect-features", "in")
  }

  @Test func dashesAreFilesWhereTheyShouldBe() throws {
    let request = try #require(try request("-o", "-", "--", "-S"))
    #expect(request.input == "-S")
    #expect(request.output == "-")
    #expect(try self.request("-", "-S")?.input == "-")
  }

  @Test func passArguments() throws {
    let request = try #require(try request("--pass-arg=dce@a@b", "-pa", "vacuum@", "in", "--skip-pass", "dce"))
    #expect(request.passArguments == ["dce": "a@b", "vacuum": ""])
    #expect(request.skippedPasses == ["dce"])
  }

  @Test func helpAndVersionComeFirst() throws {
    #expect(try request("--help", "--nonsense") == nil)
    #expect(try request("--version") == nil)
  }

  @Test func wrongWordsAreNamed() {
    #expect(message() == "there is no input file; 'pare --help' tells more")
    #expect(message("a", "b") == "there are two input files, a and b")
    #expect(message("a", "-o", "x", "-o", "y") == "-o is given twice, for x and y")
    #expect(message("a", "-o") == "-o needs a value: FILE")
    #expect(message("a", "-o", "-S") == "-o needs a file name before -S")
    #expect(message("a", "-o", "") == "-o needs a file name")
    #expect(message("") == "a file name is empty")
    #expect(message("a", "-S=yes") == "-S takes no value")
    #expect(message("a", "-ol", "5") == "-ol needs a number from 0 to 4, not '5'")
    #expect(message("a", "-j", "many") == "-j needs a number from 1 to 1024, not 'many'")
    #expect(message("a", "--max-memory", "0") == "--max-memory needs a size such as 512M or 2G, not '0'")
    #expect(message("a", "--pass-arg", "x") == "--pass-arg needs PASS@ARGUMENT, not 'x'")
    #expect(message("a", "--profile", "a") == "--profile would write over a")
    #expect(message("a", "--enable-smid") == "there is no option or pass --enable-smid; the nearest is --enable-simd")
    #expect(message("a", "--vacum") == "there is no option or pass --vacum; the nearest is --vacuum")
    #expect(message("a", "--skip-pass=dcf") == "--skip-pass: there is no pass dcf; the nearest is dce")
    #expect(message("a", "-03") == "there is no option -03; the nearest is -O3")
  }

  @Test func sizes() throws {
    #expect(try parseByteCount("512M", of: "x") == 512 << 20)
    #expect(try parseByteCount("2g", of: "x") == 2 << 30)
    #expect(try parseByteCount("3KiB", of: "x") == 3 << 10)
    #expect(try parseByteCount("77", of: "x") == 77)
    for text in ["", "M", "-1", "0", "1.5G", "5X", "99999999999999999999", "9223372036854775807K"] {
      #expect(throws: (any Error).self) { try parseByteCount(text, of: "x") }
    }
  }

  @Test func nearestNames() {
    #expect(nearestName(to: "--vacum", among: ["--dce", "--vacuum"]) == "--vacuum")
    #expect(nearestName(to: "ab", among: ["ba", "cd"]) == "ba")
    #expect(nearestName(to: "x", among: []) == nil)
    #expect(editDistance(Array("kitten".utf8), Array("sitting".utf8)) == 3)
    #expect(editDistance(Array("ab".utf8), Array("ba".utf8)) == 1)
    #expect(nearestName(to: String(repeating: "x", count: 1_000_000), among: ["--dce"]) == "--dce")
  }

  @Test func environmentIsCheckedAndOurNamesComeFirst() throws {
    func environment(_ values: [String: String]) -> Environment { Environment(values: values) }
    #expect(try environment([:]).workerCount() == nil)
    #expect(try environment(["PARE_CORES": ""]).workerCount() == nil)
    #expect(try environment(["BINARYEN_CORES": "3"]).workerCount() == 3)
    #expect(try environment(["BINARYEN_CORES": "3", "PARE_CORES": "2"]).workerCount() == 2)
    #expect(try environment(["PARE_MAX_MEMORY": "1G"]).memoryBudget() == 1 << 30)
    #expect(try environment(["BINARYEN_PASS_DEBUG": "2"]).debugLevel() == 2)
    #expect(try environment([:]).debugLevel() == 0)
    #expect(throws: (any Error).self) { try environment(["PARE_CORES": "0"]).workerCount() }
    #expect(throws: (any Error).self) { try environment(["PARE_PASS_DEBUG": "4"]).debugLevel() }
    #expect(throws: (any Error).self) { try environment(["PARE_MAX_MEMORY": "much"]).memoryBudget() }
  }
}
