import def, { a as b, c } from "./mod";
import * as fs from "node:fs/promises";
import "side-effect";
const cp = require("child_process"), { exec: run, spawn } = require('child_process');
const promisify = require("util").promisify;

async function values(req, id) {
  const { name, q = "1", nested: { deep }, ...rest } = req.query;
  const [x, , y] = f(id);
  let z, w = `a ${id} b ${await g(q)}`;
  [x, y] = [y, x];
  el.innerHTML = "<b>" + id + '</b>';
  el["on" + x] ??= w;
  res.status(200).send(x?.y?.[z](1, ...rest));
  const obj = { a, [b]: 1, "k": name, 5: x, m() { return 1; }, ...rest, fn: function () {}, arrow: (v) => v };
  const made = new ns.Foo(id, obj), plain = new Bar;
  const t = !id ? typeof a : -b, r = /a+"b/g.test(id);
  i++;
  delete obj[id];
  tag`x${id}`;
  (function () { iife(); })();
  return (a, b);
}
