const x = ;
app.get("/x", (req, res => {
  eval(req.query.x);
}
function ( { return
