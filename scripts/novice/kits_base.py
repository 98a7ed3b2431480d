"""What all languages share in writing small things: `Kit`, whose subclasses in `kits*.py` say how theirs looks.

In: names and expressions of `weave.py`. Out: lines, with one leading tab per level and `@@tag` marks at the end.
Deliberately absent: any language, and any knowledge of weaknesses.
"""
from names import camel

TRUE = ["{0} < {1}", "{1} > {0}", "{0} == {0}", "{1} != {0}"]
FALSE = ["{0} > {1}", "{1} < {0}", "{1} == {0}", "{1} != {1}"]


class Kit:
    """What all languages share; subclasses say how theirs looks."""
    end, eq, null, case = ";", "==", "null", staticmethod(camel)
    slashes, indent = "//", "    "
    # What stands before a variable's name; `$$` becomes a dollar sign.
    sigil = ""
    # Words that no variable may be called.
    reserved = frozenset()

    def __init__(self, rng, names):
        self.r, self.n = rng, names
        self.long = rng.random() < 0.45

    def comment(self, text):
        return [f"{self.slashes} {text}"]

    def call(self, f, *args):
        return f"{f}({', '.join(args)})"

    def statement(self, e):
        return [e + self.end]

    def ret(self, e):
        return [f"return {e}{self.end}"]

    def block(self, head, body):
        return [head + " {"] + ["\t" + line for line in body] + ["}"]

    def branch(self, cond, body, other=None):
        lines = self.block(f"if ({cond})", body)
        if other:
            lines = lines[:-1] + ["} else {"] + ["\t" + line for line in other] + ["}"]
        return lines

    def truth(self):
        a, b = sorted(self.r.sample(range(1, 60), 2))
        return self.r.choice(TRUE).format(a, b).replace("==", self.eq)

    def falsity(self):
        a, b = sorted(self.r.sample(range(1, 60), 2))
        return self.r.choice(FALSE).format(a, b).replace("==", self.eq)

    def text(self, s):
        return '"' + s.replace("\\", "\\\\").replace('"', '\\"') + '"'

    def expr(self, parts):
        """Parts `str` (literal text) and `(value,)` as one expression, in one of the language's styles."""
        return " + ".join(self.text(p) if isinstance(p, str) else p[0] for p in parts if p != "")

    def build(self, v, parts):
        return self.assign(v, self.expr(parts))

    def throw(self):
        return self.statement(f"throw new {self.error}({self.text(self.r.choice(['invalid value', 'bad input', 'not allowed']))})")

    def dictionary(self, d, key, value):
        return None

    def filler(self):
        """Statements that do nothing to the flow: one to three, or a stretch of them in a program that is to be long."""
        if not self.long:
            return self.aside()
        return [line for _ in range(self.r.randint(2, 5)) for line in (self.chores() if self.r.random() < 0.6 else self.aside())]

    def chores(self):
        """A small block of the book-keeping that real functions are full of."""
        n, r = self.n, self.r
        a, b = n.var(), n.var()
        limit, step = r.choice([3, 5, 10, 50, 100, 500]), r.randint(1, 9)
        say = lambda: self.log(self.text(r.choice(["slow path", "retrying", "nothing to do", "limit reached", "using defaults", "cache hit", "stale entry"])))
        kind = r.randint(0, 3)
        if kind == 0:
            return self.number(a, str(r.randint(0, limit))) + self.branch(f"{a} > {limit}", say())
        if kind == 1:
            return self.number(a, str(limit)) + self.number(b, f"{a} + {step}") + self.branch(f"{b} >= {limit * 2}", say(), say())
        if kind == 2:
            return self.number(a, str(step)) + self.branch(f"{a} {self.eq} {r.randint(0, 3)}", say() + self.number(b, f"{a} * {limit}") + self.branch(f"{b} < {limit}", say()))
        return self.assign(a, self.text(n.hole("word", r.randint(0, 999)))) + self.number(b, str(limit)) + self.branch(f"{b} < {step}", say())

    def aside(self):
        """One to three statements that do nothing to the flow."""
        n, r = self.n, self.r
        a, b = n.var(), n.var()
        k = r.randint(2, 90)
        options = [self.number(a, str(k)), self.number(a, str(k)) + self.number(b, f"{a} * {r.randint(2, 9)}"),
                   self.log(self.text(r.choice(["start", "handling request", "done here", "cache miss", "step two"]))),
                   self.comment(n.hole("note", n.rng.randint(0, 999))), self.assign(a, self.text(n.hole("word", r.randint(0, 999))))]
        return r.choice(options)

    def distractor(self):
        """A function that has nothing to do with the flow."""
        n, r = self.n, self.r
        f, a, b = n.function(), n.var(), n.var()
        kind = r.randint(0, 2)
        if kind == 0:
            body = self.number(b, str(r.randint(1, 50))) + self.branch(f"{b} > {r.randint(5, 40)}", self.ret(self.text("many")))
            return self.define(f, [a], body + self.ret(a))
        if kind == 1:
            return self.define(f, [a], self.build(b, [r.choice(["id-", "", "ref:"]), (a,), r.choice(["/x", "-end", "."])]) + self.ret(b))
        return self.define(f, [a], self.log(self.text("called")) + self.ret(a))

