/// A pass of either kind.
package enum AnyPass: Sendable {
  case function(any FunctionPass)
  case module(any ModulePass)
}

/// What the runner may know of a pass before it runs it.
package struct PassTraits: OptionSet, Hashable, Sendable {
  package let rawValue: UInt8
  package init(rawValue: UInt8) { self.rawValue = rawValue }

  /// Run on its own output, with the same options, the pass changes nothing, if there was no dead code: the runner skips
  /// it on a body that did not change since.
  package static let isIdempotent = PassTraits(rawValue: 1 << 0)
  /// The pass shows the module and leaves it alone.
  package static let printsOnly = PassTraits(rawValue: 1 << 1)
  /// The pass reads bodies in a way that takes the form that our own encoder gives them: never those of the input.
  package static let needsCanonicalBodies = PassTraits(rawValue: 1 << 2)
  /// Each rewrite of the pass's `rewriteBottomUp` keeps the meaning of the body by itself, whether or not others follow:
  /// bisecting may stop between two.
  package static let rewritesAreIndependent = PassTraits(rawValue: 1 << 3)
  /// The module that comes out is meant to do something else than the one that went in.
  package static let changesMeaning = PassTraits(rawValue: 1 << 4)
}

/// Under which heading `--help` lists a pass.
package enum PassGroup: String, CaseIterable, Sendable {
  case code = "Simpler code in functions"
  case locals = "Locals and stack"
  case controlFlow = "Control flow"
  case module = "Functions, globals and other items of the module"
  case types = "Types"
  case lowering = "Lowering features of the language"
  case instrumentation = "Adding code that observes"
  case inspection = "Showing what is there"
  case stripping = "Dropping names and sections"
}

/// One line of the pass table.
package struct PassDescriptor: Sendable {
  /// The pass's word on the command line, in kebab-case.
  package let name: String
  /// One sentence for `--help`.
  package let summary: String
  package let group: PassGroup
  package let traits: PassTraits
  /// Makes the pass for the options in force where it is asked for; throws if its arguments are not right.
  package let make: @Sendable (PassOptions) throws -> AnyPass

  package init(
    _ name: String, _ summary: String, group: PassGroup, traits: PassTraits = [],
    make: @escaping @Sendable (PassOptions) throws -> AnyPass
  ) {
    self.name = name
    self.summary = summary
    self.group = group
    self.traits = traits
    self.make = make
  }

  package func scheduled(with options: PassOptions) throws -> ScheduledPass {
    ScheduledPass(name: name, pass: try make(options), options: options, traits: traits)
  }
}

/// A pass at its place in a schedule, with the options in force there.
package struct ScheduledPass: Sendable {
  package let name: String
  package let pass: AnyPass
  /// The runner adds the features of the module.
  package let options: PassOptions
  package let traits: PassTraits

  package init(name: String, pass: AnyPass, options: PassOptions = PassOptions(), traits: PassTraits = []) {
    self.name = name
    self.pass = pass
    self.options = options
    self.traits = traits
  }
}
