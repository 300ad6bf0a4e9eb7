import Oracle

/// Makes functions of numbers at random, from what the rules of `optimize-instructions` look for: few locals, so that
/// operands are often the same, and constants on the borders of something.
struct ExpressionSource {
  private var random: SeededRandom
  /// By type: expressions made before, to be repeated.
  private var made: [Kind: [String]] = [:]

  enum Kind: String, CaseIterable {
    case i32, i64, f32, f64

    var locals: [String] {
      switch self {
      case .i32: return ["$a", "$b"]
      case .i64: return ["$c", "$d"]
      case .f32: return ["$e", "$f"]
      case .f64: return ["$g", "$h"]
      }
    }

    var isInteger: Bool { self == .i32 || self == .i64 }
  }

  init(seed: UInt64) { random = SeededRandom(seed: seed) }

  /// A module with a memory and `count` exported functions of the same parameters.
  mutating func module(functions count: Int) -> String {
    var text = "(module (memory 1) (data (i32.const 0) \"\\01\\80\\ff\\7f\\00\\00\\00\\80\\12\\f3\")\n"
    for _ in 0..<count {
      made = [:]
      let kind = random.pick(Kind.allCases)
      text += "(func (param $a i32) (param $b i32) (param $c i64) (param $d i64) (param $e f32) (param $f f32)"
      text += " (param $g f64) (param $h f64) (result \(kind.rawValue)) (local $i i32) (local $j i64)\n"
      for _ in 0..<random.below(3) { text += "  \(statement())\n" }
      text += "  \(expression(kind, depth: 4)))\n"
    }
    return text + ")\n"
  }

  private mutating func statement() -> String {
    switch random.below(6) {
    case 5: return bulk()
    case 0: return "(local.set $i \(expression(.i32, depth: 3)))"
    case 1: return "(local.set $j \(expression(.i64, depth: 3)))"
    case 2:
      let store = random.pick(["i32.store8", "i32.store16", "i32.store"])
      return "(\(store) (i32.const 16) \(expression(.i32, depth: 3)))"
    case 3:
      let store = random.pick(["i64.store8", "i64.store16", "i64.store32", "i64.store"])
      return "(\(store) (i32.const 16) \(expression(.i64, depth: 3)))"
    default:
      return "(if \(expression(.i32, depth: 3)) (then (local.set $a \(expression(.i32, depth: 2)))) "
        + "(else (local.set $c \(expression(.i64, depth: 2)))))"
    }
  }

  /// A copy or a fill of few bytes.
  private mutating func bulk() -> String {
    let address = "(i32.and \(expression(.i32, depth: 2)) (i32.const \(random.pick([15, 65535]))))"
    let count = "(i32.const \(random.below(9)))"
    if random.oneIn(2) { return "(memory.copy \(address) (i32.const \(random.below(32))) \(count))" }
    return "(memory.fill \(address) \(expression(.i32, depth: 1)) \(count))"
  }

  private mutating func expression(_ kind: Kind, depth: Int) -> String {
    if let known = made[kind], random.oneIn(6) { return random.pick(known) }
    let text = depth == 0 ? leaf(kind) : node(kind, depth: depth)
    if text.utf8.count < 120 && !text.contains("local.tee") { made[kind, default: []].append(text) }
    return text
  }

  private mutating func leaf(_ kind: Kind) -> String {
    switch kind {
    case .i32 where random.oneIn(10): return "(local.get $i)"
    case .i64 where random.oneIn(10): return "(local.get $j)"
    default: return random.oneIn(3) ? constant(kind) : "(local.get \(random.pick(kind.locals)))"
    }
  }

  private mutating func constant(_ kind: Kind) -> String {
    "(\(kind.rawValue).const \(kind.isInteger ? integer(kind) : random.pick(Self.floats)))"
  }

  private static let floats = [
    "0", "-0", "1", "-1", "2", "0.5", "1.5", "4", "0.1", "nan", "inf", "16777216", "2147483648", "1e-40",
  ]

  private mutating func integer(_ kind: Kind) -> String {
    let width = kind == .i32 ? 32 : 64
    let bits: Int64
    switch random.below(6) {
    case 0: bits = Int64(random.below(4)) - 1
    case 1: bits = 1 << Int64(random.below(width))
    case 2: bits = 1 << Int64(random.below(width)) &- 1
    case 3: bits = Int64(random.pick([7, 8, 15, 16, 24, 31, 32, 48, 56, 63, 64, 255, 65535, -64, 128, -128]))
    case 4: bits = 0 &- 1 << Int64(random.below(width))
    default: bits = Int64(random.below(200)) - 100
    }
    return kind == .i32 ? "\(Int32(truncatingIfNeeded: bits))" : "\(bits)"
  }

  private mutating func node(_ kind: Kind, depth: Int) -> String {
    switch random.below(12) {
    case 0: return leaf(kind)
    case 1, 2: return unary(kind, depth: depth - 1)
    case 3:
      return "(select \(expression(kind, depth: depth - 1)) \(expression(kind, depth: depth - 1)) "
        + "\(expression(.i32, depth: depth - 1)))"
    case 4 where random.oneIn(2):
      return "(if (result \(kind.rawValue)) \(expression(.i32, depth: depth - 1)) "
        + "(then \(expression(kind, depth: depth - 1))) (else \(expression(kind, depth: depth - 1))))"
    case 5 where random.oneIn(2): return "(local.tee \(random.pick(kind.locals)) \(expression(kind, depth: depth - 1)))"
    case 6 where random.oneIn(2): return load(kind)
    default: return binary(kind, depth: depth - 1)
    }
  }

