import IR
import Support

// Types (specification 6.4), written.

extension TextPrinter {
  mutating func append(_ type: HeapType) {
    if let defined = type.definedType {
      identifiers.types.append(defined, to: &text)
    } else if Int(type.bits) < HeapType.abstractTypes.count {
      text.appendText(HeapType.abstractTypes[Int(type.bits)].name)
    } else {
      text.appendText("(;unknown;)")
    }
  }

  mutating func append(_ type: ValueType) {
    switch type {
    case .i32: text.appendText("i32")
    case .i64: text.appendText("i64")
    case .f32: text.appendText("f32")
    case .f64: text.appendText("f64")
    case .v128: text.appendText("v128")
    default: appendReference(type)
    }
  }

  private mutating func appendReference(_ type: ValueType) {
    guard type.isReference else { return text.appendText("(;unknown;)") }
    if type.isNullable && Int(type.heapType.bits) < HeapType.abstractTypes.count {
      text.appendText(HeapType.abstractTypes[Int(type.heapType.bits)].shorthand)
      return
    }
    text.appendText(type.isNullable ? "(ref null " : "(ref ")
    append(type.heapType)
    text.append(0x29)
  }

  mutating func append(_ type: StorageType) {
    switch type {
    case .i8: text.appendText("i8")
    case .i16: text.appendText("i16")
    default: append(type.unpacked)
    }
  }

  /// Appends `(mut T)` or `T`.
  mutating func append(_ type: FieldType) {
    if type.isMutable { text.appendText("(mut ") }
    append(type.storage)
    if type.isMutable { text.append(0x29) }
  }

  /// Appends ` (keyword T T ...)`, or nothing if there are no types.
  mutating func append(_ keyword: StaticString, _ types: some Collection<ValueType>) {
    if types.isEmpty { return }
    text.appendText(" (")
    text.appendText(keyword)
    for type in types {
      text.append(0x20)
      append(type)
    }
    text.append(0x29)
  }

  /// Appends a recursion group: `rec` if it has other than one member.
  mutating func appendRecursionGroup(_ group: Range<UInt32>, of module: borrowing Module) {
    let isSingle = group.count == 1
    if !isSingle {
      text.appendNewline(indentation: 2)
      text.appendText("(rec")
    }
    for rawValue in group {
      text.appendNewline(indentation: isSingle ? 2 : 4)
      let id = TypeID(rawValue: rawValue)
      text.appendText("(type ")
      appendDeclared(id, in: identifiers.types)
      append(module.types[id], id: id)
      text.append(0x29)
    }
    if !isSingle { text.append(0x29) }
  }

  private mutating func append(_ type: DefinedType, id: TypeID) {
    let isSubtype = !type.isFinal || type.supertype != nil
    if isSubtype {
      text.appendText(type.isFinal ? " (sub final" : " (sub")
      if let supertype = type.supertype {
        text.append(0x20)
        identifiers.types.append(supertype, to: &text)
      }
    }
    switch type.composite {
    case .function(let function):
      text.appendText(" (func")
      append("param", function.parameters)
      append("result", function.results)
    case .structure(let fields):
      text.appendText(" (struct")
      append(fields, of: id)
    case .array(let element):
      text.appendText(" (array ")
      append(element)
    }
    text.appendText(isSubtype ? "))" : ")")
  }

  private mutating func append(_ fields: [FieldType], of id: TypeID) {
    let names = identifiers.fields[id]
    for (index, field) in fields.enumerated() {
      text.appendText(" (field")
      if let names { appendName(FieldID(index), in: names) }
      text.append(0x20)
      append(field)
      text.append(0x29)
    }
  }

  /// Appends ` (type $t)` and the signature that it stands for.
  mutating func appendTypeUse(_ type: TypeID, of module: borrowing Module) {
    appendTypeReference(type)
    guard module.types.definitions.contains(type), let function = module.types[type].function else { return }
    append("param", function.parameters)
    append("result", function.results)
  }

  /// Appends ` (type $t)`.
  mutating func appendTypeReference(_ type: TypeID) {
    text.appendText(" (type ")
    identifiers.types.append(type, to: &text)
    text.append(0x29)
  }

  /// Appends ` i64 1 2 shared`, the parts that the limits have.
  mutating func append(_ limits: IR.Limits) {
    if limits.is64 { text.appendText(" i64") }
    text.append(0x20)
    text.appendDecimal(limits.minimum)
    if let maximum = limits.maximum {
      text.append(0x20)
      text.appendDecimal(maximum)
    }
    if limits.isShared { text.appendText(" shared") }
    if limits.pageSizeLog2 != 16 {
      text.appendText(" (pagesize ")
      text.appendDecimal(UInt64(1) << UInt64(limits.pageSizeLog2))
      text.append(0x29)
    }
  }

  /// Appends ` $name`, or nothing.
  mutating func appendName<ID>(_ id: ID, in table: borrowing ReferenceTable<ID>) {
    if table.isNamed(id) { append(id, in: table) }
    table.appendAnnotation(id, to: &text)
  }

  /// Appends how a declaration calls its item: `$name`, or `(;5;)`.
  mutating func appendDeclared<ID>(_ id: ID, in table: ReferenceTable<ID>) {
    if table.isNamed(id) {
      table.append(id, to: &text)
    } else {
      text.appendText("(;")
      table.append(id, to: &text)
      text.appendText(";)")
    }
    table.appendAnnotation(id, to: &text)
  }
}
