import Passes
import Support

/// What `pare opt` is asked to do.
package struct OptRequest: Sendable {
  /// The levels that a pass works with.
  package struct Levels: Hashable, Sendable {
    /// 0 ... 4.
    package var optimize = 0
    /// 0 ... 2.
    package var shrink = 0

    package init(optimize: Int = 0, shrink: Int = 0) {
      self.optimize = optimize
      self.shrink = shrink
    }
  }

  /// One thing to run, in the order of the command line.
  package enum Step: Hashable, Sendable {
    /// The pipeline of an -O option.
    case pipeline(Levels)
    case pass(name: String, argument: String?, Levels)
  }

  package var input: Path?
  package var output: Path?
  package var inputSourceMap: Path?
  package var outputSourceMap: Path?
  package var sourceMapURL: String?
  package var profile: Path?
  package var emitsText = false
  package var keepsNames = false
  package var isQuiet = false
  package var isValidating = true
  package var converges = false
  package var reportsTimes = false
  package var steps: [Step] = []
  /// Those in force for the passes that come next.
  package var levels = Levels()
  /// Steps to make at most; nil for all, uncounted.
  package var stepLimit: Int?
  package var skippedPasses: Set<String> = []
  package var skippedRules: Set<String> = []
  package var printsRules = false
  package var fastMath = false
  package var lowMemoryUnused = false
  package var zeroFilledMemory = false
  /// By name of the pass.
  package var passArguments: [String: String] = [:]
  package var features = FeatureOptions()
  package var resources = ResourceOptions()
  package var execution = ExecutionOptions()

  package init() {}

  /// What the words ask for; nil if that is help or the version. Throws if they make no sense.
  package static func parse(_ arguments: [Argument]) throws -> OptRequest? {
    guard case .run(let request) = try Commands.parse(arguments, into: OptRequest()) else { return nil }
    try request.check()
    return request
  }

  /// Checks what single options can't see. Throws for the first contradiction.
  func check() throws {
    if printsRules { return }
    guard input != nil else { throw requestError("there is no input file; 'pare --help' tells more") }
    if let profile, !profile.isStandardStream, profile == output || profile == input {
      throw requestError("--profile would write over \(profile)")
    }
    if let profile, profile.isStandardStream, output?.isStandardStream == true {
      throw requestError("--profile and -o both ask for standard output")
    }
    try checkSourceMap()
  }
}

extension OptRequest: ToolRequest {
  mutating func take(input path: Path) throws {
    if let input { throw requestError("there are two input files, \(input) and \(path)") }
    input = path
  }

  mutating func take(pass: String, argument: String?) throws -> Bool {
    guard PassCatalog.descriptor(pass) != nil else { return false }
    steps.append(.pass(name: pass, argument: argument, levels))
    return true
  }

  static var passNames: [String] { PassCatalog.names }

  static var optionGroups: [OptionGroup<OptRequest>] {
    [
      OptionGroup(title: "Input and output", options: inputAndOutput),
      OptionGroup(title: "Optimization", options: optimization + assumptions),
      OptionGroup(title: "Passes", options: passControl + [bisectLimit]),
      OptionGroup(title: "Features", options: FeatureOptions.options(\.features)),
      OptionGroup(title: "Checking", options: ExecutionOptions.options(\.execution)),
      OptionGroup(title: "Resources", options: ResourceOptions.options(\.resources)),
      OptionGroup(title: "Measuring", options: measuring),
      OptionGroup(title: "General", options: [quiet] + generalOptions()),
    ]
  }
}

/// The options that every tool has.
func generalOptions<Request>() -> [Option<Request>] {
  [
    Option("-h", "--help", says: "Print this page.", action: .help),
    Option("--version", says: "Print the version.", action: .version),
  ]
}

extension OptRequest {
  private static var inputAndOutput: [Option<OptRequest>] {
    [
      Option(
        "-o", "--output",
        says: "Write the module to FILE, or to standard output if FILE is -. FILE is replaced when all is written, and "
          + "may be the input. Without this, passes run and nothing is written.",
        action: .value("FILE") { try setOnce(&$0.output, $1) }),
      Option("-S", "--emit-text", says: "Write text instead of binary.", action: .flag { $0.emitsText = true }),
      Option(
        "-g", "--debuginfo", says: "Keep names and debug sections in binary output. Text always has names.",
        action: .flag { $0.keepsNames = true }),
      Option(
        "-n", "--no-validation", says: "Trust the input to be valid; what happens if it is not is undefined.",
        action: .flag { $0.isValidating = false }),
    ] + sourceMaps
  }

