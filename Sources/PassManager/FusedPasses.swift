import IR
import Support

/// Function passes that run one after the other on each body.
struct FusedPasses: Sendable {
  private struct Member: Sendable {
    let name: String
    let pass: any FunctionPass
    let rewritesAreIndependent: Bool
    let options: PassOptions
    let isIdempotent: Bool
    /// Index among the passes of the stage that differ in name or options.
    let settledIndex: Int
  }

  private var members: [Member] = []
  private var settledCount = 0

  /// - Parameter features: those of the module: passes may use them.
  init(_ passes: [ScheduledPass], features: FeatureSet) {
    var known: [Key: Int] = [:]
    for scheduled in passes {
      guard case .function(let pass) = scheduled.pass else {
        preconditionFailure("\(scheduled.name) is no function pass")
      }
      var options = scheduled.options
      options.features = features
      let key = Key(name: scheduled.name, options: options)
      let settledIndex = known[key] ?? settledCount
      if known.updateValue(settledIndex, forKey: key) == nil { settledCount += 1 }
      members.append(
        Member(
          name: scheduled.name, pass: pass,
          rewritesAreIndependent: scheduled.traits.contains(.rewritesAreIndependent), options: options,
          isIdempotent: scheduled.traits.contains(.isIdempotent), settledIndex: settledIndex))
    }
  }

  private struct Key: Hashable {
    let name: String
    let options: PassOptions
  }

  /// - Parameter takesRemarks: whether what passes say of bodies is kept.
  func prepare(_ worker: BodyWorker, _ declarations: Declarations, takesRemarks: Bool) {
    worker.tally = worker.meter.isOn ? Tally() : nil
    worker.settings = members.map {
      FunctionContext.Setting(
        declarations: declarations, options: $0.options, remarks: takesRemarks ? RemarkList() : nil,
        tally: worker.tally)
    }
    worker.settledAt = Array(repeating: -1, count: settledCount)
  }

  /// - Parameter steps: what counts and limits the changes, if someone looks for one of them.
  func run(on body: inout Body, of function: FunctionID, type: TypeID, _ worker: BodyWorker, _ steps: StepGate?) {
    // Here while the passes run: what a worker holds is checked for exclusive access whenever it is reached for.
    let settings = worker.settings
    var settledAt: [Int] = []
    swap(&settledAt, &worker.settledAt)
    let isMeasured = worker.meter.isOn
    for index in settledAt.indices { settledAt[index] = -1 }
    for index in members.indices {
      let before = body.changeCount
      let settled = members[index].settledIndex
      if settledAt[settled] == before { continue }
      let context = FunctionContext(setting: settings[index], function: function, type: type)
      if let steps {
        run(index, on: &body, in: context, steps)
      } else {
        members[index].pass.run(on: &body, in: context)
      }
      // On just this body, the pass would change nothing: neither on what it left as it was nor, if it is idempotent, on
      // what it has made.
      if body.changeCount == before || members[index].isIdempotent { settledAt[settled] = body.changeCount }
      if isMeasured { worker.meter.end(part: index + 1, hasChanged: body.changeCount != before) }
    }
    swap(&settledAt, &worker.settledAt)
  }

  private func run(_ index: Int, on body: inout Body, in context: borrowing FunctionContext, _ steps: StepGate) {
    let member = members[index]
    let limit = steps.remaining
    guard limit > 0 else { return }
    let before = body.changeCount
    body.countRewrites(upTo: member.rewritesAreIndependent ? limit : .max)
    member.pass.run(on: &body, in: context)
    guard body.changeCount != before else { return }
    let rewrites = member.rewritesAreIndependent ? max(1, body.rewriteCount) : nil
    steps.note(member.name, index: index, function: context.function, rewrites: rewrites)
  }
}
