"""Counter of a parts warehouse: clerks look parts up and print labels."""
import os
import subprocess

from flask import Flask, abort, request, send_file
from werkzeug.utils import secure_filename

import store

app = Flask(__name__)
LABELS = "/srv/warehouse/labels"
PRINTERS = {"dock", "office", "yard"}


@app.route("/parts")
def parts():
    term = request.args.get("term", "")
    rows = store.search(term)
    return {"parts": rows}


@app.route("/labels")
def label():
    name = secure_filename(request.args["name"])
    path = os.path.join(LABELS, name)
    return send_file(path)


@app.route("/print", methods=["POST"])
def print_label():
    printer = request.form["printer"]
    if printer not in PRINTERS:
        abort(400)
    copies = int(request.form.get("copies", "1"))
    subprocess.run(["lp", "-d", printer, "-n", str(copies), "/srv/warehouse/label.pdf"], check=True)
    return {"queued": copies}
