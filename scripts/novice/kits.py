"""How most languages write the same small things: assign, call, branch, define, hand over.

In: names and expressions of `weave.py`. Out: lines, with one leading tab per level and `@@tag` marks at the end.
Deliberately absent: any knowledge of weaknesses.
"""
from kits_base import Kit
from kits_kotlin_rust import Kotlin, Rust
from kits_ruby_csharp import CSharp, Ruby
from names import camel, snake


class Python(Kit):
    end, null, slashes, case, error = "", "None", "#", staticmethod(snake), "ValueError"
    suffix = ".py"

    def block(self, head, body):
        return [head + ":"] + ["\t" + line for line in body]

    def branch(self, cond, body, other=None):
        return self.block(f"if {cond}", body) + (self.block("else", other) if other else [])

    def assign(self, v, e):
        return [f"{v} = {e}"]

    reassign = number = assign

    def declare(self, v):
        return [f'{v} = ""']

    def log(self, e):
        return [f"print({e})" if self.r.random() < 0.4 else f"logging.debug({e})"]

    def expr(self, parts):
        style = self.r.randint(0, 3)
        flat = [p for p in parts if p != ""]
        joined = "".join(p if isinstance(p, str) else "\0" for p in flat)
        values = [p[0] for p in flat if not isinstance(p, str)]
        quote = "'" if '"' in joined and "'" not in joined else '"'
        if quote == '"':
            joined = joined.replace('"', '\\"')
        pieces = joined.split("\0")
        if style == 0 and not any(quote in v for v in values) and "{" not in joined:
            return "f" + quote + "".join(a + (f"{{{b}}}" if b else "") for a, b in zip(pieces, values + [""])) + quote
        if style == 1 and "%" not in joined:
            return quote + "%s".join(pieces) + quote + " % " + (values[0] if len(values) == 1 and self.r.random() < 0.6 else f"({', '.join(values)},)")
        if style == 2 and "{" not in joined:
            return quote + "{}".join(pieces) + quote + f".format({', '.join(values)})"
        return super().expr(parts)

    def define(self, f, params, body, doc=False):
        return self.block(f"def {f}({', '.join(params)})", body)

    def throw(self):
        return [f"raise ValueError({self.text(self.r.choice(['invalid value', 'bad input', 'not allowed']))})"]

    def dictionary(self, d, key, value):
        return [f'{d} = {{"{key}": {value}}}'], f'{d}["{key}"]'

    def holder(self, cls, field, method, body):
        """Class keeping one field; body uses `self.field`."""
        return self.block(f"class {cls}", self.block(f"def __init__(self, {field})", [f"self.{field} = {field}@@step"]) + [""] +
                          self.block(f"def {method}(self)", body))

    def field(self, name):
        return f"self.{name}"

    def use_holder(self, v, cls, method, arg, result):
        made = [f"{v} = {cls}({arg})@@step"]
        return made + ([f"return {v}.{method}()"] if result else [f"{v}.{method}()"])

    def borrow(self, module, names):
        return [f"from {module} import {', '.join(names)}"]

    def module(self, module, lines, imports, exports):
        return f"{module}.py", imports + ["", ""] + lines

    def constant_set(self, name, words):
        open_, close = self.r.choice(["{}", "()", "[]"])
        return [f"{name} = {open_}{', '.join(self.text(w) for w in words)}{close}"], f"$x in {name}", f"$x not in {name}"

    def constant_map(self, name, pairs):
        return [f"{name} = {{{', '.join(f'{self.text(a)}: {self.text(b)}' for a, b in pairs)}}}"], f'{name}.get($x, {self.text(pairs[0][1])})'


