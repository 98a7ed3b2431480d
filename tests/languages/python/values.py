import os, sys.path as search
from flask import request, Flask as App
from . import views
from .models.user import *
import xml.etree.ElementTree

app = App(__name__)
LIMIT: int = 5
pending: list[str]


def values(a, b, rest):
    name = request.args.get("name", default='x')
    query = f"select * from t where n = '{name!r}' and {a:>{b}}"
    joined = "one " 'two ' + name % (a, b)
    raw = rb'''it's "raw"'''
    a, b = b, a
    first, (second, *others) = pair()
    x = y = z(n := 3)
    x.field[a]["k"] += 1
    cursor.execute(query).fetchall()[0].row[1:2]
    call(*rest, key=name, **os.environ)
    table = {"k": a, **rest, name: [1, None, True], 1.5: ()}
    squares = [f(i) for i in rest if i > 0]
    pairs = {k: v for k, v in rest.items()}
    key = lambda q, w=1: q(w)
    t = a if b else name
    ok = not a and b or 0 < x <= -y is not None
    del table["k"], a
    return (await call(x for x in rest))
