import BinaryFormat
import IR
import Support

/// Writes functions as text, whatever state a pass has left them in: what a body must not be is shown as a comment.
///
/// One printer serves one worker for one function after another. Linear in the nodes.
package struct FunctionPrinter: ~Copyable {
  private var printer: TextPrinter

  package init(_ identifiers: ModuleIdentifiers) {
    printer = TextPrinter(identifiers)
  }

  /// Appends `(func ...)` with the body given in IR, without a line end.
  ///
  /// - Parameters:
  ///   - type: the type of the function.
  ///   - indentation: of the lines after the first, in spaces.
  package mutating func print(
    _ body: borrowing Body, of function: FunctionID, type: TypeID, indentation: Int = 0,
    to text: inout Column<UInt8>
  ) {
    printer.text.removeAll()
    printer.appendFunction(body, function, type: type, indentation: indentation)
    printer.text.withUnsafeBuffer { text.append(contentsOf: $0) }
  }

  /// The text of a function that has a body, for messages: if the body can't be decoded, why.
  package static func text(of function: FunctionID, in module: Module) -> String {
    var module = module
    var body = Body()
    guard let code = module.functions[function].code, let declarations = try? module.makeDeclarations() else { return "" }
    var decoder = BodyDecoder(declarations: declarations)
    let type = module.functions[function].type
    do {
      try decoder.decode(code, type: type, into: &body, validating: false)
    } catch {
      return "\(error)"
    }
    var text = Column<UInt8>()
    var printer = FunctionPrinter(ModuleIdentifiers(of: module))
    printer.print(body, of: function, type: type, to: &text)
    return text.withUnsafeBuffer { String(decoding: $0, as: UTF8.self) }
  }

  /// The text of one node with all below it; labels that are open around it are not known.
  package mutating func print(_ node: NodeID, of body: borrowing Body, to text: inout Column<UInt8>) {
    printer.text.removeAll()
    printer.beginBody(body)
    printer.appendTree(node, of: body, indentation: 0, isInline: false)
    printer.text.withUnsafeBuffer { text.append(contentsOf: $0) }
  }
}

extension TextPrinter {
  /// Appends `(func $name (type $t) (param ...) (result ...) (local ...) body)`, lines after the first indented.
  mutating func appendFunction(
    _ body: borrowing Body, _ function: FunctionID, type: TypeID, indentation: Int
  ) {
    beginBody(body)
    if hasPositions { appendStartPosition(of: body, indentation: indentation) }
    text.appendText("(func ")
    appendDeclared(function, in: identifiers.functions)
    appendTypeReference(type)
    let parameterCount = min(body.parameterCount, body.localCount)
    append("param", of: body, 0..<parameterCount, indentation: indentation + 4)
    append("result", identifiers.results(of: type))
    if parameterCount < body.localCount {
      text.appendNewline(indentation: indentation + 1)
      append("local", of: body, parameterCount..<body.localCount, indentation: indentation + 1)
    }
    appendTree(body.root, of: body, indentation: indentation + 2, isInline: false)
    if hasPositions { appendEndPosition(of: body, indentation: indentation + 2) }
    text.append(0x29)
  }

  /// Gets ready for what is inside of `body`.
  mutating func beginBody(_ body: borrowing Body) {
    labels.reset(for: body)
    namedLabels.reset(walks: false)
    hasPositions = !body.positions.isEmpty && identifiers.sourceMap != nil
    position = .nowhere
    hasLocalNames = !body.localNames.isEmpty
    guard hasLocalNames else { return }
    let names = body.localNames
    locals = ReferenceTable(indices: (0..<body.localCount).map { UInt32($0) }) { names[$0] }
  }

  /// Appends locals: ` (keyword $name T)` for each with a name, ` (keyword T T ...)` for others that are together.
  private mutating func append(
    _ keyword: StaticString, of body: borrowing Body, _ range: Range<Int>, indentation: Int
  ) {
    var lineStart = text.count
    var isGroupOpen = false
    for index in range {
      let isNamed = hasLocalNames && locals.hasName(LocalID(index))
      if isGroupOpen && (isNamed || text.count - lineStart > TextPrinter.lineWidth) {
        text.append(0x29)
        isGroupOpen = false
      }
      if !isGroupOpen {
        if text.count - lineStart > TextPrinter.lineWidth {
          lineStart = text.count
          text.appendNewline(indentation: indentation)
        }
        text.appendText(" (")
        text.appendText(keyword)
        if isNamed { appendName(LocalID(index), in: locals) }
      }
      text.append(0x20)
      append(body.type(of: LocalID(index)))
      if isNamed { text.append(0x29) }
      isGroupOpen = !isNamed
    }
    if isGroupOpen { text.append(0x29) }
  }

  /// Where lists are broken, in bytes.
  static let lineWidth = 100
}