  /// -O, -O0 ... -O4, -Os, -Oz: each runs its pipeline where it stands, and sets the levels.
  static var optimization: [Option<OptRequest>] {
    let levels: [(String, Levels, String)] = [
      ("-O0", Levels(optimize: 0, shrink: 0), "Optimize nothing."),
      ("-O1", Levels(optimize: 1, shrink: 0), "Optimize what is quick and useful."),
      ("-O2", Levels(optimize: 2, shrink: 0), "Optimize for speed."),
      ("-O3", Levels(optimize: 3, shrink: 0), "Optimize for speed, at length."),
      ("-O4", Levels(optimize: 4, shrink: 0), "Optimize for speed, with no regard for time."),
      ("-Os", Levels(optimize: 2, shrink: 1), "Optimize for size."),
      ("-O", Levels(optimize: 2, shrink: 1), "The same as -Os."),
      ("-Oz", Levels(optimize: 2, shrink: 2), "Optimize for size above all."),
    ]
    return levels.map { spelling, levels, sentence in
      Option(
        spelling, says: sentence,
        action: .flag {
          $0.levels = levels
          $0.steps.append(.pipeline(levels))
        })
    } + [
      Option(
        "-ol", "--optimize-level",
        says: "Let the passes that follow optimize at level N (0 to 4). Passes work with the levels that the last -O, "
          + "-ol or -s before them has set, at first 0.",
        action: .value("N") { $0.levels.optimize = try $1.number(in: 0...4) }),
      Option(
        "-s", "--shrink-level", says: "Let the passes that follow shrink at level N (0 to 2).",
        action: .value("N") { $0.levels.shrink = try $1.number(in: 0...2) }),
      Option(
        "-c", "--converge", says: "Repeat all passes as long as the binary gets smaller.",
        action: .flag { $0.converges = true }),
      Option(
        "--no-stack-ir", says: "Leave optimize-stack-ir out, with which -O2, -Os and above end.",
        action: .flag { $0.skippedPasses.insert("optimize-stack-ir") }),
      Option(
        "--generate-stack-ir", says: "Nothing: optimize-stack-ir needs no preparation.", action: .flag { _ in }),
    ]
  }

  private static var assumptions: [Option<OptRequest>] {
    [
      Option(
        "-ffm", "--fast-math", says: "Optimize floats without regard for NaNs and rounding.",
        action: .flag { $0.fastMath = true }),
      Option(
        "-lmu", "--low-memory-unused", says: "Assume that nothing uses the first 1024 bytes of memory.",
        action: .flag { $0.lowMemoryUnused = true }),
      Option(
        "-uim", "--zero-filled-memory", says: "Assume that memory which is imported is zero at first.",
        action: .flag { $0.zeroFilledMemory = true }),
    ]
  }

  static var passControl: [Option<OptRequest>] {
    [
      Option(
        "--PASS[=ARGUMENT]", says: "Run a pass of the list below, at this place in the order of passes and -O options.",
        action: .flag { _ in throw requestError("--PASS stands for the name of a pass, as in --dce") }),
      Option(
        "--skip-pass", says: "Leave a pass out wherever it would run. May be repeated.",
        action: .value("PASS") { request, value in
          try PassCatalog.check(value.text, of: value.option)
          request.skippedPasses.insert(value.text)
        }),
      Option(
        "--skip-rule", says: "Leave a rule of optimize-instructions out. May be repeated.",
        action: .value("RULE") { request, value in
          guard RuleTable.names.contains(value.text) else {
            let near = nearestName(to: value.text, among: RuleTable.names)!
            throw requestError("\(value.option): there is no rule '\(value.text)'; is it '\(near)'?")
          }
          request.skippedRules.insert(value.text)
        }),
      Option(
        "--print-rules", says: "Print the rules of optimize-instructions, and do nothing else.",
        action: .flag { $0.printsRules = true }),
      Option(
        "-pa", "--pass-arg", says: "Give a pass an argument, as in --pass-arg extract-function@main.",
        action: .value("PASS@ARGUMENT") { request, value in
          guard let sign = value.text.firstIndex(of: "@"), sign > value.text.startIndex else {
            throw requestError("\(value.option) needs PASS@ARGUMENT, not '\(value.text)'")
          }
          request.passArguments[String(value.text[..<sign])] = String(value.text[value.text.index(after: sign)...])
        }),
    ]
  }

  private static var bisectLimit: Option<OptRequest> {
    Option(
      "--bisect-limit",
      says: "Make only the first N steps of all passes, and tell the last: a step is a pass over the module, or what a "
        + "pass does to one function, or a single rewrite. Functions take one thread. 'pare bisect' finds the N at which "
        + "something breaks.",
      action: .value("N") { $0.stepLimit = try $1.number(in: 0...Int.max) })
  }

  private static var measuring: [Option<OptRequest>] {
    [
      Option(
        "--time-passes", says: "Print what each pass took, when all is done.", action: .flag { $0.reportsTimes = true }
      ),
      Option(
        "--profile", says: "Write that as JSON with trace events, for Perfetto or chrome://tracing.",
        action: .value("FILE") { try setOnce(&$0.profile, $1) }),
    ]
  }

  private static var quiet: Option<OptRequest> {
    Option("-q", "--quiet", says: "Print no warnings.", action: .flag { $0.isQuiet = true })
  }
}

/// Sets a file name that may be given once.
func setOnce(_ path: inout Path?, _ value: OptionValue) throws {
  let new = try value.path()
  if let path { throw requestError("\(value.option) is given twice, for \(path) and \(new)") }
  path = new
}
