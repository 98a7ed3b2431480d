// Tracking service: drivers report where a delivery is.
const express = require("express");
const { execFile } = require("child_process");
const { render } = require("./page");

const app = express();
app.use(express.urlencoded({ extended: false }));

const HOSTS = new Map([
  ["north", "gate-north.example.net"],
  ["south", "gate-south.example.net"],
]);

app.get("/track", (req, res) => {
  const code = Number.parseInt(req.query.code, 10);
  res.send(render(code));
});

app.post("/route", (req, res) => {
  const host = HOSTS.get(req.body.host);
  if (host === undefined) {
    res.status(400).json({ error: "unknown gate" });
    return;
  }
  execFile("traceroute", ["-m", "8", host], (error, output) => {
    if (error) {
      res.status(502).json({ error: "no route" });
      return;
    }
    res.type("text/plain").end(output);
  });
});

app.listen(8080);
