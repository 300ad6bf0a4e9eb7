import IR
import PassManager
import Support

/// Drops names, debug sections or other sections that say something about the module without being part of it.
struct Strip: ModulePass {
  enum Part: Sendable {
    /// All names, DWARF and source maps.
    case debug
    case dwarf
    case producers
    case targetFeatures
  }

  let part: Part

  func run(on module: inout Module, in context: borrowing ModuleContext) throws {
    let part = part
    if part == .debug {
      module.names = ModuleNames()
      module.dropPositions()
    }
    module.customSections.removeAll { part.covers($0.name) }
  }
}

private extension Strip.Part {
  func covers(_ section: Name) -> Bool {
    let isDWARF = section.utf8.starts(with: ".debug_".utf8)
    switch self {
    case .debug: return isDWARF || section == "name" || section == "sourceMappingURL" || section == "external_debug_info"
    case .dwarf: return isDWARF
    case .producers: return section == "producers"
    case .targetFeatures: return section == "target_features"
    }
  }
}
