import Support

/// What `pare validate`, `pare metrics` and `pare spec` are asked to do: to tell about files.
struct InspectRequest: ToolRequest {
  var inputs: [Path] = []
  var features = FeatureOptions()
  var resources = ResourceOptions()

  mutating func take(input path: Path) { inputs.append(path) }

  func check() throws {
    if inputs.isEmpty { throw requestError("there is no input file; --help tells more") }
  }

  static var optionGroups: [OptionGroup<InspectRequest>] {
    [
      OptionGroup(title: "Options", options: ResourceOptions.options(\.resources) + generalOptions()),
      OptionGroup(title: "Features", options: FeatureOptions.options(\.features)),
    ]
  }
}
