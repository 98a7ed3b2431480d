"""PHP: entry points, sinks, encoders and checks for `weave.py`. `$$` becomes a dollar sign; `$x` stands with its own."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL, XPATH

GLOBALS = ["$$_GET['$p']", "$$_POST['$p']", "$$_REQUEST['$p']", "$$_COOKIE['$p']", "$$_GET['$p'] ?? ''", "$$_POST['$p'] ?? ''", "filter_input(INPUT_GET, '$p')"]
ENTRIES = [
    dict(id="script", open=[["session_start();"], ["$$started = microtime(true);"], ["require_once __DIR__ . '/$mod9.php';"]], level=0, sources=GLOBALS,
         fail=[["http_response_code(400);", "exit;"], ["die('bad request');"], ["header('HTTP/1.1 400 Bad Request');", "exit();"]], done=[["echo 'ok';"], ["http_response_code(204);"]]),
    dict(id="function", open=[["function $f1() {"], ["function $f1($$args) {"]], sources=GLOBALS, fail=[["http_response_code(400);", "return;"], ["return false;"]], done=[["return true;"], ["echo 'ok';"]], close=["}"]),
    dict(id="method", open=[["class $T9 {", "\tpublic function $f1() {"], ["final class $T9", "{", "\tpublic function $f1(): void", "\t{"]], level=2, sources=GLOBALS,
         fail=[["http_response_code(400);", "return;"], ["throw new InvalidArgumentException('$word5');"]], done=[["http_response_code(204);"]], close=["\t}", "}"]),
    dict(id="symfony", imports=["use Symfony\\Bundle\\FrameworkBundle\\Controller\\AbstractController;", "use Symfony\\Component\\HttpFoundation\\Request;", "use Symfony\\Component\\HttpFoundation\\Response;", "use Symfony\\Component\\Routing\\Attribute\\Route;"],
         open=[["class $T9 extends AbstractController", "{", "\t#[Route('/$ent1/$word1')]", "\tpublic function $f1(Request $$request): Response", "\t{"]], level=2,
         sources=["$$request->query->get('$p')", "$$request->request->get('$p', '')", "$$request->headers->get('X-$p')", "$$request->cookies->get('$p')", "$$request->get('$p')"],
         fail=[["return new Response('bad request', 400);"], ["throw $$this->createNotFoundException();"]], done=[["return new Response('ok');"], ["return $$this->json(['ok' => true]);"]], close=["\t}", "}"]),
    dict(id="laravel", imports=["use Illuminate\\Http\\Request;", "use Illuminate\\Support\\Facades\\Route;"], open=[["Route::get('/$word1', function (Request $$request) {"], ["Route::post('/$ent1/$noun1', function (Request $$request) {"]],
         sources=["$$request->input('$p')", "$$request->query('$p')", "$$request->post('$p')", "$$request->cookie('$p')", "$$request->header('X-$p')", "request('$p')"],
         fail=[["abort(400);"], ["return response('bad request', 400);"]], done=[["return 'ok';"], ["return response()->noContent();"]], close=["});"]),
    dict(id="controller", imports=["use Illuminate\\Http\\Request;"], open=[["class $T9 extends Controller", "{", "\tpublic function $f1(Request $$request)", "\t{"]], level=2, sources=["$$request->input('$p')", "$$request->get('$p')", "$$request->query('$p')"],
         fail=[["abort(400);"], ["return back();"]], done=[["return response()->json(['ok' => true]);"], ["return view('$word1');"]], close=["\t}", "}"]),
    dict(id="slim", imports=["use Psr\\Http\\Message\\ResponseInterface as Response;", "use Psr\\Http\\Message\\ServerRequestInterface as Request;"], open=[["$$app->get('/$word1', function (Request $$request, Response $$response) {"]],
         sources=["$$request->getQueryParams()['$p']", "$$request->getParsedBody()['$p']", "$$request->getHeaderLine('X-$p')"], fail=[["return $$response->withStatus(400);"]], done=[["return $$response->withStatus(204);"]], close=["});"]),
]
PLAIN = ["script", "function", "method"]
MYSQLI, PDO = "$$db = new mysqli('localhost', '$word3', getenv('DB_PASS'), '$word2');", "$$pdo = new PDO('mysql:host=localhost;dbname=$word2', '$word3', getenv('DB_PASS'));"
SINKS = {
    "89": [
        dict(id="mysqli", parts=SQL, use=[[MYSQLI, "$$rows = $$db->query($x);@@sink"], ["$$link = mysqli_connect('localhost', '$word3', getenv('DB_PASS'), '$word2');", "$$rows = mysqli_query($$link, $x);@@sink"]],
             good=[([], [MYSQLI, "$$stmt = $$db->prepare('SELECT * FROM $table1 WHERE $noun5 = ?');", "$$stmt->bind_param('s', $x);@@sink@@guard", "$$stmt->execute();"])]),
        dict(id="pdo", parts=SQL, use=[[PDO, "$$rows = $$pdo->query($x);@@sink"], [PDO, "$$pdo->exec($x);@@sink"], [PDO, "$$stmt = $$pdo->prepare($x);@@sink", "$$stmt->execute();"]],
             good=[([], [PDO, "$$stmt = $$pdo->prepare('SELECT * FROM $table1 WHERE $noun5 = :v');", "$$stmt->execute(['v' => $x]);@@sink@@guard"])]),
        dict(id="pg", parts=SQL, use=[["$$conn = pg_connect('dbname=$word2');", "$$rows = pg_query($$conn, $x);@@sink"]], good=[([], ["$$conn = pg_connect('dbname=$word2');", "$$rows = pg_query_params($$conn, 'SELECT * FROM $table1 WHERE $noun5 = $$1', [$x]);@@sink@@guard"])]),
        dict(id="eloquent", imports=["use Illuminate\\Support\\Facades\\DB;"], parts=SQL, use=[["$$rows = DB::select($x);@@sink"], ["DB::statement($x);@@sink"]], good=[(["use Illuminate\\Support\\Facades\\DB;"], ["$$rows = DB::select('SELECT * FROM $table1 WHERE $noun5 = ?', [$x]);@@sink@@guard"])]),
    ],
    "78": [dict(id="exec", parts=CMD, use=[["exec($x, $$lines);@@sink"], ["system($x);@@sink"], ["$$text = shell_exec($x);@@sink"], ["passthru($x);@@sink"]]),
           dict(id="popen", parts=CMD, use=[["$$pipe = popen($x, 'r');@@sink", "pclose($$pipe);"], ["$$run = proc_open($x, [], $$pipes);@@sink"]], good=[([], ["$$run = proc_open(['ping', '-c', '1', $x], [], $$pipes);@@sink@@guard"])])],
    "22": [dict(id="read", parts=PATHS, use=[["$$text = file_get_contents($x);@@sink"], ["readfile($x);@@sink"], ["$$f = fopen($x, 'r');@@sink", "fclose($$f);"]]),
           dict(id="change", parts=PATHS, use=[["unlink($x);@@sink"], ["file_put_contents($x, '$word4');@@sink"], ["copy($x, '/tmp/$word4');@@sink"]])],
    "98": [dict(id="include", parts=[["pages/", "$x", ".php"], ["$dir1/", "$x", ""], ["lang/", "$x", ".inc.php"]], use=[["include $x;@@sink"], ["require $x;@@sink"], ["include_once($x);@@sink"]])],
    "79": [dict(id="echo", parts=HTML, fn=False, entries=PLAIN, use=[["echo $x;@@sink"], ["print $x;@@sink"], ["print($x);@@sink"]], good=[([], ["header('Content-Type: text/plain');@@guard", "echo $x;@@sink"])]),
           dict(id="symfony", parts=HTML, fn=False, ends=True, entries=["symfony"], use=[["return new Response($x);@@sink"]], good=[([], ["return new JsonResponse(['value' => $x]);@@sink@@guard"])]),
           dict(id="laravel", parts=HTML, fn=False, ends=True, entries=["laravel", "controller"], use=[["return response($x);@@sink"]], good=[([], ["return response()->json(['value' => $x]);@@sink@@guard"])])],
    "95": [dict(id="eval", parts=[["$$total = ", "$x", ";"], ["return ", "$x", ";"]], use=[["eval($x);@@sink"], ["$$result = eval($x);@@sink"]])],
    "502": [dict(id="unserialize", use=[["$$state = unserialize($x);@@sink"], ["$$state = unserialize(base64_decode($x));@@sink"]], good=[([], ["$$state = json_decode($x, true);@@sink@@guard"]), ([], ["$$state = unserialize($x, ['allowed_classes' => false]);@@sink@@guard"])])],
    "601": [dict(id="header", fn=False, entries=PLAIN, use=[["header('Location: ' . $x);@@sink"], ['header("Location: {$x}");@@sink', "exit;"], ["header('Location: ' . $x, true, 302);@@sink", "exit;"]], good=[([], ["header('Location: /$word1');@@sink@@guard"])]),
            dict(id="symfony", fn=False, ends=True, entries=["symfony"], use=[["return $$this->redirect($x);@@sink"], ["return new RedirectResponse($x);@@sink"]]), dict(id="laravel", fn=False, ends=True, entries=["laravel", "controller"], use=[["return redirect($x);@@sink"], ["return redirect()->away($x);@@sink"]])],
    "918": [dict(id="curl", use=[["$$ch = curl_init($x);@@sink", "curl_exec($$ch);"], ["$$ch = curl_init();", "curl_setopt($$ch, CURLOPT_URL, $x);@@sink", "curl_exec($$ch);"]], good=[([], ["$$ch = curl_init('https://$host1/?q=' . urlencode($x));@@sink@@guard", "curl_exec($$ch);"])]),
            dict(id="sub", parts=[["http://", "$x", "/status"], ["https://", "$x", ".internal/$word1"]], use=[["$$body = file_get_contents($x);@@sink"]])],
    "90": [dict(id="search", parts=LDAP, use=[["$$ds = ldap_connect('ldap://$host1');", "$$found = ldap_search($$ds, 'dc=example,dc=org', $x);@@sink"]])],
    "643": [dict(id="xpath", parts=XPATH, use=[["$$doc = simplexml_load_file('$word2.xml');", "$$nodes = $$doc->xpath($x);@@sink"], ["$$dom = new DOMDocument();", "$$dom->load('$word2.xml');", "$$nodes = (new DOMXPath($$dom))->query($x);@@sink"]])],
    "117": [dict(id="log", parts=[["search for ", "$x", ""], ["login of ", "$x", " failed"]], use=[["error_log($x);@@sink"], ["syslog(LOG_INFO, $x);@@sink"]])],
    "1336": [dict(id="twig", imports=["use Twig\\Environment;"], parts=[["Hello ", "$x", "!"], ["<p>", "$x", "</p>"]], use=[["$$tpl = $$twig->createTemplate($x);@@sink", "$$html = $$tpl->render();"]], good=[([], ["$$html = $$twig->render('$word1.html.twig', ['value' => $x]);@@sink@@guard"])])],
}
ALL = {"78", "89", "22", "98", "79", "90", "643", "117", "1336", "95"}
URLISH = {"601", "918"}
ENCODERS = [
    ("html", [], "htmlspecialchars($x, ENT_QUOTES, 'UTF-8')", {"79"}, {"643", "1336"}), ("entities", [], "htmlentities($x, ENT_QUOTES)", {"79"}, {"643", "1336"}), ("shell", [], "escapeshellarg($x)", {"78"}, {"95", "89", "643"}),
    ("base", [], "basename($x)", {"22"}, URLISH | {"98"}), ("ldap", [], "ldap_escape($x, '', LDAP_ESCAPE_FILTER)", {"90"}, {"78"}), ("oneline", [], 'str_replace(["\\r", "\\n"], "", $x)', {"117"}, {"78"}), ("url", [], "rawurlencode($x)", {"117"}, ALL | URLISH),
    ("words", [], "preg_replace('/[^A-Za-z0-9_]/', '', $x)", ALL, URLISH), ("trim", [], "trim($x)", set(), {"117"}), ("lower", [], "strtolower($x)", set(), set()), ("tags", [], "strip_tags($x)", set(), {"79"}), ("slashes", [], "stripslashes($x)", set(), set()),
    ("dots", [], "str_replace('../', '', $x)", set(), set()), ("semi", [], "str_replace(';', '', $x)", set(), set()), ("script", [], "str_replace('<script>', '', $x)", set(), set()),
]
CHECKS = [
    ("re", [], "!preg_match('/^[A-Za-z0-9_]+$$/D', $x)", ALL, URLISH), ("digits", [], "!ctype_digit($x)", ALL, URLISH), ("alnum", [], "!ctype_alnum($x)", ALL, URLISH), ("dotdot", [], "strpos($x, '..') !== false || strpos($x, '/') !== false", {"22"}, URLISH | {"78", "98"}),
    ("crlf", [], 'preg_match("/[\\r\\n]/", $x)', {"117"}, {"78"}, [], '!preg_match("/[\\r\\n]/", $x)'), ("empty", [], "$x === ''", set(), set()), ("isempty", [], "empty($x)", set(), set()), ("len", [], "strlen($x) > $n7", set(), set()),
    ("loose", [], "!preg_match('/[a-z]+/', $x)", set(), set()), ("http", [], "!str_starts_with($x, 'http')", set(), {"22", "98"}), ("contains", [], "!str_contains($x, '$host3')", set(), ALL - {"117", "79", "95", "98", "1336"}),
    ("semi", [], "str_contains($x, ';')", set(), {"95"}), ("ext", [], "!str_ends_with($x, '.txt')", set(), {"601", "98"}), ("prefix", [], "!str_starts_with($x, '/srv/')", set(), URLISH),
]
DATA = dict(entries=ENTRIES, sinks=SINKS, encoders=ENCODERS, checks=CHECKS, casts=[([], ["$y = (int) $x;"], "(string) $y"), ([], ["$y = intval($x);"], "$y")], nocast={"601", "918", "22", "98", "502"},
            noop=["trim($x)", "strtolower($x)", "$x", "(string) $x"], first=["<?php", ""])
