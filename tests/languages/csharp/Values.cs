using System;
using System.IO;
using static System.Math;
using Db = My.App.Database;
namespace My.App;

[ApiController]
[Route("api/[controller]", Name = "x")]
public class OrdersController<T> : ControllerBase, IFoo<T> where T : class
{
    private readonly Db _db = new Db("x"), _spare;
    public string Name { get; set; } = "n";
    public int Count => _db.Count();
    public string Full { get { return Name + "!"; } set { Name = value.Trim(); } }
    static OrdersController() { Boot(); }
    public OrdersController(Db db, ILogger<T> log = null) : base(db) { _db = db; }

    [HttpGet("{id}")]
    public async Task<ActionResult<string>> Get([FromQuery(Name = "q")] string q, int id, params string[] more)
    {
        var sql = $"select {q!} from {id,5:D3} where '{more[0]}'" + @"a\b" + """raw "x" """ + 'c';
        const int n = 3;
        string s = q ?? "none", later;
        var (a, b) = Pair(q);
        (s, later) = (later, s);
        if (q is string str && str.Length > 3) Use(str);
        if (q is not null) Use(q); else if (q is "a" or "b") Use(id);
        foreach (var x in more) { s += x; }
        for (int i = 0; i < n; i++) Use(i);
        using var file = File.OpenRead(q);
        using (var f2 = File.OpenRead(s)) { f2.Read(); }
        try { await _db.Run(sql); } catch (IOException ex) when (ex.Message != null) { throw; } finally { Close(); }
        var y = q switch { "x" => "one", { Length: > 3 } p when p != null => p, _ => throw new Exception(q) };
        switch (id) { case 1: case 2: Use(1); break; case int k when k > 3: Use(k); break; default: return NotFound(); }
        var o = new SqlCommand(sql) { CommandText = sql, Connection = c };
        SqlCommand z = new(sql) { CommandTimeout = 3 };
        var d = new Dictionary<string, string> { ["k"] = q, { "m", s } };
        var arr = new[] { "a", q }; int[] sized = new int[10]; List<int> coll = [1, ..arr];
        var anon = new { Name = q, id };
        var len = q?.Trim()?.Length ?? 0; var e0 = arr?[0];
        if (d.TryGetValue("k", out var got) && int.TryParse(q, out int num)) Use(got, num, label: s);
        Func<string, string> fn = v => v.Trim(); Action act = delegate (int w) { Use(w); }; var f3 = (int v1, int v2) => { return v1; };
        var users = from u in _db.Users where u.Name == q orderby u.Id select new { u.Name };
        var copy = rec with { Name = q };
        string Local(string t) => t + nameof(q);
        lock (this) { this._db.Go(typeof(Foo), default, (object)q, q as object); }
        return base.Ok(o!.ToString());
    }
    public static string Shout(this string self, int n) => self + n;
    private void Hidden() {}
    public record Person(string First, string Last = "x") : Base(First) { }
    enum Level { Low = 1, High }
    public string this[int i] => _items[i];
#if DEBUG
    public void Debugged() { }
#endif
}
