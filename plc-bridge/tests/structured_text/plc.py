"""Runs FB_Inspectd, or says what it declares, so that tests need no PLC.

usage: plc.py FILE.st CACHE describe | run

blark, a parser that this project did not write, reads the Structured Text; this file turns its tree
into Python and executes that. It takes only what the function block uses and refuses the rest, and
it is strict where PLCs differ: operands of two types are refused, a result that does not fit its
type and an index outside its array stop the run, AND and OR evaluate both sides.

`run` reads one line of JSON a scan, {"ms": 10, "set": {"EntryEye": true}, "command": [43 words]}, and
answers with {"status": [75 words], "out": {"StopBelt": false}}. With "power_cut": true the power was
off before the scan: VAR RETAIN is left, and the inputs, which are wired. Parsing takes seconds, so
the result is kept in the folder CACHE, by the checksum of both files.
"""

import hashlib
import json
import os
import sys

RANGES = {"UINT": (0, 2**16 - 1), "WORD": (0, 2**16 - 1), "UDINT": (0, 2**32 - 1), "DINT": (-(2**31), 2**31 - 1)}
OPERATORS = {"+": "+", "-": "-", "*": "*", "=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "AND": "&", "OR": "|"}
CLOCK = [0]


def fit(kind, value):
    if kind in RANGES:
        low, high = RANGES[kind]
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise OverflowError(f"{value!r} is no {kind}")
    elif kind == "BOOL" and not isinstance(value, bool):
        raise TypeError(f"{value!r} is no BOOL")
    elif kind.startswith("STRING") and len(value) > int(kind[7:-1]):
        raise OverflowError(f"{value!r} is longer than {kind}")
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


class Translator:
    """Expressions become (Python, type); the type of a literal is "literal"."""

    def __init__(self, structures, returns):
        self.structures, self.returns, self.kinds = structures, returns, {}

    def default(self, kind):
        if isinstance(kind, tuple):
            return f"Array({kind[0]}, {kind[1]}, lambda: {self.default(kind[2])})"
        if kind in self.structures:
            return "{" + ", ".join(f"{n!r}: {self.default(k)}" for n, k in self.structures[kind].items()) + "}"
        plain = {"BOOL": "False", "REAL": "0.0", "TON": "Ton()", "TIME": "0"}
        return plain.get(kind, "''" if kind.startswith("STRING") else "0")

    def variable(self, node):
        """Sets where it stands, without reading it."""
        if type(node).__name__ == "SimpleVariable":
            return f"v[{str(node.name)!r}]", self.kinds[str(node.name)]
        code, kind = self.variable(node.name)
        for element in node.elements:
            if type(element).__name__ == "FieldSelector":
                field = str(element.field.name)
                kind = "BOOL" if kind == "TON" else self.structures[kind][field]
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
            return str(int(str(node.milliseconds))), "TIME"
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
        name = str(node.name.name)
        parameters = [(p.name and str(p.name.name), *self.expression(p.value)) for p in node.parameters]
        if "_TO_" in name:
            (_, code, kind), (source, target) = parameters[0], name.split("_TO_")
            assert kind == source, f"{name}({code}) of {kind}"
            return f"fit({target!r}, {f'round({code})' if source == 'REAL' else code})", target
        if name == "ABS":
            return f"fit({parameters[0][2]!r}, abs({parameters[0][1]}))", parameters[0][2]
        arguments = ", ".join(f"{n}={c}" for n, c, _ in parameters)
        return (f"{name}({arguments})", self.returns[name]) if name in self.returns else (f"v[{name!r}]({arguments})", "")

    def block(self, body, depth):
        lines = [line for node in (body.statements if body else []) for line in self.statement(node, depth)]
        return lines or ["    " * depth + "pass"]

    def statement(self, node, depth):
        name, pad = type(node).__name__, "    " * depth
        if name == "AssignmentStatement":
            (target, kind), (value, other) = self.variable(node.variables[0]), self.expression(node.expression)
            if isinstance(kind, tuple):
                assert kind == other
                return [f"{pad}{target}.items = list({value}.items)"]
            assert other == kind or other == "literal" or kind.startswith(other), f"{target} is {kind}, {value} is {other}"
            return [f"{pad}{target} = fit({kind!r}, {value})"]
        if name == "FunctionCallStatement":
            return [pad + self.call(node)[0]]
        if name == "IfStatement":
            lines = [f"{pad}if {self.expression(node.if_expression)[0]}:", *self.block(node.statements, depth + 1)]
            for other in node.else_ifs:
                lines += [f"{pad}elif {self.expression(other.if_expression)[0]}:", *self.block(other.statements, depth + 1)]
            if node.else_clause:
                lines += [f"{pad}else:", *self.block(node.else_clause.statements, depth + 1)]
            return lines
        if name == "ForStatement":
            assert node.step is None
            control, first, last = self.variable(node.control)[0], self.expression(node.from_)[0], self.expression(node.to)[0]
            return [f"{pad}for {control} in range({first}, {last} + 1):", *self.block(node.statements, depth + 1)]
        if name == "WhileStatement":
            return [f"{pad}while {self.expression(node.expression)[0]}:", *self.block(node.statements, depth + 1)]
        assert name == "CaseStatement", name
        value, lines = self.expression(node.expression)[0], []
        for case in node.cases:
            matches = ", ".join(self.expression(match)[0] for match in case.matches)
            lines += [f"{pad}{'elif' if lines else 'if'} {value} in ({matches},):", *self.block(case.statements, depth + 1)]
        return lines

    def declare(self, blocks):
        """The type and the initial value of each variable, with the attribute of its section."""
        found = {}
        for block in blocks:
            for item in block.items:
                kind, value = kind_of(item.init)
                for declared in item.variables:
                    name = str(declared.variable.name)
                    self.kinds[name] = kind
                    initial = self.expression(value)[0] if value is not None else self.default(kind)
                    found[name] = (type(block).__name__, str(block.attrs or ""), kind, initial)
        return found


def kind_of(init):
    if type(init).__name__ == "ArrayTypeInitialization":
        (bounds,) = init.spec.subranges
        low, high = int(str(bounds.start)), int(str(bounds.stop))
        return (low, high, str(init.spec.type)), None
    return str(init.spec), init.value


def translated(text):
    from blark import parse

    parsed = parse.parse_source_code(text)
    if parsed.exception:
        raise parsed.exception
    items = parsed.transform().items
    structures = {}
    for item in (i for i in items if type(i).__name__ == "DataTypeDeclaration"):
        fields = [e for e in item.declaration.declarations]
        structures[str(item.declaration.name)] = {str(v.variable.name): kind_of(e.init)[0] for e in fields for v in e.variables}
    functions = [i for i in items if type(i).__name__ == "Function"]
    returns = {str(f.name): str(f.return_type) for f in functions}
    lines, declared = [], {}
    for item in functions + [i for i in items if type(i).__name__ == "FunctionBlock"]:
        translator = Translator(structures, returns)
        variables = translator.declare(item.declarations)
        name = str(item.name)
        inputs = [n for n, d in variables.items() if d[0] == "InputDeclarations"] if name in returns else ["v"]
        lines.append(f"def {name}({', '.join(inputs)}):")
        if name in returns:
            translator.kinds[name] = returns[name]
            lines.append("    v = {" + ", ".join(f"{n!r}: {n if n in inputs else d[3]}" for n, d in variables.items()) + "}")
        lines += translator.block(item.body, 1)
        lines.append(f"    return v[{name!r}]" if name in returns else "")
        declared[name] = variables
    return {"code": "\n".join(lines), "declared": declared}


def cached(file, folder):
    with open(file, encoding="ascii") as source, open(__file__, encoding="utf-8") as translator:
        text = source.read()
        key = hashlib.sha256((text + translator.read()).encode()).hexdigest()[:16]
    kept = os.path.join(folder, f"structured-text-{key}.json")
    if not os.path.exists(kept):
        with open(f"{kept}.{os.getpid()}", "w", encoding="utf-8") as new:
            json.dump(translated(text), new)
        os.replace(new.name, kept)
    with open(kept, encoding="utf-8") as found:
        return json.load(found)


def run(program, block="FB_Inspectd"):
    names = {"fit": fit, "divided": divided, "Array": Array, "Ton": Ton}
    exec(program["code"], names)  # our own translation of our own file
    variables = program["declared"][block]
    v = {name: eval(initial, names) for name, (_, _, _, initial) in variables.items()}
    kept = {name for name, (section, attribute, *_) in variables.items() if section == "InputDeclarations" or attribute == "RETAIN"}
    outputs = [name for name, (section, *_) in variables.items() if section == "OutputDeclarations"]
    for line in sys.stdin:
        scan = json.loads(line)
        CLOCK[0] += scan["ms"]
        if scan["power_cut"]:
            v.update({name: eval(initial, names) for name, (_, _, _, initial) in variables.items() if name not in kept})
        for name, value in scan["set"].items():
            if isinstance(value, list):
                v[name].items[: len(value)] = value
            else:
                v[name] = fit(variables[name][2], value)
        if scan["command"] is not None:
            v["CommandRegisters"].items = scan["command"]
        names[block](v)
        out = {name: v[name].items if isinstance(v[name], Array) else v[name] for name in outputs}
        print(json.dumps({"status": v["StatusRegisters"].items, "out": out}), flush=True)


if __name__ == "__main__":
    found = cached(sys.argv[1], sys.argv[2])
    if sys.argv[3] == "describe":
        print(json.dumps(found["declared"]["FB_Inspectd"]))
    else:
        run(found)