  private mutating func load(_ kind: Kind) -> String {
    let instruction: String
    switch kind {
    case .i32: instruction = random.pick(["i32.load", "i32.load8_s", "i32.load8_u", "i32.load16_s", "i32.load16_u"])
    case .i64:
      instruction = random.pick(["i64.load", "i64.load8_s", "i64.load8_u", "i64.load16_u", "i64.load32_s", "i64.load32_u"])
    default: instruction = "\(kind.rawValue).load"
    }
    if random.oneIn(3) { return "(\(instruction) offset=\(random.below(300)) (i32.const \(random.below(99))))" }
    return "(\(instruction) (i32.and (local.get $a) (i32.const 15)))"
  }

  private mutating func unary(_ kind: Kind, depth: Int) -> String {
    let all: [(String, Kind)]
    switch kind {
    case .i32: all = Self.unaryI32
    case .i64: all = Self.unaryI64
    case .f32: all = Self.unaryF32
    case .f64: all = Self.unaryF64
    }
    let (instruction, operand) = random.pick(all)
    return "(\(instruction) \(expression(operand, depth: depth)))"
  }

  private static let unaryI32: [(String, Kind)] = [
    ("i32.eqz", .i32), ("i32.eqz", .i32), ("i32.eqz", .i32), ("i64.eqz", .i64), ("i32.clz", .i32), ("i32.ctz", .i32),
    ("i32.popcnt", .i32), ("i32.extend8_s", .i32), ("i32.extend16_s", .i32), ("i32.wrap_i64", .i64),
    ("i32.wrap_i64", .i64), ("i32.reinterpret_f32", .f32), ("i32.trunc_sat_f64_s", .f64), ("i32.trunc_f32_u", .f32),
  ]
  private static let unaryI64: [(String, Kind)] = [
    ("i64.clz", .i64), ("i64.popcnt", .i64), ("i64.extend8_s", .i64), ("i64.extend16_s", .i64),
    ("i64.extend32_s", .i64), ("i64.extend_i32_s", .i32), ("i64.extend_i32_u", .i32), ("i64.extend_i32_s", .i32),
    ("i64.extend_i32_u", .i32), ("i64.reinterpret_f64", .f64), ("i64.trunc_sat_f32_u", .f32),
  ]
  private static let unaryF32: [(String, Kind)] = [
    ("f32.abs", .f32), ("f32.neg", .f32), ("f32.neg", .f32), ("f32.sqrt", .f32), ("f32.floor", .f32),
    ("f32.demote_f64", .f64), ("f32.demote_f64", .f64), ("f32.convert_i64_s", .i64), ("f32.convert_i64_u", .i64),
    ("f32.convert_i32_u", .i32), ("f32.reinterpret_i32", .i32),
  ]
  private static let unaryF64: [(String, Kind)] = [
    ("f64.abs", .f64), ("f64.neg", .f64), ("f64.neg", .f64), ("f64.sqrt", .f64), ("f64.ceil", .f64),
    ("f64.promote_f32", .f32), ("f64.promote_f32", .f32), ("f64.convert_i64_s", .i64), ("f64.convert_i64_u", .i64),
    ("f64.convert_i32_s", .i32), ("f64.reinterpret_i64", .i64),
  ]

  private static let comparisons = ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
  private static let shifts = ["shl", "shr_s", "shr_u", "rotl", "rotr"]
  private static let arithmetic = [
    "add", "sub", "mul", "and", "or", "xor", "add", "sub", "mul", "and", "or", "xor", "div_s", "div_u", "rem_s", "rem_u",
  ]
  private static let floatArithmetic = ["add", "sub", "mul", "div", "min", "max", "copysign"]
  private static let floatComparisons = ["eq", "ne", "lt", "gt", "le", "ge"]

  private mutating func binary(_ kind: Kind, depth: Int) -> String {
    guard kind.isInteger else {
      let operation = random.pick(Self.floatArithmetic)
      return "(\(kind.rawValue).\(operation) \(expression(kind, depth: depth)) \(right(kind, depth: depth)))"
    }
    if kind == .i32 && random.oneIn(3) {
      let operand = random.pick(Kind.allCases + [.i32, .i32, .i64])
      let operation = random.pick(operand.isInteger ? Self.comparisons : Self.floatComparisons)
      return "(\(operand.rawValue).\(operation) \(expression(operand, depth: depth)) \(right(operand, depth: depth)))"
    }
    let isShift = random.oneIn(4)
    let operation = random.pick(isShift ? Self.shifts : Self.arithmetic)
    return "(\(kind.rawValue).\(operation) \(expression(kind, depth: depth)) \(right(kind, depth: depth)))"
  }

  private mutating func right(_ kind: Kind, depth: Int) -> String {
    random.oneIn(kind.isInteger ? 2 : 4) ? constant(kind) : expression(kind, depth: depth)
  }
}
