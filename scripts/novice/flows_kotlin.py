"""Kotlin: entry points, sinks, encoders and checks for `weave.py`. `$$` becomes a dollar sign."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL, XPATH


def imp(*names):
    return [f"import {name}" for name in names]


KTOR = imp("io.ktor.http.*", "io.ktor.server.application.*", "io.ktor.server.request.*", "io.ktor.server.response.*", "io.ktor.server.routing.*")
SERVLET = imp("javax.servlet.http.HttpServlet", "javax.servlet.http.HttpServletRequest", "javax.servlet.http.HttpServletResponse")
SPRING = imp("org.springframework.web.bind.annotation.*")
ANDROID = imp("android.content.Intent", "android.os.Bundle", "androidx.appcompat.app.AppCompatActivity")
KTORIN = ['call.request.queryParameters["$p"] ?: ""', 'call.request.queryParameters["$p"].orEmpty()', 'call.parameters["$p"] ?: ""', 'call.parameters["$p"]!!', 'call.request.headers["X-$p"] ?: ""', 'call.request.cookies["$p"].orEmpty()', 'call.parameters.getOrFail("$p")']


def ktor(ident, verb, sources, **rest):
    """A route of one verb, whose name the `return` carries."""
    return dict(id=ident, imports=KTOR, open=[["fun Application.$f1() {", "\trouting {", '\t\t' + verb + '("/$word1") {'], ["fun Application.module() {", "\trouting {", '\t\t' + verb + '("/$ent1/{id}") {']], level=3, sources=sources,
                fail=[["call.respond(HttpStatusCode.BadRequest)", f"return@{verb}"], [f'return@{verb} call.respondText("bad request", status = HttpStatusCode.BadRequest)']],
                done=[["call.respond(HttpStatusCode.NoContent)"], ['call.respondText("ok")']], close=["\t\t}", "\t}", "}"], **rest)


ENTRIES = [
    ktor("ktor", "get", KTORIN), ktor("ktorpost", "post", ["call.receiveText()", 'call.receiveParameters()["$p"] ?: ""', 'call.receiveParameters()["$p"].orEmpty()'] + KTORIN[:2]),
    dict(id="route", imports=KTOR, open=[["fun Route.$f1() {", '\tget("/$word1/{$noun3}") {']], level=2, sources=KTORIN, fail=[["call.respond(HttpStatusCode.BadRequest)", "return@get"]], done=[['call.respondText("ok")']], close=["\t}", "}"]),
    dict(id="spring", imports=SPRING, open=[["@RestController", "class $T9 {", '\t@GetMapping("/$word1")'], ["@RestController", '@RequestMapping("/$ent2")', "class $T9 {", '\t@PostMapping("/$word1/$noun2")']], split=True, level=2,
         sources=[["\tfun $f1(@RequestParam $x: String): String {@@src"], ['\tfun $f1(@RequestParam("$p") $x: String): String {@@src'], ["\tfun $f1(@RequestBody $x: String): String {@@src"], ["\tfun $f1(@PathVariable $x: String): String {@@src"]],
         fail=[['return "bad request"'], ["throw IllegalArgumentException()"], ["throw ResponseStatusException(HttpStatus.BAD_REQUEST)"]], done=[['return "ok"']], close=["\t}", "}"]),
    dict(id="springreq", imports=SPRING + imp("jakarta.servlet.http.HttpServletRequest"), open=[["@RestController", "class $T9 {", '\t@GetMapping("/$word1")', "\tfun $f1(request: HttpServletRequest): String {"]], level=2, sources=['request.getParameter("$p")', 'request.getHeader("X-$p") ?: ""', 'request.getParameter("$p") ?: ""'],
         fail=[['return "bad request"']], done=[['return "ok"'], ['return ""']], close=["\t}", "}"]),
    dict(id="servlet", imports=SERVLET, open=[["class $T9 : HttpServlet() {", "\toverride fun doGet(request: HttpServletRequest, response: HttpServletResponse) {"], ["class $T9 : HttpServlet() {", "\tpublic override fun doPost(request: HttpServletRequest, response: HttpServletResponse) {"]], level=2,
         sources=['request.getParameter("$p")', 'request.getParameter("$p") ?: ""', 'request.getHeader("X-$p").orEmpty()', "request.queryString"], fail=[["response.sendError(400)", "return"], ["response.status = HttpServletResponse.SC_BAD_REQUEST", "return"]],
         done=[["response.status = 204"], ['response.writer.println("ok")']], close=["\t}", "}"]),
    dict(id="javalin", imports=imp("io.javalin.Javalin"), open=[["fun main() {", "\tval app = Javalin.create().start($port1)", '\tapp.get("/$word1") { ctx ->']], level=2, sources=['ctx.queryParam("$p") ?: ""', 'ctx.pathParam("$p")', 'ctx.formParam("$p").orEmpty()', 'ctx.header("X-$p") ?: ""'],
         fail=[["ctx.status(400)", "return@get"]], done=[['ctx.result("ok")'], ["ctx.status(204)"]], close=["\t}", "}"]),
    dict(id="cli", open=[["fun main(args: Array<String>) {"]], sources=["args[0]", "args.first()", "args.last()", 'readLine() ?: ""', "readln()", 'args.getOrElse(0) { "" }'], fail=[["exitProcess(1)"], ["return"]], done=[['println("done")']], close=["}"], imports=imp("kotlin.system.exitProcess"), cwes={"78", "89", "95", "611"}),
    dict(id="activity", imports=ANDROID, open=[["class $T9 : AppCompatActivity() {", "\toverride fun onCreate(savedInstanceState: Bundle?) {"]], level=2, sources=['intent.getStringExtra("$p") ?: ""', 'intent.getStringExtra("$p").orEmpty()', 'intent.data?.getQueryParameter("$p") ?: ""', 'intent.extras?.getString("$p") ?: ""'],
         fail=[["finish()", "return"]], done=[["super.onCreate(savedInstanceState)"]], close=["\t}", "}"], cwes={"78", "89", "22", "79"}),
    dict(id="receiver", imports=imp("android.content.BroadcastReceiver", "android.content.Context", "android.content.Intent"), open=[["class $T9 : BroadcastReceiver() {", "\toverride fun onReceive(context: Context, intent: Intent) {"]], level=2, sources=['intent.getStringExtra("$p") ?: ""', 'intent.getStringExtra("$p").orEmpty()', 'intent.dataString ?: ""'],
         fail=[["return"]], done=[["abortBroadcast()"]], close=["\t}", "}"], cwes={"78", "89", "22"}),
]
K = ["ktor", "ktorpost", "route"]
SQLI = imp("java.sql.*")
CONN = 'val $v60 = DriverManager.getConnection("jdbc:h2:mem:$word2")'
IO = imp("java.io.File")
NIO = imp("java.nio.file.Files", "java.nio.file.Paths")
DOM = imp("javax.xml.parsers.*", "org.xml.sax.InputSource", "java.io.StringReader")
XPI = imp("javax.xml.xpath.XPathFactory", "org.xml.sax.InputSource", "java.io.StringReader")
OIS = imp("java.io.ByteArrayInputStream", "java.io.ObjectInputStream", "java.util.Base64")
JDBC = imp("org.springframework.jdbc.core.JdbcTemplate")
EXPOSED = imp("org.jetbrains.exposed.sql.transactions.TransactionManager", "org.jetbrains.exposed.sql.transactions.transaction")
SQLITE = imp("android.database.sqlite.SQLiteDatabase")
SPRINGS = ["spring", "springreq"]
SINKS = {
    "89": [
        dict(id="statement", imports=SQLI, parts=SQL, use=[[CONN, "val $v61 = $v60.createStatement().executeQuery($x)@@sink"], [CONN, "val $v61 = $v60.createStatement()", "$v61.executeUpdate($x)@@sink"], [CONN, "$v60.use { it.createStatement().executeQuery($x) }@@sink"]],
             good=[(SQLI, [CONN, 'val $v61 = $v60.prepareStatement("SELECT * FROM $table1 WHERE $noun5 = ?")', "$v61.setString(1, $x)@@guard", "val $v62 = $v61.executeQuery()@@sink"])]),
        dict(id="prepared", imports=SQLI, parts=SQL, use=[[CONN, "val $v61 = $v60.prepareStatement($x)@@sink", "$v61.executeUpdate()"], [CONN, "$v60.prepareStatement($x).executeQuery()@@sink"]], good=[(SQLI, [CONN, 'val $v61 = $v60.prepareStatement("DELETE FROM $table1 WHERE $noun5 = ?")@@sink@@guard', "$v61.setString(1, $x)", "$v61.executeUpdate()"])]),
        dict(id="jdbctemplate", imports=JDBC, top=["lateinit var jdbcTemplate: JdbcTemplate"], parts=SQL, use=[["val $v61 = jdbcTemplate.queryForList($x)@@sink"], ["jdbcTemplate.update($x)@@sink"], ["jdbcTemplate.execute($x)@@sink"]], good=[(JDBC, ['jdbcTemplate.update("UPDATE $table1 SET seen = 1 WHERE $noun5 = ?", $x)@@sink@@guard'])], entries=SPRINGS + ["servlet", "ktor"]),
        dict(id="exposed", imports=EXPOSED, parts=SQL, use=[["transaction {", "\tTransactionManager.current().exec($x)@@sink", "}"], ["transaction {", "\texec($x)@@sink", "}"]]),
        dict(id="sqlite", imports=SQLITE, top=["lateinit var db: SQLiteDatabase"], entries=["activity", "receiver"], parts=SQL, use=[["val $v61 = db.rawQuery($x, null)@@sink"], ["db.execSQL($x)@@sink"]], good=[(SQLITE, ['val $v61 = db.rawQuery("SELECT * FROM $table1 WHERE $noun5 = ?", arrayOf($x))@@sink@@guard']), (SQLITE, ['db.execSQL("DELETE FROM $table1 WHERE $noun5 = ?", arrayOf($x))@@sink@@guard'])]),
    ],
    "78": [
        dict(id="runtime", parts=CMD, use=[["Runtime.getRuntime().exec($x)@@sink"], ["val $v61 = Runtime.getRuntime().exec($x)@@sink", "$v61.waitFor()"], ['Runtime.getRuntime().exec(arrayOf("sh", "-c", $x))@@sink']], good=[([], ['Runtime.getRuntime().exec(arrayOf("ping", "-c", "1", "--", $x))@@sink@@guard'])]),
        dict(id="builder", parts=CMD, use=[['ProcessBuilder("sh", "-c", $x).start()@@sink'], ['val $v61 = ProcessBuilder("bash", "-c", $x)@@sink', "$v61.start()"], ['ProcessBuilder("/bin/sh", "-c", $x).inheritIO().start().waitFor()@@sink']], good=[([], ['ProcessBuilder("nslookup", "--", $x).start()@@sink@@guard'])]),
    ],
    "22": [
        dict(id="file", imports=IO, parts=PATHS, use=[["val $v61 = File($x).readText()@@sink"], ["val $v61 = File($x).readBytes()@@sink"], ["File($x).delete()@@sink"], ['File($x).writeText("$word4")@@sink'], ["val $v61 = File($x).readLines()@@sink"]]),
        dict(id="child", imports=IO, use=[['val $v61 = File("/srv/$dir1", $x)@@step', "val $v62 = $v61.readText()@@sink"], ['val $v61 = File("/srv/$dir1/" + $x)@@step', "$v61.delete()@@sink"], ['val $v61 = File("/srv/$dir1").resolve($x)@@step', 'val $v62 = $v61.readBytes()@@sink']]),
        dict(id="stream", imports=imp("java.io.FileInputStream", "java.io.FileOutputStream"), parts=PATHS, use=[["val $v61 = FileInputStream($x)@@sink", "$v61.read()"], ["FileOutputStream($x).use { it.write(1) }@@sink"]]),
        dict(id="files", imports=NIO, parts=PATHS, use=[["val $v61 = Files.readAllBytes(Paths.get($x))@@sink"], ["Files.delete(Paths.get($x))@@sink"], ["val $v61 = Files.readString(Paths.get($x))@@sink"]]),
        dict(id="respond", imports=IO, parts=PATHS, fn=False, ends=True, entries=K, use=[["call.respondFile(File($x))@@sink"], ["val $v61 = File($x)@@step", "call.respondFile($v61)@@sink"]]),
    ],
    "79": [
        dict(id="text", parts=HTML, fn=False, ends=True, entries=K, use=[["call.respondText($x, ContentType.Text.Html)@@sink"], ["call.respondText(text = $x, contentType = ContentType.Text.Html)@@sink"]], good=[([], ["call.respondText($x, ContentType.Text.Plain)@@sink@@guard"]), ([], ["call.respondText($x)@@sink@@guard"])]),
        dict(id="writer", parts=HTML, fn=False, entries=["servlet"], use=[["response.writer.println($x)@@sink"], ['response.contentType = "text/html"', "response.writer.write($x)@@sink"], ["response.writer.print($x)@@sink"], ["response.getWriter().println($x)@@sink"]], good=[([], ['response.contentType = "text/plain"@@guard', "response.writer.println($x)@@sink"])]),
        dict(id="body", parts=HTML, fn=False, ends=True, entries=SPRINGS, use=[["return $x@@sink"]]),
        dict(id="javalin", parts=HTML, fn=False, ends=True, entries=["javalin"], use=[["ctx.html($x)@@sink"]], good=[([], ["ctx.result($x)@@sink@@guard"]), ([], ['ctx.json(mapOf("value" to $x))@@sink@@guard'])]),
        dict(id="webview", imports=imp("android.webkit.WebView"), parts=HTML, fn=False, entries=["activity"], use=[["val webView = WebView(this)", 'webView.loadData($x, "text/html", "UTF-8")@@sink'], ["val webView = WebView(this)", 'webView.loadDataWithBaseURL(null, $x, "text/html", "UTF-8", null)@@sink']]),
    ],
    "601": [
        dict(id="redirect", fn=False, ends=True, entries=K, use=[["call.respondRedirect($x)@@sink"], ["call.respondRedirect($x, permanent = false)@@sink"]], good=[([], ['call.respondRedirect("/$word1")@@sink@@guard'])]),
        dict(id="send", fn=False, ends=True, entries=["servlet"], use=[["response.sendRedirect($x)@@sink"]], good=[([], ['response.sendRedirect("/$word1")@@sink@@guard'])]), dict(id="javalin", fn=False, ends=True, entries=["javalin"], use=[["ctx.redirect($x)@@sink"]]),
    ],
    "918": [
        dict(id="url", imports=imp("java.net.URL"), use=[["val $v61 = URL($x).readText()@@sink"], ["val $v61 = URL($x).openStream()@@sink"], ["val $v61 = URL($x)@@step", "val $v62 = $v61.openConnection()@@sink"]], good=[(imp("java.net.URL", "java.net.URLEncoder"), ['val $v61 = URL("https://$host1/?q=" + URLEncoder.encode($x, "UTF-8")).readText()@@sink@@guard'])]),
        dict(id="okhttp", imports=imp("okhttp3.OkHttpClient", "okhttp3.Request"), use=[["val $v61 = Request.Builder().url($x).build()@@sink", "val $v62 = OkHttpClient().newCall($v61).execute()"], ["val $v61 = OkHttpClient()", "$v61.newCall(Request.Builder().url($x).build()).execute()@@sink"]]),
        dict(id="client", imports=imp("io.ktor.client.HttpClient", "io.ktor.client.request.*"), entries=K, top=["val client = HttpClient()"], use=[["val $v61 = client.get($x)@@sink"], ["val $v61 = client.post($x)@@sink"]], good=[(imp("io.ktor.client.HttpClient", "io.ktor.client.request.*"), ['val $v61 = client.get("https://$host1/$word1") { parameter("q", $x) }@@sink@@guard'])]),
        dict(id="rest", imports=imp("org.springframework.web.client.RestTemplate"), entries=SPRINGS, use=[["val $v61 = RestTemplate().getForObject($x, String::class.java)@@sink"]], good=[(imp("org.springframework.web.client.RestTemplate"), ['val $v61 = RestTemplate().getForObject("https://$host1/{id}", String::class.java, $x)@@sink@@guard'])]),
        dict(id="sub", imports=imp("java.net.URL"), parts=[["http://", "$x", "/status"], ["https://", "$x", ".internal/$word1"]], use=[["val $v61 = URL($x).readText()@@sink"]]),
    ],
    "502": [
        dict(id="ois", imports=OIS, use=[["val $v61 = Base64.getDecoder().decode($x)@@step", "val $v62 = ObjectInputStream(ByteArrayInputStream($v61)).readObject()@@sink"], ["val $v61 = ObjectInputStream(ByteArrayInputStream(Base64.getDecoder().decode($x)))@@sink", "val $v62 = $v61.readObject()"], ["val $v62 = ObjectInputStream(Base64.getDecoder().decode($x).inputStream()).use { it.readObject() }@@sink"]],
             good=[(imp("kotlinx.serialization.json.Json"), ["val $v61 = Json.decodeFromString<Map<String, String>>($x)@@sink@@guard"])]),
        dict(id="yaml", imports=imp("org.yaml.snakeyaml.Yaml"), use=[["val $v61: Any = Yaml().load($x)@@sink"], ["val $v61 = Yaml()", "val $v62 = $v61.load<Map<String, Any>>($x)@@sink"]], good=[(imp("org.yaml.snakeyaml.Yaml", "org.yaml.snakeyaml.LoaderOptions", "org.yaml.snakeyaml.constructor.SafeConstructor"), ["val $v61 = Yaml(SafeConstructor(LoaderOptions())).load<Any>($x)@@sink@@guard"])]),
        dict(id="xstream", imports=imp("com.thoughtworks.xstream.XStream"), use=[["val $v61 = XStream().fromXML($x)@@sink"]]),
    ],
    "611": [
        dict(id="dom", imports=DOM, use=[["val $v61 = DocumentBuilderFactory.newInstance()", "val $v62 = $v61.newDocumentBuilder().parse(InputSource(StringReader($x)))@@sink"], ["val $v62 = DocumentBuilderFactory.newInstance().newDocumentBuilder().parse($x.byteInputStream())@@sink"]],
             good=[(DOM, ["val $v61 = DocumentBuilderFactory.newInstance()", '$v61.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true)@@guard', "val $v62 = $v61.newDocumentBuilder().parse(InputSource(StringReader($x)))@@sink"])]),
        dict(id="sax", imports=DOM + imp("org.xml.sax.helpers.DefaultHandler"), use=[["val $v61 = SAXParserFactory.newInstance()", "$v61.newSAXParser().parse(InputSource(StringReader($x)), DefaultHandler())@@sink"]],
             good=[(DOM + imp("org.xml.sax.helpers.DefaultHandler"), ["val $v61 = SAXParserFactory.newInstance()", '$v61.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true)@@guard', "$v61.newSAXParser().parse(InputSource(StringReader($x)), DefaultHandler())@@sink"])]),
    ],
    "643": [dict(id="evaluate", imports=XPI, parts=XPATH, use=[["val $v61 = XPathFactory.newInstance().newXPath()", 'val $v62 = $v61.evaluate($x, InputSource(StringReader("<root/>")))@@sink'], ["val $v61 = XPathFactory.newInstance().newXPath()", "val $v62 = $v61.compile($x)@@sink"]])],
    "90": [dict(id="jndi", imports=imp("javax.naming.directory.*"), parts=LDAP, use=[["val $v61 = InitialDirContext()", 'val $v62 = $v61.search("ou=people", $x, SearchControls())@@sink']], good=[(imp("javax.naming.directory.*"), ["val $v61 = InitialDirContext()", 'val $v62 = $v61.search("ou=people", "(uid={0})", arrayOf($x), SearchControls())@@sink@@guard'])])],
    "117": [dict(id="slf4j", imports=imp("org.slf4j.LoggerFactory"), top=['private val logger = LoggerFactory.getLogger("$word2")'], parts=[["search for ", "$x", ""], ["login of ", "$x", " failed"]], use=[["logger.info($x)@@sink"], ["logger.warn($x)@@sink"], ["logger.error($x)@@sink"]]),
            dict(id="jul", imports=imp("java.util.logging.Logger"), top=['private val log = Logger.getLogger("$word2")'], parts=[["deleted ", "$x", ""], ["user: ", "$x", ""]], use=[["log.info($x)@@sink"], ["log.warning($x)@@sink"]])],
    "1333": [dict(id="regex", use=[['val $v61 = Regex($x).matches("$word2")@@sink'], ['val $v61 = $x.toRegex().containsMatchIn("$word2")@@sink'], ['val $v61 = "$word2".contains(Regex($x))@@sink']]), dict(id="pattern", imports=imp("java.util.regex.Pattern"), use=[['val $v61 = Pattern.compile($x).matcher("$word2").matches()@@sink']])],
    "95": [dict(id="script", imports=imp("javax.script.ScriptEngineManager"), use=[['val $v61 = ScriptEngineManager().getEngineByName("kotlin")', "val $v62 = $v61.eval($x)@@sink"], ['val $v62 = ScriptEngineManager().getEngineByExtension("js").eval($x)@@sink']]),
           dict(id="spel", imports=imp("org.springframework.expression.spel.standard.SpelExpressionParser"), entries=SPRINGS, use=[["val $v61 = SpelExpressionParser().parseExpression($x).value@@sink"], ["val $v61 = SpelExpressionParser()", "val $v62 = $v61.parseExpression($x).getValue()@@sink"]])],
    "470": [dict(id="forname", use=[["val $v61 = Class.forName($x)@@sink"], ["val $v61 = Class.forName($x).getDeclaredConstructor().newInstance()@@sink"]])],
    "113": [dict(id="header", fn=False, entries=["servlet"], use=[['response.setHeader("X-$Ent1", $x)@@sink'], ['response.addHeader("X-$Ent1", $x)@@sink']])],
}
ALL = {"78", "89", "22", "79", "90", "643", "113", "117", "1333"}
URLISH = {"95", "470", "601", "918", "502", "611"}
ENCODERS = [
    ("ktor", imp("io.ktor.util.escapeHTML"), "$x.escapeHTML()", {"79"}, {"643", "89"}), ("htmlutils", imp("org.springframework.web.util.HtmlUtils"), "HtmlUtils.htmlEscape($x)", {"79"}, {"643", "89"}), ("encode", imp("org.owasp.encoder.Encode"), "Encode.forHtml($x)", {"79"}, {"643", "89"}),
    ("commons", imp("org.apache.commons.text.StringEscapeUtils"), "StringEscapeUtils.escapeHtml4($x)", {"79"}, {"643"}), ("name", IO, "File($x).name", {"22"}, {"601", "918", "470"}), ("last", imp("java.nio.file.Paths"), "Paths.get($x).fileName.toString()", {"22"}, {"601", "918", "470"}), ("after", [], "$x.substringAfterLast('/').replace(\"..\", \"\")", {"22"}, {"601", "918", "470"}),
    ("oneline", [], '$x.replace(Regex("[\\\\r\\\\n]"), "")', {"113", "117"}, {"78"}), ("lines", [], '$x.replace("\\n", "").replace("\\r", "")', {"113", "117"}, {"78"}), ("words", [], '$x.replace(Regex("[^A-Za-z0-9_]"), "")', ALL, URLISH), ("filter", [], "$x.filter { it in 'a'..'z' || it in '0'..'9' }", ALL, URLISH),
    ("url", imp("java.net.URLEncoder"), 'URLEncoder.encode($x, "UTF-8")', {"113", "117"}, ALL | URLISH), ("escapeRe", [], "Regex.escape($x)", {"1333"}, {"470", "117", "113"}), ("quoteRe", imp("java.util.regex.Pattern"), "Pattern.quote($x)", {"1333"}, {"470", "117", "113"}), ("ldap", imp("org.owasp.esapi.ESAPI"), "ESAPI.encoder().encodeForLDAP($x)", {"90"}, {"1333", "78"}),
    ("trim", [], "$x.trim()", set(), {"113", "117"}), ("lower", [], "$x.lowercase()", set(), {"470"}), ("cut", [], "$x.take(2$n8)", set(), set()), ("dots", [], '$x.replaceFirst("../", "")', set(), set()), ("prefix", [], '$x.removePrefix("/")', set(), {"601"}), ("semi", [], '$x.replace(";", "")', set(), set()), ("script", [], '$x.replace("<script>", "")', set(), set()),
]
CHECKS = [
    ("matches", [], '!$x.matches(Regex("[A-Za-z0-9_]+"))', ALL, URLISH), ("regex", [], '!Regex("^[a-z0-9]+$$").matches($x)', ALL, URLISH), ("all", [], "!$x.all { it in 'a'..'z' || it in '0'..'9' }", ALL, URLISH), ("digits", [], '!$x.matches("\\\\d+".toRegex())', ALL, URLISH), ("number", [], "$x.toLongOrNull() == null", ALL, URLISH, [], "$x.toLongOrNull() != null"),
    ("host", imp("java.net.URI"), 'URI($x).host != "$host3"', {"601", "918"}, {"22", "611", "502"}, [], 'URI($x).host == "$host3"'), ("dotdot", [], "$x.contains(\"..\") || $x.contains('/')", {"22"}, {"601", "918", "78", "95", "470"}), ("dots", [], "\"..\" in $x || '/' in $x", {"22"}, {"601", "918", "78", "95", "470"}),
    ("crlf", [], "$x.contains('\\n') || $x.contains('\\r')", {"113", "117"}, {"78"}), ("control", [], "$x.any { it.isISOControl() }", {"113", "117"}, {"78"}, [], "$x.none { it.isISOControl() }"), ("relative", [], "!$x.startsWith(\"/\") || $x.startsWith(\"//\") || $x.contains('\\\\')", {"601"}, {"918", "22", "470", "611", "502"}),
    ("empty", [], "$x.isEmpty()", set(), set()), ("blank", [], "$x.isBlank()", set(), set()), ("len", [], "$x.length > 2$n7", set(), set()), ("http", [], '!$x.startsWith("http")', set(), {"502", "611", "95", "22", "470"}), ("contains", [], '!$x.contains("$host3")', set(), {"78", "89", "22", "502", "611", "95", "90", "643", "470", "1333"}),
    ("semi", [], "$x.contains(\";\")", set(), set()), ("ext", [], '!$x.endsWith(".txt")', set(), {"601", "470"}), ("dashes", [], '$x.contains("--")', set(), set()), ("starts", [], '!$x.startsWith("/srv/")', set(), {"601", "918", "470"}), ("loose", [], '!Regex("[a-z]+").containsMatchIn($x)', set(), {"470"}),
]
DATA = dict(entries=ENTRIES, sinks=SINKS, encoders=ENCODERS, checks=CHECKS, casts=[([], ["val $y = $x.toInt()"], "$y.toString()"), ([], ["val $y = $x.toLongOrNull() ?: 0L"], "$y.toString()"), (imp("java.util.UUID"), ["val $y = UUID.fromString($x)"], "$y.toString()")],
            nocast=URLISH | {"1333", "22"}, noop=["$x.trim()", "$x.lowercase()", "$x", "$x.toString()", "$x.plus(\"\")", '$x.ifEmpty { "" }'])
