import Analysis
import PassManager

extension PassOptions {
  /// What code does that nobody would miss, as the user says: it may be left out, but not run where it did not.
  var ignoredEffects: Effects.Flags { trapsNeverHappen || ignoresImplicitTraps ? .traps : [] }
}
