import IR
import Support

// Source positions as comments: `;;@ file:line:column`, the line from 1, the column from 0, in front of what comes from
// there. An item without such a comment comes from where the item around it does; `;;@` alone: from nowhere.

extension TextPrinter {
  /// Where the item around the one at hand comes from.
  var outerPosition: PositionID { frames.isEmpty ? .nowhere : frames.last.position }

  /// Begins an item: says where it comes from, if not from where the item around it does.
  mutating func appendPosition(of id: NodeID, of body: borrowing Body, indentation: Int) {
    let outer = outerPosition
    let own = body.position(of: id)
    position = own.isNone ? outer : own
    guard !isSame(position, outer) else { return }
    text.appendNewline(indentation: indentation)
    appendComment(position)
  }

  /// Whether nothing has to be said of an operand of the item at hand.
  func continuesPosition(_ id: NodeID, of body: borrowing Body) -> Bool {
    let own = body.position(of: id)
    return own.isNone || isSame(own, position)
  }

  /// Says in a line of its own where the function begins.
  mutating func appendStartPosition(of body: borrowing Body, indentation: Int) {
    guard body.startPosition.isPlace else { return }
    appendComment(body.startPosition)
    text.appendNewline(indentation: indentation)
  }

  /// Says where the end of the function comes from, if not from where its last item does.
  mutating func appendEndPosition(of body: borrowing Body, indentation: Int) {
    let end = body.position(of: body.root)
    guard end.isPlace && !isSame(end, position) else { return }
    text.appendNewline(indentation: indentation)
    appendComment(end)
    text.appendNewline(indentation: indentation - 2)
  }

  private func place(_ id: PositionID) -> SourcePosition? {
    guard let map = identifiers.sourceMap, map.positions.contains(id) else { return nil }
    return map.positions[id]
  }

  private func isSame(_ left: PositionID, _ right: PositionID) -> Bool { left == right || place(left) == place(right) }

  private mutating func appendComment(_ position: PositionID) {
    text.appendText(";;@")
    guard let map = identifiers.sourceMap, let place = place(position) else { return }
    text.append(0x20)
    append(inComment: map.files[Int(place.file)])
    text.append(0x3a)
    text.appendDecimal(UInt64(place.line) + 1)
    text.append(0x3a)
    text.appendDecimal(place.column)
    if place.name != .max {
      text.append(0x3a)
      append(inComment: map.names[Int(place.name)])
    }
  }

  /// Appends a text without what could end the comment.
  private mutating func append(inComment string: String) {
    for byte in string.utf8 {
      if byte < 0x20 || byte == 0x7f { text.appendStringByte(byte, isEscaped: true) } else { text.append(byte) }
    }
  }
}
