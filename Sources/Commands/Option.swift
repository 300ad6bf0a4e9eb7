import Support

/// One option of a tool: how it is spelled, what its help says and what it does to the request.
struct Option<Request> {
  enum Action {
    case flag((inout Request) throws -> Void)
    /// `value` is what the help calls the option's value.
    case value(_ value: String, (inout Request, OptionValue) throws -> Void)
    case help
    case version
  }

  /// With their dashes; the help shows them in this order.
  let spellings: [String]
  let sentence: String
  let action: Action
  /// Options that the help covers in the line of another one.
  var isHidden = false

  fileprivate init(spellings: [String], sentence: String, action: Action, isHidden: Bool) {
    self.spellings = spellings
    self.sentence = sentence
    self.action = action
    self.isHidden = isHidden
  }

  init(_ spellings: String..., says sentence: String, action: Action) {
    self.spellings = spellings
    self.sentence = sentence
    self.action = action
  }

  static func hidden(_ spelling: String, action: Action) -> Option {
    var option = Option(spelling, says: "", action: action)
    option.isHidden = true
    return option
  }
}

extension Option {
  /// The option as one of a request that has `Request` as a part.
  func lifted<Whole>(to path: WritableKeyPath<Whole, Request>) -> Option<Whole> {
    let action: Option<Whole>.Action
    switch self.action {
    case .flag(let apply): action = .flag { try apply(&$0[keyPath: path]) }
    case .value(let name, let apply): action = .value(name) { try apply(&$0[keyPath: path], $1) }
    case .help: action = .help
    case .version: action = .version
    }
    return Option<Whole>(spellings: spellings, sentence: sentence, action: action, isHidden: isHidden)
  }
}

/// Options that stand under one heading of the help.
struct OptionGroup<Request> {
  let title: String
  let options: [Option<Request>]
}

/// The value of an option, with the spelling of the option for messages.
struct OptionValue {
  let option: String
  let argument: Argument

  var text: String { argument.description }

  /// A file name. `-o -S` is an option too few, not a file called `-S` (that would be `./-S`).
  func path() throws -> Path {
    if argument.isOption { throw requestError("\(option) needs a file name before \(argument)") }
    if argument.bytes.isEmpty { throw requestError("\(option) needs a file name") }
    return argument.path
  }

  func number(in range: ClosedRange<Int>) throws -> Int { try parseNumber(text, of: option, in: range) }

  func byteCount() throws -> Int { try parseByteCount(text, of: option) }
}

/// What a tool is asked to do, as its options fill it in.
protocol ToolRequest {
  init()

  static var optionGroups: [OptionGroup<Self>] { get }

  /// Takes a word that is no option.
  mutating func take(input: Path) throws

  /// As `take(input:)`, with the words that come behind; removes those that it takes as well.
  mutating func take(input: Path, before rest: inout ArraySlice<Argument>) throws

  /// Takes `--NAME` or `--NAME=ARGUMENT` that is not among the options. Returns false if there is no such pass.
  mutating func take(pass: String, argument: String?) throws -> Bool

  /// The names that `take(pass:argument:)` knows.
  static var passNames: [String] { get }
}

extension ToolRequest {
  mutating func take(input: Path, before rest: inout ArraySlice<Argument>) throws { try take(input: input) }
  mutating func take(pass: String, argument: String?) throws -> Bool { false }
  static var passNames: [String] { [] }
}

/// What the command line asks of a tool.
enum ParsedArguments<Request> {
  case run(Request)
  case help
  case version
}

/// Fills `request` with what the words say, in their order.
///
/// Values are the next word or stand after `=`; `--` ends the options. Throws a `WasmError` for the first word that is
/// wrong.
func parse<Request: ToolRequest>(_ arguments: [Argument], into request: Request) throws -> ParsedArguments<Request> {
  var request = request
  let options = optionsBySpelling(Request.self)
  var rest = arguments[...]
  var isOptionsEnd = false
  while let word = rest.popFirst() {
    if isOptionsEnd || !word.isOption {
      if word.bytes.isEmpty { throw requestError("a file name is empty") }
      try request.take(input: word.path, before: &rest)
      continue
    }
    if word == "--" {
      isOptionsEnd = true
      continue
    }
    let (name, attached) = splitAttachedNumber(word)
    guard let option = options[name] else {
      let isPass = try name.hasPrefix("--") && request.take(pass: String(name.dropFirst(2)), argument: attached?.description)
      if isPass { continue }
      throw unknownOption(name, Request.self)
    }
    switch option.action {
    case .help: return .help
    case .version: return .version
    case .flag(let apply):
      if attached != nil { throw requestError("\(name) takes no value") }
      try apply(&request)
    case .value(let valueName, let apply):
      guard let argument = attached ?? rest.popFirst() else { throw requestError("\(name) needs a value: \(valueName)") }
      try apply(&request, OptionValue(option: name, argument: argument))
    }
  }
  return .run(request)
}

/// `-j4` is `-j 4`; all else is split at its `=`.
private func splitAttachedNumber(_ word: Argument) -> (name: String, value: Argument?) {
  let bytes = word.bytes
  if bytes.count > 2, bytes[1] == UInt8(ascii: "j"), bytes[2...].allSatisfy({ (0x30...0x39).contains($0) }) {
    return ("-j", Argument(bytes: bytes[2...]))
  }
  return word.splitAtEqualSign()
}

private func optionsBySpelling<Request: ToolRequest>(_ type: Request.Type) -> [String: Option<Request>] {
  var result: [String: Option<Request>] = [:]
  for group in Request.optionGroups {
    for option in group.options {
      for spelling in option.spellings { result[spelling] = option }
    }
  }
  return result
}

private func unknownOption<Request: ToolRequest>(_ name: String, _ type: Request.Type) -> WasmError {
  let names = optionsBySpelling(type).keys + Request.passNames.map { "--" + $0 }
  let nearest = nearestName(to: name, among: names) ?? "--help"
  let what = name.hasPrefix("--") && !Request.passNames.isEmpty ? "option or pass" : "option"
  return requestError("there is no \(what) \(name); the nearest is \(nearest)")
}
