"""Runs FB_Inspectd, or says what the program declares, so that tests need no PLC.

usage: plc.py FOLDER CACHE describe | run     FOLDER: with the program's *.st files

blark, a parser that this project did not write, reads the Structured Text; this file turns its tree
into Python and executes that. It takes only what the program uses and refuses the rest, and
it is strict where PLCs differ: operands of two types are refused, a result that does not fit its
type and an index outside its array stop the run, AND and OR evaluate both sides, a loop must have
constant bounds.

`describe` prints, as JSON, what each block declares, every identifier, and how many statements a
call of each block and function can execute at most. `run` reads one line of JSON a scan, {"ms": 10,
"set": {"EntryEye": true}, "command": [43 words]}, and answers with {"status": [75 words], "codes":
[99 words], "out": {"StopBelt": false}, "statements": 812}; Parameters.Name sets a parameter. With "power_cut": true the
power was off before the scan: what is retained is left, and the parameters and inputs, which are
set by the plant. Parsing takes seconds, so the result is kept in the folder CACHE, by the checksum
of all that it was made from.

A statement is an assignment, a call, a condition of IF or ELSIF, or a turn of a loop.
"""

import copy
import fcntl
import glob
import hashlib
import json
import os
import sys

BLOCK, KEPT = "FB_Inspectd", ("Kept", "Parameters")
RANGES = {"UINT": (0, 2**16 - 1), "WORD": (0, 2**16 - 1), "UDINT": (0, 2**32 - 1), "DINT": (-(2**31), 2**31 - 1)}
OPERATORS = {"+": "+", "-": "-", "*": "*", "=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "AND": "&", "OR": "|"}
CLOCK, STATEMENTS = [0], [0]


def tick():
    STATEMENTS[0] += 1
    return True


def fit(kind, value):
    if kind in RANGES:
        low, high = RANGES[kind]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise OverflowError(f"{value!r} is no {kind}")
    elif kind == "BOOL" and not isinstance(value, bool):
        raise TypeError(f"{value!r} is no BOOL")
    elif kind == "STRING" and len(value) > 40:
        raise OverflowError(f"{value!r} is longer than the panel, which has 40 letters")
    return value


def divided(left, right):
    return left / right if isinstance(left, float) else int(left / right) if left < 0 else left // right


class Array:
    def __init__(self, low, high, make):
        self.low, self.items = low, [make() for _ in range(low, high + 1)]

    def at(self, index):
        if not 0 <= index - self.low < len(self.items):
            raise IndexError(f"index {index} of an array from {self.low} with {len(self.items)} elements")
        return index - self.low

    def __getitem__(self, index):
        return self.items[self.at(index)]

    def __setitem__(self, index, value):
        self.items[self.at(index)] = value


class Ton:
    """The standard's on-delay timer."""

    def __init__(self):
        self.fields, self.since = {"Q": False}, None

    def __getitem__(self, field):
        return self.fields[field]

    def __call__(self, IN, PT):
        self.since = (CLOCK[0] if self.since is None else self.since) if IN else None
        self.fields["Q"] = IN and CLOCK[0] - self.since >= PT


class Program:
    """What all parts share: types, and the signatures of functions and blocks."""

    def __init__(self):
        self.structures, self.returns, self.declared, self.most = {}, {}, {}, {}

    def default(self, kind):
        if isinstance(kind, (tuple, list)):
            return f"Array({kind[0]}, {kind[1]}, lambda: {self.default(kind[2])})"
        if kind in self.structures:
            fields = self.structures[kind].items()
            return "{" + ", ".join(f"{name!r}: {start or self.default(k)}" for name, (k, start) in fields) + "}"
        if kind in self.declared:
            return f"new_{kind}()"
        plain = {"BOOL": "False", "REAL": "0.0", "TON": "Ton()", "TIME": "0", "STRING": "''"}
        assert kind in plain or kind in RANGES, f"type {kind} is not known, or declared later"
        return plain.get(kind, "0")


class Translator:
    """One function or block. Expressions become (Python, type); the type of a literal is "literal".
    `calls` gathers the statements of the functions that the expression in hand calls."""

    def __init__(self, program, name):
        self.program, self.name, self.kinds, self.variables, self.calls = program, name, {}, {}, 0

    def variable(self, node):
        """Sets where it stands, without reading it."""
        if type(node).__name__ == "SimpleVariable":
            return f"v[{str(node.name)!r}]", self.kinds[str(node.name)]
        code, kind = self.variable(node.name)
        for element in node.elements:
            if type(element).__name__ == "FieldSelector":
                field = str(element.field.name)
                if kind in self.program.declared:
                    section, _, kind, _ = self.program.declared[kind][field]
                    assert section in ("InputDeclarations", "OutputDeclarations"), f"{code}.{field} is private"
                else:
                    kind = "BOOL" if kind == "TON" else self.program.structures[kind][field][0]
                code += f"[{field!r}]"
            else:
                index, index_kind = self.expression(element.subscripts[0])
                assert index_kind in ("UINT", "literal"), (index, index_kind)
                code, kind = f"{code}[{index}]", kind[2]
        return code, kind

    def expression(self, node):
        name = type(node).__name__
        if name in ("Integer", "HexInteger"):
            return str(int(str(node.value).replace("_", ""), node.base)), "literal"
        if name == "Real":
            return str(node.value), "REAL"
        if name == "Boolean":
            return str(str(node.value).upper() in ("TRUE", "1")), "BOOL"
        if name == "String":
            return repr(str(node.value).strip("'")), "STRING"
        if name == "Duration":
            units = [("hours", 3_600_000), ("minutes", 60_000), ("seconds", 1000), ("milliseconds", 1)]
            return str(sum(int(str(getattr(node, unit) or 0)) * ms for unit, ms in units)), "TIME"
        if name == "ParenthesizedExpression":
            code, kind = self.expression(node.expr)
            return f"({code})", kind
        if name in ("SimpleVariable", "MultiElementVariable"):
            return self.variable(node)
        if name == "EnumeratedValue":
            return f"v[{str(node.name)!r}]", self.kinds[str(node.name)]
        if name == "FunctionCall":
            return self.call(node)
        if name == "UnaryOperation":
            code, kind = self.expression(node.expr)
            if str(node.op).upper() == "NOT":
                assert kind == "BOOL", code
                return f"(not {code})", "BOOL"
            assert kind in ("DINT", "REAL", "literal"), f"-{code} of {kind}"
            return f"(-{code})", kind
        assert name == "BinaryOperation", name
        (left, kind), (right, other) = self.expression(node.left), self.expression(node.right)
        assert "literal" in (kind, other) or kind == other, f"{left} is {kind}, {right} is {other}"
        kind, op = other if kind == "literal" else kind, str(node.op).upper()
        if op in ("=", "<>", "<", "<=", ">", ">="):
            return f"({left} {OPERATORS[op]} {right})", "BOOL"
        if op in ("AND", "OR"):
            assert kind == "BOOL", f"{left} {op} {right}"
            return f"({left} {OPERATORS[op]} {right})", "BOOL"
        code = f"divided({left}, {right})" if op == "/" else f"{left} % {right}" if op == "MOD" else f"{left} {OPERATORS[op]} {right}"
        return (f"({code})" if kind == "literal" else f"fit({kind!r}, {code})"), kind

    def call(self, node):
        """A function; or, as a statement, a timer or the instance of a block."""
        name = str(node.name.name)
        parameters = [(p.name and str(p.name.name), *self.expression(p.value)) for p in node.parameters]
        if "_TO_" in name:
            (_, code, kind), (source, target) = parameters[0], name.split("_TO_")
            assert kind == source, f"{name}({code}) of {kind}"
            return f"fit({target!r}, {f'round({code})' if source == 'REAL' else code})", target
        if name == "ABS":
            return f"fit({parameters[0][2]!r}, abs({parameters[0][1]}))", parameters[0][2]
        kind = self.kinds.get(name, name)
        if kind == "TON":
            return f"v[{name!r}]({', '.join(f'{n}={c}' for n, c, _ in parameters)})", ""
        wanted = self.program.declared[kind]
        self.calls += self.program.most[kind]
        given = []
        for parameter, code, actual in parameters:
            section, _, expected, _ = wanted[parameter]
            assert section in ("InputDeclarations", "InputOutputDeclarations"), f"{name} takes no {parameter}"
            assert actual in (expected, "literal"), f"{name}: {parameter} is {expected}, {code} is {actual}"
            is_copied = section == "InputDeclarations" and isinstance(expected, tuple)
            given.append(f"{parameter!r}: {f'copy.deepcopy({code})' if is_copied else code}")
        left_out = {n for n, d in wanted.items() if d[0] == "InputOutputDeclarations"} - {n for n, _, _ in parameters}
        assert not left_out, f"{name} is called without {left_out}"
        arguments = "{" + ", ".join(given) + "}"
        if name in self.program.returns:
            return f"{name}({arguments})", self.program.returns[name]
        return f"{kind}(v[{name!r}], {arguments})", ""

    def counted(self, node):
        """An expression, and the statements that reading it executes at most."""
        self.calls = 0
        code, kind = self.expression(node)
        return code, kind, self.calls

    def constant(self, node):
        code, _ = self.expression(node)
        constants = {name: eval(d[3]) for name, d in self.variables.items() if d[1] == "CONSTANT"}
        return eval(code, {"v": constants, "fit": fit})

    def block(self, body, depth):
        """Python lines, and the most statements that they execute."""
        lines, most = [], 0
        for node in body.statements if body else []:
            more, cost = self.statement(node, depth)
            lines, most = lines + more, most + cost
        return lines or ["    " * depth + "pass"], most

    def statement(self, node, depth):
        name, pad = type(node).__name__, "    " * depth
        if name == "AssignmentStatement":
            self.calls = 0
            (target, kind), (value, other) = self.variable(node.variables[0]), self.expression(node.expression)
            assert other == kind or other == "literal", f"{target} is {kind}, {value} is {other}"
            assert not isinstance(kind, tuple) and kind not in self.program.structures, f"{target} is copied whole"
            return [f"{pad}tick(); {target} = fit({kind!r}, {value})"], 1 + self.calls
        if name == "FunctionCallStatement":
            self.calls = 0
            code = self.call(node)[0]
            return [f"{pad}tick(); {code}"], 1 + self.calls
        if name == "IfStatement":
            condition, _, tested = self.counted(node.if_expression)
            body, most = self.block(node.statements, depth + 1)
            lines, tested = [f"{pad}if tick() and {condition}:", *body], 1 + tested
            most += tested
            for other in node.else_ifs:
                condition, _, cost = self.counted(other.if_expression)
                body, inside = self.block(other.statements, depth + 1)
                lines += [f"{pad}elif tick() and {condition}:", *body]
                tested += 1 + cost
                most = max(most, tested + inside)
            if node.else_clause:
                body, inside = self.block(node.else_clause.statements, depth + 1)
                lines += [f"{pad}else:", *body]
                most = max(most, tested + inside)
            return lines, max(most, tested)
        assert name == "ForStatement" and node.step is None, name
        control, first, last = self.variable(node.control)[0], self.constant(node.from_), self.constant(node.to)
        body, most = self.block(node.statements, depth + 1)
        return [f"{pad}for {control} in range({first}, {last} + 1):", f"{pad}    tick()", *body], (last + 1 - first) * (1 + most)

    def declare(self, blocks):
        """The type and the initial value of each variable, with the attribute of its section."""
        for block in blocks:
            for item in block.items:
                kind, value = kind_of(item.init)
                for declared in item.variables:
                    name = str(declared.variable.name)
                    self.kinds[name] = kind
                    initial = self.expression(value)[0] if value is not None else self.program.default(kind)
                    self.variables[name] = (type(block).__name__, str(block.attrs or ""), kind, initial)
        return self.variables


def kind_of(init):
    if type(init).__name__ == "ArrayTypeInitialization":
        (bounds,) = init.spec.subranges
        low, high = int(str(bounds.start)), int(str(bounds.stop))
        return (low, high, str(init.spec.type)), None
    return str(init.spec), init.value


def translated(texts):
    from blark import parse

    items = []
    for text in texts:
        parsed = parse.parse_source_code(text)
        if parsed.exception:
            raise parsed.exception
        items += parsed.transform().items
    program, lines, identifiers = Program(), [], set()
    for item in (i for i in items if type(i).__name__ == "DataTypeDeclaration"):
        fields = {}
        for element in item.declaration.declarations:
            kind, value = kind_of(element.init)
            start = Translator(program, "").expression(value)[0] if value is not None else None
            fields.update({str(v.variable.name): (kind, start) for v in element.variables})
        program.structures[str(item.declaration.name)] = fields
        identifiers |= {str(item.declaration.name), *fields}
    functions = [i for i in items if type(i).__name__ == "Function"]
    # A block stands after those that it calls; blark knows no other order.
    waiting = functions + [i for i in items if type(i).__name__ in ("FunctionBlock", "Program")]
    names = {str(i.name) for i in waiting}
    while waiting:
        ready = next(i for i in waiting if not (needs(i) & names - set(program.declared)))
        waiting.remove(ready)
        name, translator = str(ready.name), Translator(program, str(ready.name))
        variables = translator.declare(ready.declarations)
        identifiers |= {name, *variables}
        if ready in functions:
            program.returns[name] = translator.kinds[name] = str(ready.return_type)
        body, most = translator.block(ready.body, 1)
        fresh = "{" + ", ".join(f"{n!r}: {d[3]}" for n, d in variables.items()) + "}"
        lines += [f"def new_{name}():", f"    return {fresh}"]
        if ready in functions:
            lines += [f"def {name}(given):", f"    v = {{**new_{name}(), **given}}", *body, f"    return v[{name!r}]"]
        else:
            lines += [f"def {name}(v, given):", "    v.update(given)", *body]
        program.declared[name], program.most[name] = variables, most
    return {"code": "\n".join(lines), "declared": program.declared, "identifiers": sorted(identifiers), "most": program.most}


def needs(item):
    """The blocks that it has instances of, and the functions that it calls."""
    kinds = {str(kind_of(i.init)[0]) for block in item.declarations for i in block.items}
    return kinds | {word for word in str(item.body).replace("(", " ").split() if word.startswith("FC_")} - {str(item.name)}


def cached(folder, cache):
    texts = []
    for path in [*sorted(glob.glob(os.path.join(folder, "*.st"))), __file__]:
        with open(path, encoding="utf-8") as source:
            texts.append(source.read())
    key = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    kept = os.path.join(cache, f"structured-text-{key}.json")
    with open(os.path.join(cache, "structured-text.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests start at once: one of them parses
        if not os.path.exists(kept):
            with open(f"{kept}.new", "w", encoding="utf-8") as new:
                json.dump(translated(texts[:-1]), new)
            os.replace(new.name, kept)
    with open(kept, encoding="utf-8") as found:
        return json.load(found)


def run(program):
    names = {"fit": fit, "divided": divided, "Array": Array, "Ton": Ton, "tick": tick, "copy": copy}
    exec(program["code"], names)  # our own translation of our own files
    variables, fresh = program["declared"][BLOCK], names[f"new_{BLOCK}"]
    v = fresh()
    left = {name for name, (section, *_) in variables.items() if section == "InputDeclarations"} | set(KEPT)
    outputs = [name for name, (section, *_) in variables.items() if section == "OutputDeclarations"]
    for line in sys.stdin:
        scan = json.loads(line)
        CLOCK[0] += scan["ms"]
        if scan["power_cut"]:
            v.update({name: value for name, value in fresh().items() if name not in left})
        for path, value in scan["set"].items():
            *outer, name = path.split(".")
            there = v[outer[0]] if outer else v
            if isinstance(there[name], Array):
                there[name].items[: len(value)] = value
            else:
                assert type(there[name]) is type(value), (path, value)
                there[name] = value
        if scan["command"] is not None:
            v["CommandRegisters"].items = scan["command"]
        STATEMENTS[0] = 0
        names[BLOCK](v, {})
        out = {name: v[name].items if isinstance(v[name], Array) else v[name] for name in outputs}
        print(json.dumps({"status": v["StatusRegisters"].items, "codes": v["CodeRegisters"].items, "out": out, "statements": STATEMENTS[0]}), flush=True)


if __name__ == "__main__":
    found = cached(sys.argv[1], sys.argv[2])
    if sys.argv[3] == "describe":
        print(json.dumps({key: found[key] for key in ("declared", "identifiers", "most")}))
    else:
        run(found)
