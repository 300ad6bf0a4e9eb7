import Support

/// The types of a module, in recursion groups, with what it takes to compare them.
///
/// Two groups that are equal up to the position of their own members define the same types (specification 3.1.3,
/// iso-recursive equivalence). Each group is given a canonical form when it is appended: its members' mentions of each
/// other become relative, all other mentions canonical; equal forms share the ids of the first group that had it.
package struct TypeTable: Sendable {
  package private(set) var definitions = EntityTable<TypeID, DefinedType>()
  /// The ids of each recursion group, ascending, without gaps. A type outside of any `rec` is a group of its own.
  package private(set) var groups: [Range<UInt32>] = []
  /// By type: the index of its group.
  package private(set) var groupOf: [UInt32] = []
  /// By type: the first type that is equivalent to it.
  package private(set) var canonicalTypes: [TypeID] = []

  /// By canonical type: number of its supertypes, direct supertype, and a supertype further up that makes the search
  /// for an ancestor logarithmic (Myers, "An applicative random-access stack", 1983).
  private var depths: [UInt32] = []
  private var parents: [TypeID] = []
  private var jumps: [TypeID] = []
  private var canonicalGroups: [[UInt32]: UInt32] = [:]
  /// The first plain function type (final, without supertype, alone in its group) of each signature.
  private var plainFunctionTypes: [FunctionType: TypeID] = [:]

  package init() {}

  package var count: Int { definitions.count }

  package subscript(id: TypeID) -> DefinedType { definitions[id] }

  @inlinable package func canonical(_ id: TypeID) -> TypeID { canonicalTypes[id.index] }

  /// The type that the abbreviation `(param ...) (result ...)` stands for, if the module has it.
  package func plainFunctionType(_ type: FunctionType) -> TypeID? { plainFunctionTypes[type] }

  /// Appends a recursion group. Mentions of types must be in range: below the end of this group.
  package mutating func append(group: [DefinedType]) {
    let first = UInt32(definitions.count)
    groups.append(first..<first + UInt32(group.count))
    for type in group {
      let id = definitions.append(type)
      groupOf.append(UInt32(groups.count - 1))
      if group.count == 1, let function = type.function, type.isPlain(as: id), plainFunctionTypes[function] == nil {
        plainFunctionTypes[function] = id
      }
    }
    let form = canonicalForm(of: group, from: first)
    let canonicalFirst = canonicalGroups[form] ?? first
    if canonicalFirst == first { canonicalGroups[form] = first }
    for offset in 0..<UInt32(group.count) {
      canonicalTypes.append(TypeID(rawValue: canonicalFirst + offset))
    }
    for (offset, type) in group.enumerated() { appendHierarchy(of: type, at: Int(first) + offset) }
  }

  /// The id of `type` as a group of its own, appended if there is none.
  package mutating func findOrAppend(_ type: FunctionType) -> TypeID {
    if let id = plainFunctionTypes[type] { return id }
    append(group: [DefinedType(.function(type))])
    return TypeID(count - 1)
  }

  /// Whether `lower` is `upper` or declared below it. Logarithmic in the depth of the hierarchy.
  package func isSubtype(_ lower: TypeID, of upper: TypeID) -> Bool {
    let target = canonical(upper)
    var type = canonical(lower)
    if type == target { return true }
    let depth = depths[target.index]
    while depths[type.index] > depth {
      let jump = jumps[type.index]
      type = depths[jump.index] >= depth ? jump : parents[type.index]
    }
    return type == target
  }

  /// The lowest type that both are or are declared below; nil if there is none. Logarithmic in the depth.
  package func commonSupertype(of first: TypeID, _ second: TypeID) -> TypeID? {
    let (one, other) = (canonical(first), canonical(second))
    var (low, high) = depths[one.index] > depths[other.index] ? (one, other) : (other, one)
    while depths[low.index] > depths[high.index] {
      let jump = jumps[low.index]
      low = depths[jump.index] >= depths[high.index] ? jump : parents[low.index]
    }
    // At equal depths, ancestors are at equal distances.
    while low != high && depths[low.index] > 0 {
      (low, high) =
        jumps[low.index] != jumps[high.index]
        ? (jumps[low.index], jumps[high.index]) : (parents[low.index], parents[high.index])
    }
    return low == high ? low : nil
  }

  private mutating func appendHierarchy(of type: DefinedType, at index: Int) {
    let own = canonicalTypes[index]
    guard let supertype = type.supertype, supertype.index < index else {
      depths.append(0)
      parents.append(own)
      jumps.append(own)
      return
    }
    let parent = canonical(supertype)
    let jump = jumps[parent.index]
    let evenly = depths[parent.index] - depths[jump.index] == depths[jump.index] - depths[jumps[jump.index].index]
    depths.append(depths[parent.index] + 1)
    parents.append(parent)
    jumps.append(evenly ? jumps[jump.index] : parent)
  }

  private func canonicalForm(of group: [DefinedType], from first: UInt32) -> [UInt32] {
    var form: [UInt32] = []
    func mention(_ id: TypeID) -> UInt32 {
      id.rawValue >= first ? 1 << 30 | (id.rawValue - first) : canonical(id).rawValue
    }
    func append(_ bits: UInt32, _ isMutable: Bool = false) {
      let type = ValueType(bits: bits)
      form.append(isMutable ? 1 : 0)
      if type.isReference, let defined = type.heapType.definedType {
        form.append(type.isNullable ? 1 << 31 : 1 << 30)
        form.append(mention(defined))
      } else {
        form.append(bits)
      }
    }
    for type in group {
      form.append(type.isFinal ? 1 : 0)
      form.append(type.supertype.map(mention) ?? .max)
      switch type.composite {
      case .function(let function):
        form.append(0)
        form.append(UInt32(function.parameters.count))
        form.append(UInt32(function.results.count))
        for parameter in function.parameters { append(parameter.bits) }
        for result in function.results { append(result.bits) }
      case .structure(let fields):
        form.append(1)
        form.append(UInt32(fields.count))
        for field in fields { append(field.storage.bits, field.isMutable) }
      case .array(let element):
        form.append(2)
        append(element.storage.bits, element.isMutable)
      }
    }
    return form
  }
}