class JavaScript(Kit):
    null, error, typed, suffix, eq, indent = "null", "Error", False, ".js", "===", "  "

    def assign(self, v, e):
        return [f"{self.r.choice(['const', 'const', 'let', 'var'] if not self.typed else ['const', 'const', 'let'])} {v} = {e};"]

    number = assign

    def reassign(self, v, e):
        return [f"{v} = {e};"]

    def declare(self, v):
        return [f'let {v}{": string" if self.typed else ""} = "";']

    def log(self, e):
        return [f"console.log({e});"]

    def text(self, s):
        q = '"' if "'" in s or self.quote == '"' and '"' not in s else "'"
        return q + s.replace("\\", "\\\\").replace(q, "\\" + q) + q

    quote = '"'

    def expr(self, parts):
        joined = "".join(p for p in parts if isinstance(p, str))
        if self.r.random() < 0.6 and "`" not in joined:
            return "`" + "".join(p if isinstance(p, str) else "${" + p[0] + "}" for p in parts) + "`"
        return super().expr(parts)

    def define(self, f, params, body):
        args = ", ".join(p + (": string" if self.typed else "") for p in params)
        ret = ": string" if self.typed and self.r.random() < 0.5 and any(line.startswith("return ") for line in body) else ""
        if self.r.random() < 0.35:
            lines = self.block(f"const {f} = ({args}) =>", body)
            return lines[:-1] + ["};"]
        return self.block(f"function {f}({args})" + (ret if not self.typed or not ret else ""), body)

    def dictionary(self, d, key, value):
        return [f"const {d} = {{ {key}: {value} }};"], self.r.choice([f"{d}.{key}", f'{d}["{key}"]'])

    def holder(self, cls, field, method, body):
        typed = ": string" if self.typed else ""
        head = [f"private {field}: string;"] if self.typed else []
        return self.block(f"class {cls}", head + self.block(f"constructor({field}{typed})", [f"this.{field} = {field};@@step"]) + [""] +
                          self.block(f"{method}()", body))

    def field(self, name):
        return f"this.{name}"

    def use_holder(self, v, cls, method, arg, result):
        made = [f"const {v} = new {cls}({arg});@@step"]
        return made + ([f"return {v}.{method}();"] if result else [f"{v}.{method}();"])

    def borrow(self, module, names):
        if self.typed or self.esm:
            return [f'import {{ {", ".join(names)} }} from "./{module}{"" if self.typed else ".js"}";']
        return [f'const {{ {", ".join(names)} }} = require("./{module}");']

    esm = False

    def module(self, module, lines, imports, exports):
        if self.typed or self.esm:
            tail = ["", f"export {{ {', '.join(exports)} }};"]
        else:
            tail = ["", f"module.exports = {{ {', '.join(exports)} }};"]
        return f"{module}{self.suffix}", imports + [""] + lines + tail

    def constant_set(self, name, words):
        items = ", ".join(self.text(w) for w in words)
        if self.r.random() < 0.4:
            return [f"const {name} = new Set([{items}]);"], f"{name}.has($x)", f"!{name}.has($x)"
        return [f"const {name} = [{items}];"], f"{name}.includes($x)", f"!{name}.includes($x)"

    def constant_map(self, name, pairs):
        inner = ", ".join(f"[{self.text(a)}, {self.text(b)}]" for a, b in pairs)
        return [f"const {name} = new Map([{inner}]);"], f"{name}.get($x) || {self.text(pairs[0][1])}"


class TypeScript(JavaScript):
    typed, suffix = True, ".ts"


