import IR
import Support

/// All rules, and which of them listen to which instruction.
package enum RuleTable {
  /// In the order in which they are asked. A family is a file.
  static let rules: [Rule] =
    OrderRules.rules + BitwiseRules.rules + SumRules.rules + ProductRules.rules + ShiftRules.rules
    + ComparisonRules.rules + ConditionRules.rules + BitDemandRules.rules + ConversionRules.rules
    + ChoiceRules.rules + MemoryRules.rules + FloatRules.rules + ReferenceRules.rules + VectorRules.rules

  /// Names of all rules; a rule's number is its place here.
  package static var names: [String] { rules.map(\.name) }
}

/// The rules in force, by what they listen to: made once for a pass, read by all workers.
///
/// Nothing changes after `init`; columns, unlike arrays, are read without counting references.
final class RuleDispatch: @unchecked Sendable {
  /// A rule in a list.
  struct Listener: BitwiseCopyable {
    let left: OpcodeFilter
    let right: OpcodeFilter
    let number: UInt16

    /// Whether the operands are what the rule is for.
    @inline(__always)
    func concerns(_ site: RuleSite, in body: borrowing Body) -> Bool {
      (left.isAll || left.mayContain(body.opcode(of: site.left)))
        && (right.isAll || right.mayContain(body.opcode(of: site.right)))
    }
  }

  /// A list for each opcode, context and whether there is a constant operand.
  private let listeners: Column<Listener>
  private let starts: Column<UInt32>
  let rules: [Rule]
  /// By opcode: whether there is anything to do.
  private let interests: Column<Bool>

  init(skipping names: Set<String>) {
    let rules = RuleTable.rules
    let active = rules.indices.filter { !names.contains(rules[$0].name) }
    var lists = Array(repeating: [UInt16](), count: RuleDispatch.slotCount)
    for index in active {
      let rule = rules[index]
      for opcode in rule.opcodes {
        if !rule.needsConstant {
          lists[RuleDispatch.slot(opcode, rule.context, hasConstant: false)].append(UInt16(index))
        }
        lists[RuleDispatch.slot(opcode, rule.context, hasConstant: true)].append(UInt16(index))
      }
    }
    var listeners = Column<Listener>()
    var starts = Column<UInt32>()
    for list in lists {
      starts.append(UInt32(listeners.count))
      for number in list {
        let rule = rules[Int(number)]
        listeners.append(Listener(left: rule.left, right: rule.right, number: number))
      }
    }
    starts.append(UInt32(listeners.count))
    var interests = Column<Bool>()
    for opcode in Opcode.allCases {
      let own = RuleDispatch.slot(opcode, .value, hasConstant: true)
      interests.append(starts[own] != starts[own + 1] || RuleDispatch.contexts.contains(opcode))
    }
    self.rules = rules
    self.listeners = listeners
    self.starts = starts
    self.interests = interests
  }

  /// Instructions that notice something about their operands, or do not use all of them.
  private static let contexts: Set<Opcode> = [
    .if, .brIf, .select, .selectTyped, .localSet, .localTee, .i32Store8, .i64Store8, .i32AtomicStore8,
    .i64AtomicStore8, .i8x16ReplaceLane, .i32Store16, .i64Store16, .i32AtomicStore16, .i64AtomicStore16,
    .i16x8ReplaceLane, .i64Store32, .i64AtomicStore32, .i8x16Splat, .i16x8Splat, .refI31,
  ]

  @inline(__always)
  func isInterested(in opcode: Opcode) -> Bool { interests[Int(opcode.rawValue)] }

  private static var slotCount: Int { Opcode.allCases.count * Rule.Context.allCases.count * 2 }

  @inline(__always)
  static func slot(_ opcode: Opcode, _ context: Rule.Context, hasConstant: Bool) -> Int {
    (Int(opcode.rawValue) * 3 + Int(context.rawValue)) * 2 + (hasConstant ? 1 : 0)
  }

  /// Positions of the numbers of the rules that listen.
  @inline(__always)
  func range(_ slot: Int) -> Range<Int> { Int(starts[slot])..<Int(starts[slot + 1]) }

  /// What the first of the listeners at `positions` answers that has an answer, and the number of its rule.
  func answer(
    of positions: Range<Int>, at site: RuleSite, in body: inout Body, _ simplifier: inout Simplifier
  ) -> (node: NodeID, rule: Int)? {
    for position in positions {
      let listener = listeners[position]
      if !listener.concerns(site, in: body) { continue }
      let rule = Int(listener.number)
      if let node = rules[rule].apply(&body, site, &simplifier) { return (node, rule) }
    }
    return nil
  }
}