extension DefinedType {
  /// Whether an abbreviated type use can mean the type: final, without supertype, and not about itself, as what the
  /// abbreviation spells out can't name the type that it makes.
  fileprivate func isPlain(as id: TypeID) -> Bool {
    var mentionsItself = false
    forEachMentionedType { if $0 == id { mentionsItself = true } }
    return isFinal && supertype == nil && !mentionsItself
  }
}

// MARK: Subtyping (specification 3.3)

extension TypeTable {
  /// Whether a value of `lower` may stand where `upper` is expected.
  @inlinable package func matches(_ lower: ValueType, _ upper: ValueType) -> Bool {
    lower == upper || matchesSlowly(lower, upper)
  }

  @usableFromInline @inline(never) func matchesSlowly(_ lower: ValueType, _ upper: ValueType) -> Bool {
    if lower == .bottom { return true }
    guard lower.isReference && upper.isReference else { return false }
    return (upper.isNullable || !lower.isNullable) && matches(lower.heapType, upper.heapType)
  }

  package func matches(_ lower: StorageType, _ upper: StorageType) -> Bool {
    if lower.isPacked || upper.isPacked { return lower == upper }
    return matches(ValueType(bits: lower.bits), ValueType(bits: upper.bits))
  }

  package func matches(_ lower: HeapType, _ upper: HeapType) -> Bool {
    if lower == upper { return true }
    switch (lower.definedType, upper.definedType) {
    case (let lower?, let upper?): return isSubtype(lower, of: upper)
    case (let lower?, nil): return TypeTable.abstract(abstractSupertype(of: lower), isBelow: upper)
    case (nil, let upper?): return lower == TypeTable.bottom(of: abstractSupertype(of: upper))
    case (nil, nil): return TypeTable.abstract(lower, isBelow: upper)
    }
  }

  /// The lowest type that both match. They are of one hierarchy.
  package func leastUpperBound(_ first: ValueType, _ second: ValueType) -> ValueType {
    if first == .bottom || first == second { return second }
    if second == .bottom { return first }
    return .reference(
      to: leastUpperBound(first.heapType, second.heapType), isNullable: first.isNullable || second.isNullable)
  }

  private func leastUpperBound(_ first: HeapType, _ second: HeapType) -> HeapType {
    if matches(first, second) { return second }
    if matches(second, first) { return first }
    if let one = first.definedType, let other = second.definedType, let common = commonSupertype(of: one, other) {
      return HeapType(common)
    }
    // Different types below one top: only that of `any` has more than one level between.
    let (one, other) = (first.definedType.map(abstractSupertype), second.definedType.map(abstractSupertype))
    if let one, one == other { return one }
    return top(of: first) == .any && first != .any && second != .any ? .eq : top(of: first)
  }

  /// `func`, `struct` or `array`.
  package func abstractSupertype(of id: TypeID) -> HeapType {
    switch definitions[id].composite {
    case .function: return .func
    case .structure: return .struct
    case .array: return .array
    }
  }

  /// The top of the hierarchy that `type` belongs to: any, func, extern or exn.
  package func top(of type: HeapType) -> HeapType {
    switch type.definedType.map(abstractSupertype) ?? type {
    case .func, .nofunc: return .func
    case .extern, .noextern: return .extern
    case .exn, .noexn: return .exn
    default: return .any
    }
  }

  /// The bottom of the hierarchy that an abstract type belongs to.
  package static func bottom(of type: HeapType) -> HeapType {
    switch type {
    case .func, .nofunc: return .nofunc
    case .extern, .noextern: return .noextern
    case .exn, .noexn: return .noexn
    default: return .none
    }
  }

  private static func abstract(_ lower: HeapType, isBelow upper: HeapType) -> Bool {
    if lower == upper || lower == bottom(of: upper) { return true }
    switch upper {
    case .any: return bottom(of: lower) == .none
    case .eq: return lower == .i31 || lower == .struct || lower == .array
    default: return false
    }
  }

  /// What `upper` without `lower` leaves: non-null if `lower` takes the null (specification 3.1.2).
  package func difference(_ upper: ValueType, _ lower: ValueType) -> ValueType {
    lower.isNullable ? upper.asNonNull : upper
  }
}
