import IR
import Support

/// The constructs that are open where the printer stands, and the labels that they own.
struct LabelStack: ~Copyable {
  private struct Slot: BitwiseCopyable {
    /// Number of constructs around the one that owns the label; -1 if it is not open.
    var position: Int32 = -1
    /// The number of the label in comments: constructs with labels count from 1 in the order of the text.
    var number: UInt32 = 0
    /// The label that has the name of the construct; `none` if it has no name.
    var named = LabelID.none
  }

  private struct Entry: BitwiseCopyable {
    let owner: ConstructLabels
    /// The position that the name stood for outside; -1 if none.
    let shadowed: Int32
  }

  private var entries = Column<Entry>()
  private var slots = Column<Slot>()
  private var lastNumber: UInt32 = 0
  /// The position for which each name stands.
  private var bindings: [Name: Int32] = [:]
  private var names: [LabelID: Name] = [:]

  mutating func reset(for body: borrowing Body) {
    entries.removeAll()
    slots.removeAll()
    slots.resize(to: Int(body.labelCount), filling: Slot())
    lastNumber = 0
    if !bindings.isEmpty { bindings = [:] }
    names = body.labelNames
  }

  /// Announces a construct that owns labels: ` $name`, or a comment with its number. Their scope may begin later.
  mutating func declare(_ owner: ConstructLabels, in text: inout Column<UInt8>) {
    var slot = Slot()
    var hasEmptyName = false
    for label in [owner.first, owner.second] where label.index < slots.count {
      if slot.number == 0 {
        lastNumber += 1
        slot.number = lastNumber
      }
      guard slot.named.isNone, let name = names[label] else { continue }
      if name.utf8.isEmpty { hasEmptyName = true } else { slot.named = label }
    }
    if slot.number == 0 { return }
    for label in [owner.first, owner.second] where label.index < slots.count { slots[label.index] = slot }
    text.append(0x20)
    if let name = names[slot.named] {
      text.appendIdentifier(name)
    } else {
      appendComment(slot.number, to: &text)
      if hasEmptyName { text.appendText(#" (@name "")"#) }
    }
  }

  /// Begins the scope of a construct.
  mutating func open(_ owner: ConstructLabels) {
    let position = Int32(entries.count)
    var shadowed: Int32 = -1
    for label in [owner.first, owner.second] where label.index < slots.count {
      slots[label.index].position = position
      if slots[label.index].named == label, let name = names[label] {
        shadowed = bindings.updateValue(position, forKey: name) ?? -1
      }
    }
    entries.append(Entry(owner: owner, shadowed: shadowed))
  }

  /// Ends the innermost scope.
  mutating func close() {
    let entry = entries.popLast()
    for label in [entry.owner.first, entry.owner.second] where label.index < slots.count {
      slots[label.index].position = -1
      if slots[label.index].named == label, let name = names[label] {
        bindings[name] = entry.shadowed < 0 ? nil : entry.shadowed
      }
    }
  }

  /// Appends what a branch to `label` says: the name, or the number of constructs between.
  mutating func append(_ label: LabelID, to text: inout Column<UInt8>) {
    text.append(0x20)
    if label == .function {
      text.appendDecimal(UInt64(entries.count))
      return
    }
    guard label.index < slots.count, slots[label.index].position >= 0 else {
      text.appendText("(;no label ")
      text.appendDecimal(label.rawValue)
      text.appendText(" here;)")
      return
    }
    let slot = slots[label.index]
    if !slot.named.isNone, let name = names[slot.named], bindings[name] == slot.position {
      text.appendIdentifier(name)
    } else {
      text.appendDecimal(UInt64(entries.count - 1 - Int(slot.position)))
      text.append(0x20)
      appendComment(slot.number, to: &text)
    }
  }

  private func appendComment(_ number: UInt32, to text: inout Column<UInt8>) {
    text.appendText("(;@")
    text.appendDecimal(number)
    text.appendText(";)")
  }
}

/// The labels of one construct of the text: `first` is its own or that of the block around which it stands for, and
/// a legacy `try` may have both. Either may be `none`.
struct ConstructLabels: BitwiseCopyable {
  var first = LabelID.none
  var second = LabelID.none
}
