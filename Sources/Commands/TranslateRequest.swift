import Support

/// What `pare as` and `pare dis` are asked to do: to change the form of a module.
struct TranslateRequest: ToolRequest {
  var input: Path?
  var output: Path?
  var keepsNames = false
  var isValidating = true
  var features = FeatureOptions()
  var resources = ResourceOptions()

  mutating func take(input path: Path) throws {
    if let input { throw requestError("there are two input files, \(input) and \(path)") }
    input = path
  }

  static var optionGroups: [OptionGroup<TranslateRequest>] {
    [
      OptionGroup(
        title: "Options",
        options: [
          Option(
            "-o", "--output", says: "Write to FILE; otherwise, or if FILE is -, to standard output.",
            action: .value("FILE") { try setOnce(&$0.output, $1) }),
          Option("-g", "--debuginfo", says: "Keep names in binary output.", action: .flag { $0.keepsNames = true }),
          Option(
            "-n", "--no-validation", says: "Trust the input to be valid.", action: .flag { $0.isValidating = false }),
        ] + ResourceOptions.options(\.resources) + generalOptions()),
      OptionGroup(title: "Features", options: FeatureOptions.options(\.features)),
    ]
  }
}
