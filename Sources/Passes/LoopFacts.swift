import Analysis
import IR
import Support

/// What the loops of a body change. Near-linear to make; a question is logarithmic.
struct LoopFacts: ~Copyable {
  private struct OpenLoop: BitwiseCopyable {
    let number: Int
    var flags = Effects.Flags()
  }

  private var times = LocalTimes()
  /// By loop, in the order in which they begin.
  private var flags = Column<Effects.Flags>()

  /// Of a body without loops.
  init() {}

  init(of body: borrowing Body) {
    times = LocalTimes(of: body)
    var open = Column<OpenLoop>()
    open.append(OpenLoop(number: -1))
    body.walk(from: body.root) { id in
      if body.opcode(of: id) == .loop {
        open.append(OpenLoop(number: flags.count))
        flags.append([])
      }
      return true
    } exit: { id in
      if body.opcode(of: id) == .loop {
        let loop = open.popLast()
        flags[loop.number] = loop.flags
        open.last.flags.formUnion(loop.flags)
      } else if !body.info(of: id).attributes.contains(.pure) {
        open.last.flags.formUnion(Effects(of: id, in: body).flags)
      }
    }
  }

  /// What happens in the loop with this number.
  func effects(ofLoop number: Int) -> Effects.Flags { flags[number] }

  func assigns(_ local: LocalID, in loop: NodeID) -> Bool { times.writeCount(of: local, in: loop) > 0 }
}
