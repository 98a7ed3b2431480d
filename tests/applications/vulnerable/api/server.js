// Tracking service: drivers report where a delivery is.
const express = require("express");
const { exec } = require("child_process");
const { render } = require("./page");

const app = express();
app.use(express.urlencoded({ extended: false }));

app.get("/track", (req, res) => {
  const code = req.query.code;
  res.send(render(code));
});

app.post("/route", (req, res) => {
  const host = req.body.host;
  exec("traceroute -m 8 " + host, (error, output) => {
    if (error) {
      res.status(502).json({ error: "no route" });
      return;
    }
    res.type("text/plain").end(output);
  });
});

app.listen(8080);
