const app = express();
app.get("/u/:id", auth, async (req, res) => { res.send(req.params.id); });
exports.handler = function ({ body, headers: [first] }, cb, ...more) { return eval(body); };
const add = (a, b = 1) => a + b, one = x => x;
class A extends B.C {
  #secret = 1;
  static shared = load();
  bound = () => this.#secret;
  constructor(x) { super(x); this.x = x; }
  get value() { return 1; }
  async *#hidden() { yield 1; }
  static { boot(); }
}
const K = class { m() {} };
export default function () { function inner() {} inner(); }
export const named = 1;
export { add };
export * from "./other";
const View = ({ html }) => (
  <div className="a" dangerouslySetInnerHTML={{ __html: html }} {...props}>
    text {html}
    <Item label={html} on /> <ns.Part>{one(html)}</ns.Part>
  </div>
);
