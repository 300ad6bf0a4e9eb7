/// Why an instruction stopped the execution, in the words of the specification's test suite.
package enum Trap: UInt8, Error, Hashable, CaseIterable, Sendable {
  case unreachable
  case integerDivideByZero, integerOverflow, invalidConversionToInteger
  case outOfBoundsMemoryAccess, outOfBoundsTableAccess, outOfBoundsArrayAccess
  case undefinedElement, uninitializedElement, indirectCallTypeMismatch
  case nullReference, nullFunctionReference, nullStructureReference, nullArrayReference, nullI31Reference
  case nullExceptionReference
  case castFailure
  case unalignedAtomic, expectedSharedMemory
  /// Frames or operands beyond what the caller allows.
  case callStackExhausted
  /// An array or structure beyond what the caller allows.
  case allocationTooLarge
  /// More instructions than the caller allows.
  case outOfFuel
  /// `memory.atomic.wait` without a timeout, where no other thread can wake it.
  case deadlock

  /// The message that `assert_trap` and `assert_exhaustion` name.
  package var message: String {
    switch self {
    case .unreachable: return "unreachable"
    case .integerDivideByZero: return "integer divide by zero"
    case .integerOverflow: return "integer overflow"
    case .invalidConversionToInteger: return "invalid conversion to integer"
    case .outOfBoundsMemoryAccess: return "out of bounds memory access"
    case .outOfBoundsTableAccess: return "out of bounds table access"
    case .outOfBoundsArrayAccess: return "out of bounds array access"
    case .undefinedElement: return "undefined element"
    case .uninitializedElement: return "uninitialized element"
    case .indirectCallTypeMismatch: return "indirect call type mismatch"
    case .nullReference: return "null reference"
    case .nullFunctionReference: return "null function reference"
    case .nullStructureReference: return "null structure reference"
    case .nullArrayReference: return "null array reference"
    case .nullI31Reference: return "null i31 reference"
    case .nullExceptionReference: return "null exception reference"
    case .castFailure: return "cast failure"
    case .unalignedAtomic: return "unaligned atomic"
    case .expectedSharedMemory: return "expected shared memory"
    case .callStackExhausted: return "call stack exhausted"
    case .allocationTooLarge: return "allocation size too large"
    case .outOfFuel: return "out of fuel"
    case .deadlock: return "wait without another thread"
    }
  }
}
