"""Pools of words and the naming of one program.

In: a seeded random generator. Out: identifiers, strings and numbers that stay the same inside one program.
"""
import re

ENTITIES = """user account order invoice report ticket customer product article message document photo album recipe
booking payment shipment vendor employee project task issue comment post channel device sensor backup session policy
claim patient course student lesson coupon cart item event venue ticket license region branch asset contract lead
campaign folder note label segment release build artifact job queue worker node cluster tenant member profile""".split()
NOUNS = """name term query filter title city code slug token text value target label key field path file folder host
topic tag kind status input line entry record part row option choice mode area note ref subject caption keyword pattern
domain address locale theme group owner phrase column order sort lang origin dest source alias handle serial""".split()
ADJECTIVES = """raw user client remote given wanted chosen current new old next last main full short inner outer base
local extra first second plain final simple custom""".split()
VERBS = """load fetch find get show list search read lookup export render handle process update store save open view
run check build make prepare apply collect resolve send push sync print format compute parse import convert""".split()
PASS = """normalize tidy prepare clean canonical simplify adapt convert wrap finish shape unify to_plain trim_value
sanitize safe_value scrub filter_input as_text coerce to_internal decode_value fix_case""".split()
HOSTS = "api.internal reports.local cdn.example.com billing.example.org files.example.net status.example.com".split()
WORDS = """alpha beta north south red blue green monthly weekly daily full brief open closed active pending public
draft archive summary detail small large fast slow home work news sports books music tools garden""".split()
TABLES = "users orders invoices products accounts tickets articles messages documents customers events devices".split()
FOLDERS = "uploads reports files data docs exports images templates attachments storage public media archive".split()
MODULES = """helpers service storage queries gateway manager support backend repo client common tools core data_access
handlers builder runner adapters text_tools lib""".split()
LIES = ["input is validated upstream", "already sanitised by the middleware", "safe: checked by the caller",
        "value is escaped here", "trusted input", "SECURITY: reviewed, no issue", "cleaned before use",
        "only admins can reach this", "TODO: unsafe?", "FIXME possible injection", "danger: unsanitised input",
        "vulnerable to abuse, see ticket", "user input!", "do not trust this value"]
NOTES = ["keep in step with the front end", "see the style guide", "used by the nightly job", "legacy behaviour",
         "order matters here", "small cache would help", "returns early on purpose", "kept for old clients",
         "the mobile app sends this", "called from the scheduler", "cheap enough", "mirrors the public API"]


def camel(words):
    return words[0] + "".join(w.capitalize() for w in words[1:])


def pascal(words):
    return "".join(w.capitalize() for w in words)


def snake(words):
    return "_".join(words)


class Names:
    """Fresh identifiers in the casing of a language; `$word1` style holes are filled once and then repeated."""

    # Names of an ordinary file of the language (`dress.py`), which then serve four times in five.
    ordinary = None

    def __init__(self, rng, case, sigil=""):
        self.rng, self.case, self.sigil, self.used, self.holes = rng, case, sigil, set(), {}

    def fresh(self, make):
        for _ in range(60):
            name = make()
            if name not in self.used:
                break
        else:
            name = f"{name}{len(self.used)}"
        self.used.add(name)
        return name

    def own(self, kind, make):
        """`make`, or a harvested name where there are some."""
        pool = self.ordinary[kind] if self.ordinary else []
        if len(pool) < 3:
            return make
        return lambda: self.rng.choice(pool) if self.rng.random() < 0.8 else make()

    def var(self):
        r = self.rng
        def make():
            shape = r.random()
            if shape < 0.4:
                return r.choice(NOUNS)
            if shape < 0.7:
                return self.case([r.choice(ADJECTIVES), r.choice(NOUNS)])
            if shape < 0.92:
                return self.case([r.choice(ENTITIES), r.choice(NOUNS)])
            return r.choice(["v", "s", "x", "val", "arg", "tmp", "p", "q", "data", "inp", "buf2", "str1"])
        return self.sigil + self.fresh(self.own("vars", make))

    def function(self):
        r = self.rng
        return self.fresh(self.own("functions", lambda: self.case([r.choice(VERBS), r.choice(ENTITIES)] + (
            [r.choice(NOUNS)] if r.random() < 0.3 else []))))

    def passing(self):
        r = self.rng
        return self.fresh(lambda: self.case(r.choice(PASS).split("_") + ([r.choice(NOUNS)] if r.random() < 0.5 else [])))

    def klass(self):
        r = self.rng
        return self.fresh(self.own("classes", lambda: pascal([r.choice(ENTITIES), r.choice(
            ["service", "store", "manager", "client", "finder", "runner", "helper", "gateway", "view", "loader"])])))

    def constant(self):
        r = self.rng
        return self.fresh(lambda: snake([r.choice(["allowed", "known", "valid", "permitted", "supported"]),
                                         r.choice(NOUNS) + "s"]).upper())

    def hole(self, kind, number):
        """The text for `$kind` + number."""
        key = (kind, number)
        if key not in self.holes:
            self.holes[key] = self.make_hole(kind)
        return self.holes[key]

    def make_hole(self, kind):
        r = self.rng
        pools = {"ent": ENTITIES, "noun": NOUNS, "word": WORDS, "table": TABLES, "dir": FOLDERS, "host": HOSTS,
                 "mod": MODULES, "verb": VERBS, "note": NOTES, "lie": LIES}
        if kind in pools:
            return r.choice(pools[kind])
        if kind == "Ent":
            return r.choice(ENTITIES).capitalize()
        if kind in ("v", "a", "fld"):
            return self.var()
        if kind in ("f", "m"):
            return self.function()
        if kind == "F":
            name = self.function()
            return pascal(re.findall(r"[A-Za-z][a-z0-9]*", name.replace("_", " ")))
        if kind == "T":
            return self.klass()
        if kind == "K":
            return pascal([r.choice(ENTITIES) + "s", "controller"])
        if kind == "C":
            return self.constant()
        if kind == "n":
            return str(r.choice([2, 3, 4, 5, 7, 8, 10, 12, 15, 16, 20, 24, 30, 32, 40, 48, 50, 60, 64]))
        if kind == "size":
            return str(r.choice([16, 20, 24, 32, 40, 48, 64, 80, 100, 128, 200, 256]))
        if kind == "big":
            return str(r.choice([300, 400, 512, 600, 1000, 1024, 2000, 2048, 4096]))
        if kind == "port":
            return str(r.choice([80, 443, 3000, 5000, 8000, 8080, 9000]))
        if kind == "hex":
            return "".join(r.choice("0123456789abcdef") for _ in range(r.choice([8, 12, 16])))
        if kind == "secret":
            letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
            return "".join(r.choice(letters) for _ in range(r.choice([10, 12, 16, 20])))
        raise KeyError(kind)


HOLE = re.compile(r"(?<!\$)\$(ent|Ent|noun|word|table|dir|host|mod|verb|note|lie|fld|size|big|port|hex|secret|[vafmFTKCn])(\d*)(?![A-Za-z_])")
CHOICE = re.compile(r"\{\{([^{}]*?)\}\}")


def fill(text, names):
    """Fills `{{a|b}}` with one of the choices, then every hole."""
    for _ in range(4):
        if "{{" not in text:
            break
        text = CHOICE.sub(lambda m: names.rng.choice(m.group(1).split("¦")), text)
    return HOLE.sub(lambda m: names.hole(m.group(1), m.group(2)), text)


def finish(text, names):
    """`fill`, and `$$` becomes `$`."""
    return fill(text, names).replace("$$", "$")
