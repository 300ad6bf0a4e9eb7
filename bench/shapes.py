"""The functions that bench/scale makes: for each shape one of type `(param i32) (result i32)`, of any size.

Shapes of locals are about what lives how long. Shapes of code are filled with statements like those of compilers, so
that passes find work to do in them: values computed twice, copies, loads of what was just stored, constants to fold.
"""

I32, I64, F32, F64, STRUCT = 0x7F, 0x7E, 0x7D, 0x7C, 0
UNREACHABLE, BLOCK, LOOP, IF, ELSE, END, BR, BR_IF, BR_TABLE = 0x00, 0x02, 0x03, 0x04, 0x05, 0x0B, 0x0C, 0x0D, 0x0E
RETURN, CALL, DROP, SELECT = 0x0F, 0x10, 0x1A, 0x1B
EQZ, EQUAL, LESS, LESS_U = 0x45, 0x46, 0x48, 0x49
ADD, SUB, MUL, AND, OR, XOR, SHL, SHR_S, SHR_U = 0x6A, 0x6B, 0x6C, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76
LOAD, LOAD_F32, LOAD_F64, LOAD8_S, LOAD8_U, STORE, STORE_F64, STORE8 = 0x28, 0x2A, 0x2B, 0x2C, 0x2D, 0x36, 0x39, 0x3A
WRAP, EXTEND, REINTERPRET = 0xA7, 0xAD, 0xBC
EMPTY = 0x40


def unsigned(number):
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def signed(number):
    out = bytearray()
    while not -64 <= number < 64:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number & 127)
    return bytes(out)


class Code:
    """The instructions of a function, which may call `f`, an import of the same type, and use a global and a memory."""

    def __init__(self):
        self.bytes = bytearray()
        self.types = []
        self.state = 1

    def local(self, type=I32):
        self.types.append(type)
        return len(self.types)  # the parameter is local 0

    def any(self, count):
        """The next of a sequence of numbers below `count` that looks random."""
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return (self.state >> 33) % count

    def op(self, *opcodes):
        self.bytes += bytes(opcodes)
        return self

    def get(self, local):
        self.bytes += b"\x20" + unsigned(local)
        return self

    def set(self, local):
        self.bytes += b"\x21" + unsigned(local)
        return self

    def tee(self, local):
        self.bytes += b"\x22" + unsigned(local)
        return self

    def const(self, number):
        self.bytes += b"\x41" + signed(number)
        return self

    def memory(self, opcode, offset, alignment=2):
        self.bytes += bytes([opcode, alignment]) + unsigned(offset)
        return self

    def call(self):
        return self.op(CALL, 0)

    def branch(self, opcode, depth):
        self.bytes += bytes([opcode]) + unsigned(depth)
        return self

    def table(self, depths):
        """A br_table; the last is its default."""
        self.bytes += bytes([BR_TABLE]) + unsigned(len(depths) - 1) + b"".join(map(unsigned, depths))
        return self

    def body(self):
        runs = []
        for type in self.types:
            if runs and runs[-1][1] == type:
                runs[-1][0] += 1
            else:
                runs.append([1, type])
        declared = b"".join(unsigned(count) + (bytes([0x63, type]) if type == STRUCT else bytes([type])) for count, type in runs)
        content = unsigned(len(runs)) + declared + bytes(self.bytes) + bytes([END])
        return unsigned(len(content)) + content


# Shapes of locals


def sparse(code, n):
    """Each local lives from its assignment over the next dozen."""
    locals = [code.local() for _ in range(n)]
    for i, local in enumerate(locals):
        code.get(locals[i - 1] if i else 0).get(locals[i - 11] if i > 10 else 0).op(ADD).call().set(local)
    code.get(locals[-1])