class Php(Kit):
    error, eq, sigil, suffix = "InvalidArgumentException", "===", "$$", ".php"

    def assign(self, v, e):
        return [f"{v} = {e};"]

    reassign = number = assign

    def declare(self, v):
        return [f"{v} = '';"]

    def log(self, e):
        return [f"error_log({e});"]

    def text(self, s):
        if "'" not in s:
            return "'" + s.replace("\\", "\\\\") + "'"
        return '"' + s.replace("\\", "\\\\").replace('"', '\\"').replace("$$", "\\$$") + '"'

    def expr(self, parts):
        flat = [p for p in parts if p != ""]
        plain = all(isinstance(p, str) or p[0].startswith("$$") and p[0][2:].isidentifier() for p in flat)
        style = self.r.randint(0, 3)
        if plain and style < 2 and not any('"' in p or "$" in p or "\\" in p for p in flat if isinstance(p, str)):
            return '"' + "".join(p if isinstance(p, str) else "{" + p[0] + "}" for p in flat) + '"'
        if style == 2 and not any("%" in p for p in flat if isinstance(p, str)):
            pattern = "".join(p if isinstance(p, str) else "%s" for p in flat)
            return f"sprintf({self.text(pattern)}, {', '.join(p[0] for p in flat if not isinstance(p, str))})"
        return " . ".join(self.text(p) if isinstance(p, str) else p[0] for p in flat)

    def define(self, f, params, body):
        typed = "string " if self.r.random() < 0.4 else ""
        return self.block(f"function {f}({', '.join(typed + p for p in params)})", body)

    def dictionary(self, d, key, value):
        return [f"{d} = ['{key}' => {value}];"], f"{d}['{key}']"

    def holder(self, cls, field, method, body):
        name = field.strip("$")
        inner = [f"private {field};", ""] + self.block(f"public function __construct({field})", [f"$$this->{name} = {field};@@step"]) + [""]
        return self.block(f"class {cls}", inner + self.block(f"public function {method}()", body))

    def field(self, name):
        return f"$$this->{name.strip('$')}"

    def use_holder(self, v, cls, method, arg, result):
        made = [f"{v} = new {cls}({arg});@@step"]
        return made + ([f"return {v}->{method}();"] if result else [f"{v}->{method}();"])

    def constant_set(self, name, words):
        items = ", ".join(self.text(w) for w in words)
        return [f"const {name} = [{items}];"], f"in_array($x, {name}, true)", f"!in_array($x, {name}, true)"

    def constant_map(self, name, pairs):
        inner = ", ".join(f"{self.text(a)} => {self.text(b)}" for a, b in pairs)
        return [f"const {name} = [{inner}];"], f"{name}[$x] ?? {self.text(pairs[0][1])}"


class Java(Kit):
    error, suffix = "IllegalArgumentException", ".java"

    def assign(self, v, e):
        return [f"{'String' if self.r.random() < 0.85 else 'final String'} {v} = {e};"]

    def reassign(self, v, e):
        return [f"{v} = {e};"]

    def number(self, v, e):
        return [f"int {v} = {e};"]

    def declare(self, v):
        return [f'String {v} = "";']

    def log(self, e):
        return [f"System.out.println({e});"]

    def build(self, v, parts):
        style = self.r.randint(0, 3)
        if style == 0:
            sb = self.n.fresh(lambda: self.r.choice(["sb", "builder", "out", "text", "sql2"]))
            add = [f"{sb}.append({self.text(p) if isinstance(p, str) else p[0]});" for p in parts if p != ""]
            return [f"StringBuilder {sb} = new StringBuilder();"] + add + [f"String {v} = {sb}.toString();"]
        if style == 1 and not any("%" in p for p in parts if isinstance(p, str)):
            return [f"String {v} = {self.fmt(parts)};"]
        return self.assign(v, self.expr(parts))

    def fmt(self, parts):
        pattern = "".join(p if isinstance(p, str) else "%s" for p in parts)
        return f"String.format({self.text(pattern)}, {', '.join(p[0] for p in parts if not isinstance(p, str))})"

    def define(self, f, params, body, kind="private static String"):
        args = ", ".join(f"String {p}" for p in params)
        return self.block(f"{kind} {f}({args})" + (" throws Exception" if self.r.random() < 0.3 or "void" in kind else ""), body)

    def dictionary(self, d, key, value):
        return [f"Map<String, String> {d} = new HashMap<>();", f'{d}.put("{key}", {value});@@step'], f'{d}.get("{key}")'

    def holder(self, cls, field, method, body):
        inner = [f"private final String {field};", ""] + self.block(f"{cls}(String {field})", [f"this.{field} = {field};@@step"]) + [""]
        return self.block(f"class {cls}", inner + self.block(f"void {method}() throws Exception", body))

    def field(self, name):
        return f"this.{name}" if self.r.random() < 0.5 else name

    def use_holder(self, v, cls, method, arg, result):
        return [f"{cls} {v} = new {cls}({arg});@@step", f"{v}.{method}();"]

    def constant_set(self, name, words):
        items = ", ".join(self.text(w) for w in words)
        make = self.r.choice(["Set.of", "List.of", "Arrays.asList"])
        kind = "Set" if make == "Set.of" else "List"
        return [f"private static final {kind}<String> {name} = {make}({items});"], f"{name}.contains($x)", f"!{name}.contains($x)"

    def constant_map(self, name, pairs):
        inner = ", ".join(f"{self.text(a)}, {self.text(b)}" for a, b in pairs)
        return [f"private static final Map<String, String> {name} = Map.of({inner});"], f"{name}.getOrDefault($x, {self.text(pairs[0][1])})"


