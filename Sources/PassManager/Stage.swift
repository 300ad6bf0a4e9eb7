/// What the runner does in one go.
enum Stage {
  /// Decodes each body, runs these passes on it, and encodes it. Without passes it validates bodies of the input and
  /// brings them into canonical form.
  case bodies([ScheduledPass])
  case module(ScheduledPass)

  var passes: [ScheduledPass] {
    switch self {
    case .bodies(let passes): return passes
    case .module(let pass): return [pass]
    }
  }

  var name: String {
    switch self {
    case .bodies(let passes) where passes.isEmpty: return "validate"
    case .bodies(let passes): return passes.count == 1 ? passes[0].name : "function passes"
    case .module(let pass): return pass.name
    }
  }

  var isModulePass: Bool {
    if case .module = self { return true }
    return false
  }

  /// Whether it shows the module and leaves it alone.
  var printsOnly: Bool {
    if case .module(let pass) = self { return pass.traits.contains(.printsOnly) }
    return false
  }

  /// The stages of a schedule: consecutive function passes are one, unless `fuses` is false.
  ///
  /// - Parameters:
  ///   - validates: whether the bodies of the input are to be validated. It happens in the first stage, which is one
  ///     over bodies then, with passes or without. If not, bodies are decoded where a pass asks for it.
  ///   - bodiesAreCanonical: whether a stage over bodies has run before.
  static func stages(
    for schedule: [ScheduledPass], validates: Bool, bodiesAreCanonical: Bool, fuses: Bool
  ) -> [Stage] {
    var stages: [Stage] = []
    var bodiesAreCanonical = bodiesAreCanonical
    if validates && !(fuses && schedule.first?.isFunctionPass == true) {
      stages.append(.bodies([]))
      bodiesAreCanonical = true
    }
    for pass in schedule {
      if pass.isFunctionPass {
        if fuses, case .bodies(let passes)? = stages.last, !passes.isEmpty {
          stages[stages.count - 1] = .bodies(passes + [pass])
        } else {
          stages.append(.bodies([pass]))
        }
        bodiesAreCanonical = true
      } else {
        if pass.traits.contains(.needsCanonicalBodies) && !bodiesAreCanonical {
          stages.append(.bodies([]))
          bodiesAreCanonical = true
        }
        stages.append(.module(pass))
      }
    }
    return stages
  }
}

extension ScheduledPass {
  var isFunctionPass: Bool {
    if case .function = pass { return true }
    return false
  }
}
