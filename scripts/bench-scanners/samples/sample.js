const child_process = require("child_process");
const fs = require("fs");
const axios = require("axios");

app.get("/", async (req, res) => {
  db.query("SELECT * FROM t WHERE n = '" + req.query.name + "'");
  child_process.exec("ls " + req.query.dir);
  eval(req.body.code);
  fs.readFile("/srv/" + req.params.name, done);
  await axios.get(req.query.url);
  users.findOne({ name: req.body.name });
  res.send("<b>" + req.query.name + "</b>");
  res.redirect(req.query.next);
});

document.getElementById("out").innerHTML = location.hash;
