import os
import pickle

import lxml.etree
import requests
from flask import Flask, redirect, request

app = Flask(__name__)


@app.route("/<name>")
def page(name):
    db.execute("SELECT * FROM t WHERE n = '" + name + "'")
    os.system("ls " + request.args["dir"])
    eval(name)
    open("/srv/" + name)
    pickle.loads(request.data)
    requests.get(request.args.get("url"))
    lxml.etree.fromstring(request.data)
    if name:
        return redirect(request.args.get("next"))
    return "<b>" + name + "</b>"