class Go(Kit):
    end, null, suffix, indent = "", "nil", ".go", "\t"

    def branch(self, cond, body, other=None):
        lines = self.block(f"if {cond}", body)
        if other:
            lines = lines[:-1] + ["} else {"] + ["\t" + line for line in other] + ["}"]
        return lines

    def assign(self, v, e):
        return [f"{v} := {e}"]

    def number(self, v, e):
        return [f"{v} := {e}", f"_ = {v}"]

    def reassign(self, v, e):
        return [f"{v} = {e}"]

    def declare(self, v):
        return [f'{v} := ""' if self.r.random() < 0.5 else f"var {v} string"]

    def log(self, e):
        return [f"log.Println({e})"]

    def expr(self, parts):
        if self.r.random() < 0.55:
            pattern = "".join(p.replace("%", "%%") if isinstance(p, str) else self.r.choice(["%s", "%s", "%v"]) for p in parts)
            return f"fmt.Sprintf({self.text(pattern)}, {', '.join(p[0] for p in parts if not isinstance(p, str))})"
        return super().expr(parts)

    def define(self, f, params, body):
        args = ", ".join(params) + (" string" if params else "")
        return self.block(f"func {f}({args}) string", body)

    def throw(self):
        return [self.r.choice(['panic("invalid value")', 'panic("not allowed")'])]

    def dictionary(self, d, key, value):
        return [f'{d} := map[string]string{{"{key}": {value}}}'], f'{d}["{key}"]'

    def holder(self, cls, field, method, body):
        return (self.block(f"type {cls} struct", [f"{field} string"]) + [""] +
                self.block(f"func (h *{cls}) {method}()", body))

    def field(self, name):
        return f"h.{name}"

    def use_holder(self, v, cls, method, arg, result):
        return [f"{v} := &{cls}{{{arg}}}@@step", f"{v}.{method}()"]

    def filler(self):
        lines = super().filler()
        if len(lines) == 1 and ":=" in lines[0]:
            lines.append("_ = " + lines[0].split(" :=")[0])
        return lines

    def distractor(self):
        n, r = self.n, self.r
        f, a = n.function(), n.var()
        return r.choice([
            self.block(f"func {f}({a} int) int", [f"return {a} * {r.randint(2, 9)}"]),
            self.block(f"func {f}({a} string) string", [f"return strings.ToUpper({a})"]),
            self.block(f"func {f}() string", self.ret(self.text(n.hole('word', r.randint(0, 99)))))])

    def constant_set(self, name, words):
        inner = ", ".join(f"{self.text(w)}: true" for w in words)
        return [f"var {name} = map[string]bool{{{inner}}}"], f"{name}[$x]", f"!{name}[$x]"

    def constant_map(self, name, pairs):
        inner = ", ".join(f"{self.text(a)}: {self.text(b)}" for a, b in pairs)
        return [f"var {name} = map[string]string{{{inner}}}"], f"{name}[$x]"


