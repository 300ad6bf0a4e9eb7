import IR
import Support

/// A pass over one body at a time. It sees the module's declarations and nothing of other bodies, so that the runner
/// may run it on all bodies in parallel and fuse it with its neighbours.
package protocol FunctionPass: Sendable {
  /// Rewrites `body`. A pass that finds nothing to do leaves `body.changeCount` alone and costs one scan.
  func run(on body: inout Body, in context: borrowing FunctionContext)
}

/// A pass over the whole module: survey bodies in parallel, decide in sequence, rewrite bodies in parallel.
package protocol ModulePass: Sendable {
  func run(on module: inout Module, in context: borrowing ModuleContext) throws
}

/// What a function pass may know besides the body.
package struct FunctionContext {
  /// What is the same for all bodies that a worker gives to a pass.
  ///
  /// An object, made once: a context is handed on for each body and pass, and that should not count references that all
  /// workers share.
  package final class Setting {
    package let declarations: Declarations
    package let options: PassOptions
    /// Takes remarks, if anyone wants to see them.
    let remarks: RemarkList?
    package let tally: Tally?

    init(declarations: Declarations, options: PassOptions, remarks: RemarkList? = nil, tally: Tally? = nil) {
      self.declarations = declarations
      self.options = options
      self.remarks = remarks
      self.tally = tally
    }
  }

  package let setting: Setting
  package let function: FunctionID
  package let type: TypeID

  @inlinable package var declarations: Declarations { setting.declarations }
  @inlinable package var options: PassOptions { setting.options }
  /// Where the pass counts what it did, if somebody wants to know.
  @inlinable package var tally: Tally? { setting.tally }

  /// Tells who reads the log what the pass did with this body that it does not do with most.
  package func remark(_ text: @autoclosure () -> String) {
    setting.remarks?.add(Remark(function: function, text: text()))
  }
}

/// What a module pass may use besides the module.
package struct ModuleContext {
  package let options: PassOptions
  package let workers: WorkerPool
  /// Takes what a pass prints for the user (`metrics`, `nm`, `print`): text for standard output.
  package let printer: any TextSink
  /// Shared by all passes of a run.
  package let notes: PassNotes
  /// The arenas by which `rewriteBodies` holds bodies in IR.
  let bodyWorkers: BodyWorkers

  package init(
    options: PassOptions, workers: WorkerPool, printer: any TextSink, notes: PassNotes = PassNotes(),
    bodyWorkers: BodyWorkers? = nil
  ) {
    self.options = options
    self.workers = workers
    self.printer = printer
    self.notes = notes
    self.bodyWorkers = bodyWorkers ?? BodyWorkers(pool: workers)
  }
}

/// Where text for the user goes.
package protocol TextSink: AnyObject, Sendable {
  func write(_ text: Bytes) throws
}

extension TextSink {
  package func write(_ text: String) throws { try write(Bytes(Array(text.utf8))) }
}

/// What the user asked for: read by passes, never changed by them.
package struct PassOptions: Hashable, Sendable {
  /// 0 ... 4, as in -O1; -O4 is 4.
  package var optimizeLevel = 0
  /// 0 ... 2: -Os is 1, -Oz is 2.
  package var shrinkLevel = 0
  /// No trap ever happens (-tnh).
  package var trapsNeverHappen = false
  /// Loads, divisions and the like do not trap (-iit).
  package var ignoresImplicitTraps = false
  /// NaNs and the rounding of floats do not matter (-ffm).
  package var fastMath = false
  /// Nothing is in the first 1024 bytes of memory (-lmu).
  package var lowMemoryUnused = false
  /// Memory that is imported is zero at first (-uim).
  package var zeroFilledMemory = false
  /// Names of rewrite rules that are not to be applied (--skip-rule).
  package var skippedRules: Set<String> = []
  /// Names and debug sections are kept in the output.
  package var keepsNames = false
  /// `--pass-arg NAME@VALUE`.
  package var arguments: [String: String] = [:]
  /// What passes may bring into the module: what it uses, what it declares, what the user enabled.
  package var features: FeatureSet = .mvp

  package init() {}
}
