"""Go: entry points, sinks, encoders and checks for `weave.py`."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL, XPATH


def imp(*names):
    return [f'"{name}"' for name in names]


ENTRIES = [
    dict(id="nethttp", imports=imp("net/http", "log", "fmt", "strings"), open=[["func $f1(w http.ResponseWriter, r *http.Request) {"], ["func (s *server) $f1(w http.ResponseWriter, r *http.Request) {"]],
         sources=['r.URL.Query().Get("$p")', 'r.FormValue("$p")', 'r.PostFormValue("$p")', 'r.Header.Get("X-$p")'], fail=[['http.Error(w, "bad request", http.StatusBadRequest)', "return"], ["w.WriteHeader(400)", "return"]],
         done=[["w.WriteHeader(http.StatusNoContent)"], ['w.Write([]byte("ok"))']], close=["}"]),
    dict(id="closure", imports=imp("net/http", "log", "fmt", "strings"), open=[["func main() {", '\thttp.HandleFunc("/$word1", func(w http.ResponseWriter, r *http.Request) {']], level=2,
         sources=['r.URL.Query().Get("$p")', 'r.FormValue("$p")'], fail=[['http.Error(w, "no", 400)', "return"]], done=[['fmt.Fprintln(w, "ok")']], close=["\t})", '\tlog.Fatal(http.ListenAndServe(":$port1", nil))', "}"]),
    dict(id="gin", imports=imp("net/http", "log", "fmt", "strings", "github.com/gin-gonic/gin"), open=[["func $f1(c *gin.Context) {"]], sources=['c.Query("$p")', 'c.Param("$p")', 'c.PostForm("$p")', 'c.GetHeader("X-$p")', 'c.DefaultQuery("$p", "")'],
         fail=[["c.AbortWithStatus(400)", "return"], ['c.JSON(400, gin.H{"error": "invalid"})', "return"]], done=[["c.Status(204)"], ['c.JSON(200, gin.H{"ok": true})']], close=["}"]),
    dict(id="echo", imports=imp("net/http", "log", "fmt", "strings", "github.com/labstack/echo/v4"), open=[["func $f1(c echo.Context) error {"]], sources=['c.QueryParam("$p")', 'c.Param("$p")', 'c.FormValue("$p")'],
         fail=[["return c.NoContent(400)"], ["return echo.ErrBadRequest"]], done=[['return c.String(200, "ok")'], ["return nil"]], close=["}"]),
]
W = ["nethttp", "closure"]
SINKS = {
    "89": [
        dict(id="db", imports=imp("database/sql"), top=["var db *sql.DB"], parts=SQL, use=[["rows, err := db.Query($x)@@sink", "if err != nil {", "\tlog.Println(err)", "}", "_ = rows"], ["db.Exec($x)@@sink"], ["row := db.QueryRow($x)@@sink", "_ = row"]],
             good=[(imp("database/sql"), ['db.Exec("DELETE FROM $table1 WHERE $noun5 = $$1", $x)@@sink@@guard']), (imp("database/sql"), ['rows, err := db.Query("SELECT * FROM $table1 WHERE $noun5 = ?", $x)@@sink@@guard', "_, _ = rows, err"])]),
        dict(id="open", imports=imp("database/sql"), parts=SQL, use=[['conn, _ := sql.Open("postgres", "dbname=$word2")', "conn.Exec($x)@@sink"], ['conn, _ := sql.Open("mysql", "$word2")', "conn.Query($x)@@sink"]], good=[(imp("database/sql"), ['conn, _ := sql.Open("postgres", "dbname=$word2")', 'conn.Exec("UPDATE $table1 SET seen = 1 WHERE $noun5 = $$1", $x)@@sink@@guard'])]),
        dict(id="gorm", imports=imp("gorm.io/gorm"), top=["var gdb *gorm.DB"], parts=SQL, use=[["gdb.Exec($x)@@sink"], ["var out []map[string]interface{}", "gdb.Raw($x).Scan(&out)@@sink"]], good=[(imp("gorm.io/gorm"), ['gdb.Exec("DELETE FROM $table1 WHERE $noun5 = ?", $x)@@sink@@guard'])]),
    ],
    "78": [dict(id="sh", imports=imp("os/exec"), parts=CMD, use=[['out, err := exec.Command("sh", "-c", $x).Output()@@sink', "_, _ = out, err"], ['cmd := exec.Command("bash", "-c", $x)@@sink', "cmd.Run()"], ['exec.Command("/bin/sh", "-c", $x).Run()@@sink']],
                good=[(imp("os/exec"), ['exec.Command("ping", "-c", "1", $x).Run()@@sink@@guard']), (imp("os/exec"), ['cmd := exec.Command("nslookup", $x)@@sink@@guard', "cmd.Run()"])]),
           dict(id="ctx", imports=imp("os/exec", "context"), parts=CMD, use=[['exec.CommandContext(context.Background(), "sh", "-c", $x).Run()@@sink']], good=[(imp("os/exec", "context"), ['exec.CommandContext(context.Background(), "convert", $x, "out.png").Run()@@sink@@guard'])])],
    "22": [dict(id="read", imports=imp("os"), parts=PATHS, use=[["data, err := os.ReadFile($x)@@sink", "_, _ = data, err"], ["f, err := os.Open($x)@@sink", "_, _ = f, err"], ["os.Remove($x)@@sink"]]),
           dict(id="join", imports=imp("os", "path/filepath"), use=[['name := filepath.Join("/srv/$dir1", $x)@@step', "data, _ := os.ReadFile(name)@@sink", "_ = data"], ['f, _ := os.Create(filepath.Join("/srv/$dir1", $x))@@sink', "_ = f"]]),
           dict(id="serve", imports=imp("net/http"), parts=PATHS, fn=False, ends=True, entries=W, use=[["http.ServeFile(w, r, $x)@@sink"]]), dict(id="ginfile", parts=PATHS, fn=False, ends=True, entries=["gin"], use=[["c.File($x)@@sink"]])],
    "79": [dict(id="fprint", parts=HTML, fn=False, ends=True, entries=W, use=[["fmt.Fprint(w, $x)@@sink"], ["w.Write([]byte($x))@@sink"], ['w.Header().Set("Content-Type", "text/html")', "fmt.Fprintln(w, $x)@@sink"], ["io.WriteString(w, $x)@@sink"]], imports=imp("io"),
                good=[([], ['w.Header().Set("Content-Type", "text/plain")@@guard', "fmt.Fprint(w, $x)@@sink"])]),
           dict(id="template", imports=imp("html/template"), parts=HTML, use=[["page := template.HTML($x)@@sink", "_ = page"]]), dict(id="ginhtml", parts=HTML, fn=False, ends=True, entries=["gin"], use=[['c.Data(200, "text/html", []byte($x))@@sink']], good=[([], ['c.JSON(200, gin.H{"value": $x})@@sink@@guard'])]),
           dict(id="echohtml", parts=HTML, fn=False, ends=True, entries=["echo"], use=[["return c.HTML(200, $x)@@sink"]], good=[([], ["return c.String(200, $x)@@sink@@guard"])])],
    "90": [dict(id="ldap", imports=imp("github.com/go-ldap/ldap/v3"), parts=LDAP, use=[['req := ldap.NewSearchRequest("dc=example,dc=org", 2, 0, 0, 0, false, $x, nil, nil)@@sink', "_ = req"]])],
    "643": [dict(id="xmlquery", imports=imp("github.com/antchfx/xmlquery"), parts=XPATH, use=[['doc, _ := xmlquery.Parse(strings.NewReader("<root/>"))', "list := xmlquery.Find(doc, $x)@@sink", "_ = list"]])],
    "117": [dict(id="log", parts=[["search for ", "$x", ""], ["login of ", "$x", " failed"]], use=[["log.Println($x)@@sink"], ["log.Print($x)@@sink"], ["log.Printf($x)@@sink"]], good=[([], ['log.Printf("search for %q", $x)@@sink@@guard'])])],
    "601": [dict(id="redirect", imports=imp("net/http"), fn=False, ends=True, entries=W, use=[["http.Redirect(w, r, $x, http.StatusFound)@@sink"], ["http.Redirect(w, r, $x, 302)@@sink"]], good=[([], ['http.Redirect(w, r, "/$word1", 302)@@sink@@guard'])]), dict(id="ginredirect", fn=False, ends=True, entries=["gin"], use=[["c.Redirect(302, $x)@@sink"]]),
            dict(id="echoredirect", fn=False, ends=True, entries=["echo"], use=[["return c.Redirect(302, $x)@@sink"]])],
    "918": [dict(id="get", imports=imp("net/http"), use=[["resp, err := http.Get($x)@@sink", "_, _ = resp, err"], ['req, _ := http.NewRequest("GET", $x, nil)@@sink', "http.DefaultClient.Do(req)"], ['http.Post($x, "application/json", nil)@@sink']], good=[(imp("net/http", "net/url"), ['resp, err := http.Get("https://$host1/?q=" + url.QueryEscape($x))@@sink@@guard', "_, _ = resp, err"])]),
            dict(id="sub", imports=imp("net/http"), parts=[["http://", "$x", "/status"], ["https://", "$x", ".internal/$word1"]], use=[["resp, _ := http.Get($x)@@sink", "_ = resp"]])],
    "1336": [dict(id="parse", imports=imp("text/template"), parts=[["Hello ", "$x", "!"], ["<p>", "$x", "</p>"]], use=[['tpl, err := template.New("$word2").Parse($x)@@sink', "_, _ = tpl, err"]], good=[(imp("html/template", "os"), ['tpl := template.Must(template.New("p").Parse("<p>{{.}}</p>"))', "tpl.Execute(os.Stdout, $x)@@sink@@guard"])])],
}
ALL = {"78", "89", "22", "79", "90", "643", "117", "1336"}
URLISH = {"601", "918"}
ENCODERS = [
    ("html", imp("html"), "html.EscapeString($x)", {"79"}, {"643", "1336"}), ("tmpl", imp("html/template"), "template.HTMLEscapeString($x)", {"79"}, {"643", "1336"}), ("base", imp("path/filepath"), "filepath.Base($x)", {"22"}, URLISH), ("ldap", imp("github.com/go-ldap/ldap/v3"), "ldap.EscapeFilter($x)", {"90"}, {"78"}),
    ("oneline", imp("strings"), 'strings.NewReplacer("\\r", "", "\\n", "").Replace($x)', {"117"}, {"78"}), ("quote", imp("strconv"), "strconv.Quote($x)", {"117"}, {"78", "643", "90", "89", "22", "1336"} | URLISH), ("query", imp("net/url"), "url.QueryEscape($x)", {"117"}, ALL | URLISH),
    ("words", imp("regexp"), 'regexp.MustCompile(`[^a-zA-Z0-9_]`).ReplaceAllString($x, "")', ALL, URLISH), ("trim", imp("strings"), "strings.TrimSpace($x)", set(), {"117"}), ("lower", imp("strings"), "strings.ToLower($x)", set(), set()), ("clean", imp("path/filepath"), "filepath.Clean($x)", set(), URLISH),
    ("dots", imp("strings"), 'strings.Replace($x, "../", "", 1)', set(), set()), ("semi", imp("strings"), 'strings.ReplaceAll($x, ";", "")', set(), set()), ("script", imp("strings"), 'strings.ReplaceAll($x, "<script>", "")', set(), set()),
]
CHECKS = [
    ("re", imp("regexp"), "!regexp.MustCompile(`^[A-Za-z0-9_]+$$`).MatchString($x)", ALL, URLISH), ("digits", imp("regexp"), "!regexp.MustCompile(`^\\d+$$`).MatchString($x)", ALL, URLISH), ("local", imp("path/filepath"), "!filepath.IsLocal($x)", {"22"}, URLISH),
    ("dotdot", imp("strings"), 'strings.Contains($x, "..") || strings.Contains($x, "/")', {"22"}, URLISH | {"78"}), ("crlf", imp("strings"), 'strings.ContainsAny($x, "\\r\\n")', {"117"}, {"78"}, [], '!strings.ContainsAny($x, "\\r\\n")'),
    ("empty", [], '$x == ""', set(), set()), ("len", [], "len($x) > $n7", set(), set()), ("loose", imp("regexp"), "!regexp.MustCompile(`[a-z]+`).MatchString($x)", set(), set()), ("http", imp("strings"), '!strings.HasPrefix($x, "http")', set(), {"22"}),
    ("contains", imp("strings"), '!strings.Contains($x, "$host3")', set(), {"78", "89", "22", "90", "643", "1336"}), ("semi", imp("strings"), 'strings.Contains($x, ";")', set(), set()), ("ext", imp("strings"), '!strings.HasSuffix($x, ".txt")', set(), {"601"}),
    ("prefix", imp("strings"), '!strings.HasPrefix($x, "/srv/")', set(), URLISH),
]
DATA = dict(entries=ENTRIES, sinks=SINKS, encoders=ENCODERS, checks=CHECKS, casts=[(imp("strconv"), ["$y, _ := strconv.Atoi($x)"], "strconv.Itoa($y)"), (imp("strconv"), ["$y, _ := strconv.ParseInt($x, 10, 64)"], 'fmt.Sprint($y)')], nocast={"601", "918", "22"},
            noop=["strings.TrimSpace($x)", "strings.ToLower($x)", "$x", "string($x)"], first=["package main", ""])
