"""Counter of a parts warehouse: clerks look parts up and print labels."""
import os

from flask import Flask, request, send_file

import store

app = Flask(__name__)
LABELS = "/srv/warehouse/labels"


@app.route("/parts")
def parts():
    term = request.args.get("term", "")
    rows = store.search(term)
    return {"parts": rows}


@app.route("/labels")
def label():
    name = request.args["name"]
    path = os.path.join(LABELS, name)
    return send_file(path)


@app.route("/print", methods=["POST"])
def print_label():
    printer = request.form["printer"]
    copies = int(request.form.get("copies", "1"))
    os.system("lp -d " + printer + " -n " + str(copies) + " /srv/warehouse/label.pdf")
    return {"queued": copies}