def loop(code, n):
    """Groups of 24 locals that a loop of its own changes, all of them live at its end."""
    for _ in range(n // 24):
        group = [code.local() for _ in range(24)]
        for local in group:
            code.get(0).call().set(local)
        code.op(LOOP, EMPTY)
        for i, local in enumerate(group):
            code.get(local).get(group[i - 1]).op(XOR).set(local)
        code.get(group[0]).call().branch(BR_IF, 0).op(END)
        code.get(group[7]).call().op(DROP)
    code.get(0)


def copies(code, n):
    """Copies of copies, of which every tenth lives to the end."""
    locals = [code.local() for _ in range(n)]
    code.get(0).call().set(locals[0])
    for before, local in zip(locals, locals[1:]):
        code.get(before).set(local).get(local).call().op(DROP)
    code.get(0)
    for local in locals[::10]:
        code.get(local).op(ADD)


def dense(code, n):
    """All locals live at once."""
    locals = [code.local() for _ in range(n)]
    for local in locals:
        code.get(0).call().set(local)
    code.get(0)
    for local in locals:
        code.get(local).op(ADD)


def sanitizer(code, n):
    """Each access to memory behind a look at its shadow: four locals each, none needed after."""
    for i in range(n // 4):
        address, shadow, offset, value = (code.local() for _ in range(4))
        code.get(0).const(8 * i).op(ADD).set(address)
        code.get(address).const(3).op(SHR_U, LOAD8_U, 0, 0).set(shadow)
        code.get(shadow).op(IF, EMPTY)
        code.get(address).const(7).op(AND).const(3).op(ADD).set(offset)
        code.get(offset).get(shadow).op(LESS, EQZ, IF, EMPTY).get(address).call().op(DROP, END).op(END)
        code.get(address).const(i).op(XOR).set(value)
        code.get(address).get(value).op(STORE, 2, 0)
    code.get(0)


# Shapes of code


class Statements:
    """Statements over 24 locals that live throughout, a few of other types, and short-lived ones."""

    OPERATORS = [ADD, ADD, SUB, MUL, AND, OR, XOR, SHL, SHR_U, SHR_S]

    def __init__(self, code):
        self.code = code
        self.long = [code.local() for _ in range(24)]
        self.wide = [code.local(I64) for _ in range(4)]
        self.floats = [code.local(F64) for _ in range(4)]
        for local in self.long:
            code.get(0).call().set(local)
        # The short-lived ones that are in use, each assigned on every way here.
        self.recent = []
        self.kinds = [
            self.accesses, self.equal_values, self.copy, self.choice, self.call, self.bytes, self.constants, self.wider,
            self.reinterpretation, self.stack_pointer, self.zeros, self.truths, self.tees, self.unused, self.double,
            self.offsets,
        ]

    def fresh(self):
        """Assigns a local that the statements which follow use, until the third after it."""
        local = self.code.local() if len(self.code.types) < 45000 else self.long[0]
        self.unknown().set(local)
        self.recent = self.recent[-2:] + [local]

    def some(self):
        """A local to read, or to write and soon read."""
        if self.recent and self.code.any(3):
            return self.recent[self.code.any(len(self.recent))]
        return self.long[self.code.any(24)]

    def value(self):
        code = self.code
        if code.any(5):
            return code.get(self.some())
        return code.const(code.any(300) - 20)

    def condition(self):
        code = self.code
        code.get(self.some())
        if code.any(3):
            self.value().op([LESS, LESS_U, EQUAL][code.any(3)])
        if not code.any(3):
            code.op(EQZ)
        return code

    def unknown(self):
        """A condition of which nothing is known: one that always held would leave the rest of the code dead."""
        return self.code.get(self.some()).call()

    def make(self, count):
        for _ in range(count):
            self.kinds[self.code.any(len(self.kinds))]()

    def accesses(self):
        code, p, offset = self.code, self.some(), 4 * self.code.any(16)
        code.get(p).get(p).memory(LOAD, offset)
        self.value().op(self.OPERATORS[code.any(10)]).memory(STORE, offset)

    def equal_values(self):
        code, a, b, operator = self.code, self.some(), self.some(), self.OPERATORS[self.code.any(10)]
        code.get(a).get(b).op(operator)
        self.value().op(MUL).set(self.some())
        code.get(a).get(b).op(operator).set(self.some())

    def copy(self):
        target = self.some()
        self.code.get(self.some()).set(target).get(target)
        self.value().op(ADD).set(self.some())

    def choice(self):
        self.value()
        self.value()
        self.condition().op(SELECT).set(self.some())

    def call(self):
        self.value().call().set(self.some())

    def bytes(self):
        code = self.code
        code.get(self.some()).memory(LOAD8_U, code.any(64), 0).const(255).op(AND).set(self.some())
        code.get(self.some()).const(24).op(SHL).const(24).op(SHR_S).set(self.some())

    def constants(self):
        code, local = self.code, self.some()
        code.const(code.any(1 << 20)).set(local)
        code.get(local).const(code.any(100)).op(ADD).get(self.some()).op(XOR).set(self.some())

    def wider(self):
        code, wide = self.code, self.wide[self.code.any(4)]
        code.get(self.some()).op(EXTEND).op(0x42).op(*signed(6364136223846793005)).op(0x7E).set(wide)
        code.get(wide).op(0x42).op(32, 0x88, WRAP).set(self.some())

    def reinterpretation(self):
        code = self.code
        code.get(self.some()).memory(LOAD_F32, 4 * code.any(16)).op(REINTERPRET).set(self.some())

    def stack_pointer(self):
        code, pointer = self.code, self.some()
        code.op(0x23, 0).const(16).op(SUB).tee(pointer).op(0x24, 0)
        code.get(pointer).get(self.some()).memory(STORE, 12).get(pointer).memory(LOAD, 12).set(self.some())
        code.get(pointer).const(16).op(ADD, 0x24, 0)

    def zeros(self):
        code, p, offset = self.code, self.some(), 4 * self.code.any(16)
        code.get(p).const(0).memory(STORE, offset).get(p).const(0).memory(STORE, offset + 4)

    def truths(self):
        self.condition().op(EQZ, EQZ).set(self.some())

    def tees(self):
        code, local = self.code, self.some()
        code.get(self.some()).get(self.some()).op(SUB).tee(local).get(local).op(MUL).set(self.some())

    def unused(self):
        self.code.get(self.some()).memory(LOAD, 4 * self.code.any(16)).op(DROP)

    def double(self):
        code, local = self.code, self.floats[self.code.any(4)]
        code.get(local).op(0x44).op(*b"\x18\x2d\x44\x54\xfb\x21\x09\x40").op(0xA2).set(local)
        code.get(self.some()).get(local).memory(STORE_F64, 8 * code.any(8), 3)

    def offsets(self):
        code = self.code
        code.get(self.some()).const(8 * code.any(64)).op(ADD).memory(LOAD, 4).set(self.some())


def straight(code, n):
    """n bytes of instructions one after the other."""
    statements = Statements(code)
    while len(code.bytes) < n:
        statements.fresh()
        statements.make(10)
    code.get(statements.long[0])


def blocks(code, n):
    """n blocks, loops and arms, each with statements and ways out."""
    statements = Statements(code)
    code.op(BLOCK, EMPTY)
    left = n
    while left > 0:
        statements.fresh()
        left -= CONSTRUCTS[code.any(len(CONSTRUCTS))](code, statements)
        statements.make(1)
    code.op(END).get(statements.long[0])


def skipped(code, statements):
    code.op(BLOCK, EMPTY)
    statements.condition().branch(BR_IF, 0)
    statements.make(3)
    code.op(END)
    return 1


def one_arm(code, statements):
    statements.condition().op(IF, EMPTY)
    statements.make(2)
    code.op(END)
    return 1


def two_arms(code, statements):
    statements.condition().op(IF, EMPTY)
    statements.make(2)
    code.op(ELSE)
    statements.make(2)
    code.op(END)
    return 2


def repeated(code, statements):
    code.op(LOOP, EMPTY)
    statements.make(3)
    statements.unknown().branch(BR_IF, 0).op(END)
    return 1


def otherwise(code, statements):
    """An else, the way LLVM makes them: a block around the other."""
    code.op(BLOCK, EMPTY, BLOCK, EMPTY)
    statements.condition().branch(BR_IF, 0)
    statements.make(2)
    code.branch(BR, 1).op(END)
    statements.make(2)
    code.op(END)
    return 2


def given_up(code, statements):
    statements.unknown().op(IF, EMPTY)
    statements.make(1)
    code.branch(BR, 1).op(END)
    return 1


def returned(code, statements):
    statements.unknown().op(IF, EMPTY)
    statements.make(1)
    code.get(statements.some()).op(RETURN, END)
    return 1


def flagged(code, statements):
    """A flag that says where control came from, and a test of it."""
    flag = statements.some()
    code.const(0).set(flag).op(BLOCK, EMPTY)
    statements.condition().branch(BR_IF, 0)
    statements.make(1)
    code.const(1).set(flag).op(END).get(flag).op(IF, EMPTY)
    statements.make(1)
    code.op(END)
    return 2


def switched(code, statements):
    code.op(*[BLOCK, EMPTY] * 4).get(statements.some()).table([0, 1, 2, 1, 0, 3]).op(END)
    for depth in (2, 1, 0):
        statements.make(1)
        code.branch(BR, depth).op(END)
    return 4


CONSTRUCTS = [skipped, one_arm, two_arms, repeated, otherwise, given_up, returned, flagged, switched]


def table(code, n):
    """A br_table with as many targets."""
    statements = Statements(code)
    code.op(*[BLOCK, EMPTY] * (n + 1)).get(0).table(range(n + 1)).op(END)
    for i in range(n):
        statements.recent = []
        statements.fresh()
        statements.make(3)
        code.branch(BR, n - 1 - i).op(END)
    code.get(statements.long[0])


def interpreter(code, n):
    """The same in a loop: each target says which is next, or leaves."""
    statements = Statements(code)
    state = code.local()
    code.op(BLOCK, EMPTY, LOOP, EMPTY, *[BLOCK, EMPTY] * n).get(state).table(range(n)).op(END)
    for i in range(n - 1):
        statements.recent = []
        statements.fresh()
        statements.make(2)
        code.const(code.any(n)).set(state)
        statements.condition().branch(BR_IF, n - 1 - i)
        statements.make(1)
        code.get(statements.some()).set(state).branch(BR, n - 1 - i if code.any(8) else n - i).op(END)
    code.op(END, END).get(statements.long[0])


def ifs(code, n):
    """Each `if` in the arm of the one before."""
    statements = Statements(code)
    for _ in range(n):
        statements.fresh()
        statements.make(1)
        statements.unknown().op(IF, EMPTY)
    statements.recent = []
    for i in range(n):
        statements.make(1)
        code.op(ELSE) if i % 2 else None
        statements.make(1)
        code.op(END)
    code.get(statements.long[0])


def loops(code, n):
    """Each loop in the one before."""
    statements = Statements(code)
    for _ in range(n):
        statements.fresh()
        statements.make(1)
        code.op(LOOP, EMPTY)
        statements.make(1)
    statements.recent = []
    for _ in range(n):
        statements.make(1)
        statements.unknown().branch(BR_IF, 0).op(END)
    code.get(statements.long[0])


def counters(code, n):
    """Loops over arrays, in nests of eight: an index up to its end, a pointer beside a counter that goes down."""
    total, ends = code.local(), []
    for number in range(n):
        base, index, end, pointer, count = (code.local() for _ in range(5))
        code.get(0).call().set(base).get(base).memory(LOAD, 4 * number).set(end)
        code.get(end).const(32).op(LESS_U).op(IF, EMPTY, ELSE)
        code.get(end).const(5).op(SHR_U).set(end).get(end).set(count).get(base).set(pointer)
        code.op(LOOP, EMPTY).get(total).get(pointer).memory(LOAD, 0).op(XOR).set(total)
        code.get(pointer).const(4).op(ADD).set(pointer)
        code.get(count).const(-1).op(ADD).tee(count).branch(BR_IF, 0).op(END)
        code.const(0).set(index).op(LOOP, EMPTY)
        code.get(base).get(index).const(2).op(SHL, ADD).get(total).memory(STORE, 8)
        ends.append((index, end))
        if number % 8 == 7 or number == n - 1:
            for index, end in reversed(ends):
                code.get(index).const(1).op(ADD).tee(index).get(end).op(LESS_U).branch(BR_IF, 0).op(END, END)
            ends.clear()
    code.get(total)


def objects(code, n):
    """n statements about structures `(mut i32, mut (ref null self), i32)` that are made, changed, tested and cast."""
    statements = Statements(code)
    references = [code.local(STRUCT) for _ in range(16)]
    for reference in references:
        code.const(0).op(0xD0, 0).const(0).op(0xFB, 0, 0).set(reference)
    some = lambda: references[code.any(16)]

    def made():
        target = some()
        statements.value()
        code.get(some())
        statements.value().op(0xFB, 0, 0).set(target)
        code.get(target)
        statements.value().op(0xFB, 5, 0, 0)

    def kept():
        """In a local of its own, so that it need not be made at all."""
        own = code.local(STRUCT) if code.any(2) and len(code.types) < 45000 else some()
        statements.value()
        code.op(0xD0, 0)
        statements.value().op(0xFB, 0, 0).set(own).get(own).get(own).op(0xFB, 2, 0, 0)
        statements.value().op(ADD, 0xFB, 5, 0, 0).get(own).op(0xFB, 2, 0, 2).set(statements.some())

    def read():
        code.get(some()).op(0xFB, 2, 0, code.any(2) * 2).set(statements.some())

    def followed():
        code.get(some()).op(0xFB, 2, 0, 1).set(some())

    def cast():
        reference = some()
        code.get(reference).op(0xFB, 0x16, 0).op(0xFB, 2, 0, 0).get(reference).op(0xFB, 2, 0, 2, ADD).set(statements.some())

    def tested():
        reference = some()
        code.get(reference).op(0xFB, 0x14, 0, IF, EMPTY)
        statements.make(1)
        code.get(reference).op(0xFB, 2, 0, 0).set(statements.some()).op(END)

    def missing():
        reference = some()
        code.get(reference).op(0xD1, IF, EMPTY)
        made()
        code.op(END)

    kinds = [made, kept, read, followed, cast, tested, missing, lambda: statements.make(1)]
    for i in range(n):
        if i % 10 == 0:
            statements.fresh()
        kinds[code.any(len(kinds))]()
    code.get(statements.long[0])


LOCALS = [sparse, loop, copies, dense, sanitizer]
CODE = [straight, blocks, table, interpreter, ifs, loops, counters, objects]
SHAPES = {shape.__name__: shape for shape in LOCALS + CODE}


def module(shape, size, functions=1):
    """The bytes of a module with so many equal functions of a shape."""
    code = Code()
    SHAPES[shape](code, size)
    section = lambda number, content: bytes([number]) + unsigned(len(content)) + content
    exports = b"".join(bytes([2]) + b"%02d" % i + b"\x00" + unsigned(1 + i) for i in range(functions))
    function = b"\x60\x01\x7f\x01\x7f"
    # The structure has index 0 then; nothing else names a type by its index.
    types = b"\x02\x5f\x03\x7f\x01\x63\x00\x01\x7f\x00" + function if shape == "objects" else b"\x01" + function
    index = b"\x01" if shape == "objects" else b"\x00"
    return (
        b"\0asm\1\0\0\0"
        + section(1, types)
        + section(2, b"\x01\x01e\x01f\x00" + index)
        + section(3, unsigned(functions) + index * functions)
        + section(5, b"\x01\x00\x01")
        + section(6, b"\x01\x7f\x01\x41\x80\x80\x04\x0b")
        + section(7, unsigned(functions) + exports)
        + section(10, unsigned(functions) + code.body() * functions)
    )