class C(Kit):
    null, suffix, case = "NULL", ".c", staticmethod(snake)
    string = "const char *"

    def assign(self, v, e):
        return [f"{self.string}{v} = {e};"]

    def reassign(self, v, e):
        return [f"{v} = {e};"]

    def number(self, v, e):
        return [f"int {v} = {e};"]

    def declare(self, v):
        return [f'{self.string}{v} = "";']

    def log(self, e):
        return [f'fprintf(stderr, "%s\\n", {e});']

    def build(self, v, parts):
        size = self.r.choice([256, 512, 1024, 300])
        if self.r.random() < 0.3 and isinstance(parts[0], str):
            lines = [f"char {v}[{size}] = {self.text(parts[0])};"]
            for p in parts[1:]:
                if p != "":
                    lines.append(f"strncat({v}, {self.text(p) if isinstance(p, str) else p[0]}, sizeof({v}) - strlen({v}) - 1);")
            return lines
        pattern = "".join(p.replace("%", "%%") if isinstance(p, str) else "%s" for p in parts)
        return [f"char {v}[{size}];",
                f"snprintf({v}, sizeof({v}), {self.text(pattern)}, {', '.join(p[0] for p in parts if not isinstance(p, str))});"]

    def define(self, f, params, body, kind=None):
        args = ", ".join(f"const char *{p}" for p in params)
        return self.block(f"{kind or 'static const char *'}{f}({args})", body)

    def throw(self):
        return [self.r.choice(["exit(1);", "abort();", "return;"])]

    def holder(self, cls, field, method, body):
        cls = cls.lower()
        return self.block(f"struct {cls}", [f"const char *{field};"])[:-1] + ["};", ""] + self.block(
            f"static void {method}(struct {cls} *h)", body)

    def field(self, name):
        return f"h->{name}"

    def use_holder(self, v, cls, method, arg, result):
        return [f"struct {cls.lower()} {v} = {{ {arg} }};@@step", f"{method}(&{v});"]

    def distractor(self):
        n, r = self.n, self.r
        f, a = n.function(), n.var()
        return r.choice([
            self.block(f"static int {f}(int {a})", [f"return {a} * {r.randint(2, 9)};"]),
            self.block(f"static int {f}(const char *{a})", [f"return (int)strlen({a});"]),
            self.block(f"static void {f}(void)", self.log(self.text("idle")))])

    def constant_set(self, name, words):
        low = name.lower()
        items = ", ".join(self.text(w) for w in words)
        lines = [f"static const char *{low}[] = {{ {items} }};", "", f"static int in_{low}(const char *s) {{",
                 f"\tfor (size_t i = 0; i < sizeof({low}) / sizeof({low}[0]); i++)", f"\t\tif (strcmp(s, {low}[i]) == 0) return 1;",
                 "\treturn 0;", "}"]
        return lines, f"in_{low}($x)", f"!in_{low}($x)"


class Cpp(C):
    suffix, string, case = ".cpp", "std::string ", staticmethod(camel)
    error = "std::runtime_error"

    def assign(self, v, e):
        return [f"{self.r.choice(['std::string', 'const std::string', 'auto'] if not e.startswith(chr(34)) else ['std::string'])} {v} = {e};"]

    def log(self, e):
        return [f"std::cerr << {e} << std::endl;"]

    def expr(self, parts):
        parts = [p for p in parts if p != ""]
        first, rest = parts[0], parts[1:]
        head = f"std::string({self.text(first)})" if isinstance(first, str) else first[0]
        return " + ".join([head] + [self.text(p) if isinstance(p, str) else p[0] for p in rest])

    def build(self, v, parts):
        if self.r.random() < 0.3:
            os = self.n.fresh(lambda: self.r.choice(["os", "ss", "out", "stream"]))
            chain = " << ".join(self.text(p) if isinstance(p, str) else p[0] for p in parts if p != "")
            return [f"std::ostringstream {os};", f"{os} << {chain};", f"std::string {v} = {os}.str();"]
        return [f"std::string {v} = {self.expr(parts)};"]

    def define(self, f, params, body, kind=None):
        args = ", ".join(f"const std::string& {p}" for p in params)
        return self.block(f"{kind or 'static std::string '}{f}({args})", body)

    def throw(self):
        return ['throw std::runtime_error("invalid value");']

    def dictionary(self, d, key, value):
        return [f"std::map<std::string, std::string> {d};", f'{d}["{key}"] = {value};@@step'], f'{d}["{key}"]'

    def holder(self, cls, field, method, body):
        inner = ["public:", f"\texplicit {cls}(const std::string& value) : {field}(value) {{}}@@step"] + [
            "\t" + line for line in self.block(f"void {method}()", body)] + ["private:", f"\tstd::string {field};"]
        return [f"class {cls} {{"] + inner + ["};"]

    def field(self, name):
        return name

    def use_holder(self, v, cls, method, arg, result):
        return [f"{cls} {v}({arg});@@step", f"{v}.{method}();"]

    def constant_set(self, name, words):
        items = ", ".join(self.text(w) for w in words)
        return [f"static const std::set<std::string> {name} = {{{items}}};"], f"{name}.count($x) > 0", f"{name}.count($x) == 0"


KITS = {"python": Python, "javascript": JavaScript, "typescript": TypeScript, "php": Php, "java": Java, "go": Go, "c": C, "cpp": Cpp,
        "ruby": Ruby, "csharp": CSharp, "kotlin": Kotlin, "rust": Rust}
