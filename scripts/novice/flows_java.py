"""Java: entry points, sinks, encoders and checks for `weave.py`."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL, XPATH

SERVLET = ["javax.servlet.http.HttpServlet", "javax.servlet.http.HttpServletRequest", "javax.servlet.http.HttpServletResponse", "java.io.IOException"]


def imp(*names):
    return [f"import {name};" for name in names]


ENTRIES = [
    dict(id="servlet", imports=imp(*SERVLET), **{"class": ["public class $T0 extends HttpServlet {"]},
         open=[["@Override", "protected void doGet(HttpServletRequest request, HttpServletResponse response) throws IOException {"], ["public void doPost(HttpServletRequest request, HttpServletResponse response) throws IOException {"]],
         sources=['request.getParameter("$p")', 'request.getHeader("X-$p")', 'request.getQueryString()', 'request.getParameterValues("$p")[0]'],
         fail=[["response.sendError(400);", "return;"], ["response.setStatus(HttpServletResponse.SC_BAD_REQUEST);", "return;"]], done=[["response.setStatus(204);"], ['response.getWriter().println("ok");']], close=["}"]),
    dict(id="req", imports=imp(*SERVLET), **{"class": ["public class $T0 extends HttpServlet {"]},
         open=[["protected void service(HttpServletRequest req, HttpServletResponse res) throws IOException {"]],
         sources=['req.getParameter("$p")', 'req.getHeader("$p")', "req.getPathInfo()", 'req.getCookies()[0].getValue()'],
         fail=[["res.sendError(HttpServletResponse.SC_FORBIDDEN);", "return;"]], done=[["res.setStatus(200);"]], close=["}"]),
    dict(id="spring", imports=imp("org.springframework.web.bind.annotation.*", "javax.servlet.http.HttpServletRequest"), **{"class": ["@RestController", "public class $T0 {"]},
         open=[['@GetMapping("/$word1")', "public String $f1(HttpServletRequest request) throws Exception {"], ['@PostMapping("/$ent1/$noun1")', "public String $f1(HttpServletRequest request) throws Exception {"]],
         sources=['request.getParameter("$p")', 'request.getHeader("$p")'], fail=[['return "bad request";'], ["throw new IllegalArgumentException();"]], done=[['return "ok";'], ['return "";']], close=["}"]),
    dict(id="springparam", imports=imp("org.springframework.web.bind.annotation.*"), **{"class": ["@RestController", '@RequestMapping("/$ent2")', "public class $T0 {"]},
         open=[['@GetMapping("/$word1")']], sources=[["public String $f1(@RequestParam String $x) throws Exception {@@src"], ['public String $f1(@RequestParam("$p") String $x) throws Exception {@@src'], ['public String $f1(@RequestBody String $x) throws Exception {@@src']], split=True,
         fail=[['return "bad request";'], ["throw new IllegalArgumentException();"]], done=[['return "ok";']], close=["}"]),
    dict(id="jaxrs", imports=imp("javax.ws.rs.*", "javax.ws.rs.core.*"), **{"class": ['@Path("/$ent2")', "public class $T0 {"]},
         open=[["@GET", '@Path("/$word1")', "public Response $f1(@Context UriInfo info) throws Exception {"]], sources=['info.getQueryParameters().getFirst("$p")', 'info.getPathParameters().getFirst("$p")'],
         fail=[["return Response.status(400).build();"]], done=[["return Response.ok().build();"]], close=["}"]),
]
WEBID = ["servlet", "req"]
SQLI = imp("java.sql.*")
CONN = 'Connection $v60 = DriverManager.getConnection("jdbc:h2:mem:$word2");'
IO = imp("java.io.*")
NIO = imp("java.nio.file.*", "java.io.*")
LDAPI = imp("javax.naming.directory.*")
XPI = imp("javax.xml.xpath.*", "org.xml.sax.InputSource", "java.io.StringReader")
DOM = imp("javax.xml.parsers.*", "org.xml.sax.InputSource", "java.io.StringReader", "org.w3c.dom.Document")
SINKS = {
    "89": [
        dict(id="statement", imports=SQLI, parts=SQL, use=[[CONN, "Statement $v61 = $v60.createStatement();", "ResultSet $v62 = $v61.executeQuery($x);@@sink"], [CONN, "$v60.createStatement().executeUpdate($x);@@sink"], [CONN, "Statement $v61 = $v60.createStatement();", "$v61.execute($x);@@sink"]],
             good=[(SQLI, [CONN, 'PreparedStatement $v61 = $v60.prepareStatement("SELECT * FROM $table1 WHERE $noun5 = ?");', "$v61.setString(1, $x);@@guard", "ResultSet $v62 = $v61.executeQuery();@@sink"])]),
        dict(id="prepared", imports=SQLI, parts=SQL, use=[[CONN, "PreparedStatement $v61 = $v60.prepareStatement($x);@@sink", "$v61.executeQuery();"]], good=[(SQLI, [CONN, 'PreparedStatement $v61 = $v60.prepareStatement("DELETE FROM $table1 WHERE $noun5 = ?");@@sink@@guard', "$v61.setString(1, $x);", "$v61.executeUpdate();"])]),
        dict(id="jdbctemplate", imports=imp("org.springframework.jdbc.core.JdbcTemplate"), top=["private JdbcTemplate jdbc;"], parts=SQL, fn="inst", use=[["jdbc.queryForList($x);@@sink"], ["jdbc.update($x);@@sink"], ["jdbc.execute($x);@@sink"]], good=[([], ['jdbc.update("UPDATE $table1 SET seen = 1 WHERE $noun5 = ?", $x);@@sink@@guard'])]),
        dict(id="jpa", imports=imp("javax.persistence.EntityManager"), top=["private EntityManager em;"], parts=[["SELECT u FROM $Ent5 u WHERE u.$noun5 = '", "$x", "'"], ["DELETE FROM $Ent5 u WHERE u.$noun6 = '", "$x", "'"]], fn="inst", use=[["em.createQuery($x).getResultList();@@sink"], ["em.createNativeQuery($x).getResultList();@@sink"]],
             good=[([], ['em.createQuery("SELECT u FROM $Ent5 u WHERE u.$noun5 = :v").setParameter("v", $x).getResultList();@@sink@@guard'])]),
    ],
    "78": [
        dict(id="runtime", parts=CMD, use=[["Runtime.getRuntime().exec($x);@@sink"], ["Process $v61 = Runtime.getRuntime().exec($x);@@sink"], ['Runtime.getRuntime().exec(new String[] {"sh", "-c", $x});@@sink']], good=[([], ['Runtime.getRuntime().exec(new String[] {"ping", "-c", "1", $x});@@sink@@guard'])]),
        dict(id="builder", parts=CMD, use=[['new ProcessBuilder("sh", "-c", $x).start();@@sink'], ['ProcessBuilder $v61 = new ProcessBuilder("bash", "-c", $x);@@sink', "$v61.start();"]], good=[([], ['new ProcessBuilder("nslookup", $x).start();@@sink@@guard'])]),
    ],
    "22": [
        dict(id="stream", imports=IO, parts=PATHS, use=[["FileInputStream $v61 = new FileInputStream($x);@@sink", "$v61.read();"], ["FileReader $v61 = new FileReader($x);@@sink"], ["FileOutputStream $v61 = new FileOutputStream($x);@@sink", "$v61.write(1);"]]),
        dict(id="file", imports=IO, use=[['File $v61 = new File("/srv/$dir1", $x);@@step', "FileInputStream $v62 = new FileInputStream($v61);@@sink"], ['File $v61 = new File("/srv/$dir1/" + $x);@@step', "$v61.delete();@@sink"]]),
        dict(id="files", imports=NIO, parts=PATHS, use=[["byte[] $v61 = Files.readAllBytes(Paths.get($x));@@sink"], ["Files.delete(Paths.get($x));@@sink"], ["String $v61 = Files.readString(Path.of($x));@@sink"]]),
    ],
    "79": [
        dict(id="writer", parts=HTML, fn=False, entries=["servlet"], use=[["response.getWriter().println($x);@@sink"], ['response.setContentType("text/html");', "response.getWriter().write($x);@@sink"], ["PrintWriter $v61 = response.getWriter();", "$v61.print($x);@@sink"]], imports=IO,
             good=[([], ['response.setContentType("text/plain");@@guard', "response.getWriter().println($x);@@sink"])]),
        dict(id="reswriter", parts=HTML, fn=False, entries=["req"], use=[["res.getWriter().println($x);@@sink"], ["res.getWriter().printf($x);@@sink"]]),
        dict(id="body", parts=HTML, fn=False, ends=True, entries=["spring", "springparam"], use=[["return $x;@@sink"]]),
    ],
    "90": [dict(id="jndi", imports=LDAPI, parts=LDAP, use=[["DirContext $v61 = new InitialDirContext();", '$v61.search("ou=people", $x, new SearchControls());@@sink']], good=[(LDAPI, ["DirContext $v61 = new InitialDirContext();", '$v61.search("ou=people", "(uid={0})", new Object[] {$x}, new SearchControls());@@sink@@guard'])])],
    "643": [dict(id="evaluate", imports=XPI, parts=XPATH, use=[["XPath $v61 = XPathFactory.newInstance().newXPath();", '$v61.evaluate($x, new InputSource(new StringReader("<root/>")));@@sink'], ["XPath $v61 = XPathFactory.newInstance().newXPath();", "XPathExpression $v62 = $v61.compile($x);@@sink"]])],
    "94": [dict(id="script", imports=imp("javax.script.*"), use=[['ScriptEngine $v61 = new ScriptEngineManager().getEngineByName("js");', "$v61.eval($x);@@sink"]]),
           dict(id="spel", imports=imp("org.springframework.expression.spel.standard.SpelExpressionParser"), use=[["SpelExpressionParser $v61 = new SpelExpressionParser();", "Object $v62 = $v61.parseExpression($x).getValue();@@sink"]])],
    "113": [dict(id="header", fn=False, entries=["servlet"], use=[['response.setHeader("X-$Ent1", $x);@@sink'], ['response.addHeader("X-$Ent1", $x);@@sink']]),
            dict(id="cookie", imports=imp("javax.servlet.http.Cookie"), fn=False, entries=["req"], use=[['res.addCookie(new Cookie("$noun1", $x));@@sink'], ['res.addHeader("Location", $x);@@sink']])],
    "117": [dict(id="slf4j", imports=imp("org.slf4j.Logger", "org.slf4j.LoggerFactory"), top=['private static final Logger log = LoggerFactory.getLogger("$word2");'], parts=[["search for ", "$x", ""], ["login of ", "$x", " failed"]], use=[["log.info($x);@@sink"], ["log.warn($x);@@sink"], ["log.error($x);@@sink"]]),
            dict(id="jul", imports=imp("java.util.logging.Logger"), top=['private static final Logger LOG = Logger.getLogger("$word2");'], parts=[["deleted ", "$x", ""], ["user: ", "$x", ""]], use=[["LOG.info($x);@@sink"], ["LOG.warning($x);@@sink"]])],
    "502": [dict(id="ois", imports=imp("java.io.*", "java.util.Base64"), use=[["byte[] $v61 = Base64.getDecoder().decode($x);@@step", "Object $v62 = new ObjectInputStream(new ByteArrayInputStream($v61)).readObject();@@sink"], ["ObjectInputStream $v61 = new ObjectInputStream(new ByteArrayInputStream(Base64.getDecoder().decode($x)));@@step", "Object $v62 = $v61.readObject();@@sink"]],
                  good=[(imp("com.fasterxml.jackson.databind.ObjectMapper"), ["String $v61 = new ObjectMapper().readValue($x, String.class);@@sink@@guard"])]),
            dict(id="snake", imports=imp("org.yaml.snakeyaml.Yaml"), use=[["Object $v61 = new Yaml().load($x);@@sink"]], good=[(imp("org.yaml.snakeyaml.Yaml", "org.yaml.snakeyaml.constructor.SafeConstructor"), ["Object $v61 = new Yaml(new SafeConstructor()).load($x);@@sink@@guard"])]),
            dict(id="xstream", imports=imp("com.thoughtworks.xstream.XStream"), use=[["Object $v61 = new XStream().fromXML($x);@@sink"]])],
    "601": [dict(id="redirect", fn=False, ends=True, entries=["servlet"], use=[["response.sendRedirect($x);@@sink"]], good=[([], ['response.sendRedirect("/$word1");@@sink@@guard'])]), dict(id="resredirect", fn=False, ends=True, entries=["req"], use=[["res.sendRedirect($x);@@sink"]]),
            dict(id="springredirect", fn=False, ends=True, entries=["spring"], use=[['return "redirect:" + $x;@@sink']])],
    "611": [dict(id="dom", imports=DOM, use=[["DocumentBuilderFactory $v61 = DocumentBuilderFactory.newInstance();", "Document $v62 = $v61.newDocumentBuilder().parse(new InputSource(new StringReader($x)));@@sink"]],
                 good=[(DOM, ["DocumentBuilderFactory $v61 = DocumentBuilderFactory.newInstance();", '$v61.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);@@guard', "Document $v62 = $v61.newDocumentBuilder().parse(new InputSource(new StringReader($x)));@@sink"])]),
            dict(id="sax", imports=imp("javax.xml.parsers.*", "org.xml.sax.*", "org.xml.sax.helpers.DefaultHandler", "java.io.StringReader"), use=[["SAXParserFactory $v61 = SAXParserFactory.newInstance();", "$v61.newSAXParser().parse(new InputSource(new StringReader($x)), new DefaultHandler());@@sink"]],
                 good=[(imp("javax.xml.parsers.*", "org.xml.sax.*", "org.xml.sax.helpers.DefaultHandler", "java.io.StringReader"), ["SAXParserFactory $v61 = SAXParserFactory.newInstance();", '$v61.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);@@guard', "$v61.newSAXParser().parse(new InputSource(new StringReader($x)), new DefaultHandler());@@sink"])])],
    "918": [dict(id="url", imports=imp("java.net.*"), use=[["new URL($x).openStream();@@sink"], ["URL $v61 = new URL($x);@@step", "URLConnection $v62 = $v61.openConnection();@@sink"]]),
            dict(id="rest", imports=imp("org.springframework.web.client.RestTemplate"), use=[["String $v61 = new RestTemplate().getForObject($x, String.class);@@sink"]], good=[(imp("org.springframework.web.client.RestTemplate"), ['String $v61 = new RestTemplate().getForObject("https://$host1/{id}", String.class, $x);@@sink@@guard'])])],
    "470": [dict(id="forname", use=[["Class<?> $v61 = Class.forName($x);@@sink"], ["Object $v61 = Class.forName($x).getDeclaredConstructor().newInstance();@@sink"]])],
    "134": [dict(id="format", parts=[["", "$x", " total: %d"], ["value ", "$x", ""]], use=[["String $v61 = String.format($x, 7);@@sink"], ["System.out.printf($x);@@sink"]], good=[([], ['System.out.printf("%s", $x);@@sink@@guard'])])],
    "1333": [dict(id="pattern", imports=imp("java.util.regex.Pattern"), use=[['boolean $v61 = Pattern.compile($x).matcher("$word2").matches();@@sink'], ['boolean $v61 = "$word2".matches($x);@@sink']])],
}
ALL = {"78", "89", "22", "79", "90", "643", "113", "117", "134", "1333"}
URLISH = {"94", "470", "601", "918", "502", "611"}
ENCODERS = [
    ("esapi", imp("org.owasp.encoder.Encode"), "Encode.forHtml($x)", {"79"}, {"643"}), ("htmlutils", imp("org.springframework.web.util.HtmlUtils"), "HtmlUtils.htmlEscape($x)", {"79"}, {"643"}),
    ("commons", imp("org.apache.commons.text.StringEscapeUtils"), "StringEscapeUtils.escapeHtml4($x)", {"79"}, {"643"}), ("fname", imp("org.apache.commons.io.FilenameUtils"), "FilenameUtils.getName($x)", {"22"}, {"601", "918"}),
    ("lastpart", imp("java.nio.file.Paths"), "Paths.get($x).getFileName().toString()", {"22"}, {"601", "918", "470"}), ("oneline", [], '$x.replaceAll("[\\\\r\\\\n]", "")', {"113", "117"}, {"78"}),
    ("words", [], '$x.replaceAll("[^a-zA-Z0-9_]", "")', ALL, URLISH), ("url", imp("java.net.URLEncoder"), 'URLEncoder.encode($x, "UTF-8")', {"113", "117"}, ALL | URLISH), ("quoteRe", imp("java.util.regex.Pattern"), "Pattern.quote($x)", {"1333"}, {"470", "117", "113"}),
    ("ldap", imp("org.owasp.esapi.ESAPI"), "ESAPI.encoder().encodeForLDAP($x)", {"90"}, {"1333", "78"}), ("trim", [], "$x.trim()", set(), {"113", "117"}), ("lower", [], "$x.toLowerCase()", set(), {"470"}), ("cut", [], "$x.substring(0, Math.min($n8, $x.length()))", set(), set()),
    ("dots", [], '$x.replaceFirst("\\\\.\\\\./", "")', set(), set()), ("semi", [], '$x.replace(";", "")', set(), set()), ("script", [], '$x.replace("<script>", "")', set(), set()), ("valueof", [], "String.valueOf($x)", set(), set()),
]
CHECKS = [
    ("matches", [], '!$x.matches("[A-Za-z0-9_]+")', ALL, URLISH), ("digits", [], '!$x.matches("\\\\d+")', ALL | {"94"}, URLISH - {"94"}), ("alnum", imp("org.apache.commons.lang3.StringUtils"), "!StringUtils.isAlphanumeric($x)", ALL, URLISH),
    ("host", imp("java.net.URI"), '!URI.create($x).getHost().equals("$host3")', {"601", "918"}, {"22", "611", "502"}, [], 'URI.create($x).getHost().equals("$host3")'),
    ("canon", imp("java.io.File"), '!new File("/srv/$dir1", $x).getCanonicalPath().startsWith("/srv/$dir1/")', {"22"}, {"601", "918", "470"}), ("dotdot", [], '$x.contains("..") || $x.contains("/")', {"22"}, {"601", "918", "78", "94", "470"}),
    ("crlf", [], '$x.contains("\\n") || $x.contains("\\r")', {"113", "117"}, {"78"}), ("null", [], "$x == null", set(), set()), ("empty", [], "$x.isEmpty()", set(), set()), ("len", [], "$x.length() > $n7", set(), set()),
    ("http", [], '!$x.startsWith("http")', set(), {"502", "611", "94", "22", "470"}), ("contains", [], '!$x.contains("$host3")', set(), {"78", "89", "22", "502", "611", "94", "90", "643", "470", "1333"}), ("semi", [], '$x.contains(";")', set(), set()), ("ext", [], '!$x.endsWith(".txt")', set(), {"601", "470"}),
    ("space", [], '$x.contains("--")', set(), set()), ("starts", [], '!$x.startsWith("/srv/")', set(), {"601", "918", "470"}),
]
DATA = dict(entries=ENTRIES, sinks=SINKS, encoders=ENCODERS, checks=CHECKS, casts=[([], ["int $y = Integer.parseInt($x);"], "String.valueOf($y)"), ([], ["long $y = Long.parseLong($x);"], "Long.toString($y)"), (imp("java.util.UUID"), ["UUID $y = UUID.fromString($x);"], "$y.toString()")],
            nocast={"601", "918", "502", "611", "470", "1333", "94", "22"}, noop=["$x.trim()", "$x.toLowerCase()", "$x", '$x == null ? "" : $x', "$x.toString()", "$x.concat(\"\")"])
