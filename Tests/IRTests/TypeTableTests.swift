import IR
import Testing

@Suite struct TypeTableTests {
  private static func reference(_ id: UInt32, isNullable: Bool = true) -> StorageType {
    StorageType(.reference(to: HeapType(TypeID(rawValue: id)), isNullable: isNullable))
  }

  @Test func equalGroupsShareTheirTypes() {
    var types = TypeTable()
    // Two lists of the same form, each referring to itself, and one that refers to the first list instead.
    for own in [UInt32(0), 1, 0] {
      let link = FieldType(Self.reference(own), isMutable: false)
      types.append(group: [DefinedType(.structure([link]))])
    }
    let ids = (0..<3).map { TypeID(rawValue: $0) }
    #expect(types.canonical(ids[1]) == ids[0])
    #expect(types.canonical(ids[2]) == ids[2])
  }

  @Test func ancestorsAreFoundAtAnyDepth() {
    var types = TypeTable()
    for index in 0..<UInt32(1000) {
      let parent = index == 0 ? nil : TypeID(rawValue: index - 1)
      types.append(group: [DefinedType(.structure([]), isFinal: false, supertype: parent)])
    }
    for (lower, upper) in [(0, 0), (999, 0), (999, 500), (1, 0), (777, 776), (512, 511), (1000 / 3, 7)] {
      #expect(types.isSubtype(TypeID(lower), of: TypeID(upper)))
      if lower != upper { #expect(!types.isSubtype(TypeID(upper), of: TypeID(lower))) }
    }
  }

  @Test func abstractTypesFormFourHierarchies() {
    let types = TypeTable()
    #expect(types.matches(HeapType.none, .struct))
    #expect(types.matches(HeapType.i31, .eq))
    #expect(types.matches(HeapType.array, .any))
    #expect(types.matches(HeapType.nofunc, .func))
    #expect(!types.matches(HeapType.none, .func))
    #expect(!types.matches(HeapType.extern, .any))
    #expect(!types.matches(HeapType.any, .eq))
    #expect(!types.matches(HeapType.struct, .array))
    #expect(types.matches(ValueType.reference(to: .i31, isNullable: false), .reference(to: .any, isNullable: true)))
    #expect(!types.matches(ValueType.reference(to: .i31, isNullable: true), .reference(to: .any, isNullable: false)))
  }
}
