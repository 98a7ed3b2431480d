function control(req, xs) {
  if (!xs || typeof xs !== 'string') return res.end();
  else if (xs in req) { a(); } else b();
  for (const [k, v] of Object.entries(xs)) total += v;
  for (const { id } of xs) use(id);
  for (k in xs) { use(k); }
  for (let i = 0, n = xs.length; i < n; i++) { if (i) continue; break; }
  for (;;) { spin(); }
  do { x = y = 2; } while (x > 1);
  while (m = next()) use(m);
  switch (req.body.kind) {
    case 'a':
    case "b": go(1); break;
    case 'c': { return 2; }
    default: throw new Error("unknown");
  }
  outer: for (const x of xs) { continue outer; }
  try { JSON.parse(xs); } catch ({ message }) { log(message); } finally { done(); }
  try { a(); } catch { }
}
