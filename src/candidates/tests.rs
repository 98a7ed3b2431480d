//! Candidates of whole projects: generators, ranks, ids and budgets.

use crate::cards;
use crate::flow;
use crate::source::Snapshot;
use crate::syntax;

use std::path::Path;

use super::{Candidate, Generator, Role, Settings, find};

fn scan(files: &[(&str, &str)], settings: &Settings) -> Vec<Candidate> {
    let snapshot = Snapshot::of_texts(files.iter().copied());
    let forest = syntax::parse(snapshot.files(), &syntax::Limits::default());
    let (graph, _) = flow::build(&forest.modules, snapshot.files(), cards::all());
    find(&graph, &forest, &snapshot, cards::all(), settings)
}

fn only(id: &str) -> Settings {
    Settings {
        cards: vec![id.to_owned()],
        sweep: false,
        ..Settings::default()
    }
}

const APP: &str = "import os
from flask import Flask, request
app = Flask(__name__)

@app.route('/run')
def run():
    name = request.args['name']
    os.system('ls ' + name)
    return 'ok'
";

#[test]
fn every_rule_that_a_card_may_name_is_implemented() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut code = String::new();
    for stage in ["candidates", "flow"] {
        read_below(&root.join(stage), &mut code);
    }
    for rule in cards::ABSENCES.iter().chain(&cards::LIFETIMES) {
        assert!(code.contains(&format!("\"{rule}\"")), "nothing implements {rule}");
    }
}

/// The text of every Rust file below a folder, tests left out.
fn read_below(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_below(&path, text);
        } else if path.extension().is_some_and(|ending| ending == "rs") && !path.display().to_string().contains("test")
        {
            text.push_str(&std::fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn a_trace_leads_from_source_to_sink() {
    let found = scan(&[("app.py", APP)], &only("CWE-78"));
    let [candidate] = &found[..] else { panic!("{found:?}") };
    assert_eq!(candidate.generator, Generator::Taint);
    assert_eq!(candidate.function, "run");
    assert_eq!(
        candidate.trace.first().map(|step| (step.role, step.line)),
        Some((Role::Source, 7))
    );
    assert_eq!((candidate.place().role, candidate.place().line), (Role::Sink, 8));
    assert_eq!(candidate.place().code, "os.system('ls ' + name)");
}

#[test]
fn ids_survive_a_shift_of_lines_and_tell_twins_apart() {
    let shifted = format!("# a comment\n\n\n{APP}");
    let (before, after) = (
        scan(&[("app.py", APP)], &only("CWE-78")),
        scan(&[("app.py", &shifted)], &only("CWE-78")),
    );
    assert_eq!(before[0].id, after[0].id);
    assert_ne!(before[0].place().line, after[0].place().line);
    let gap = "\n".repeat(20);
    let twice = APP.replace("    return", &format!("{gap}    os.system('ls ' + name)\n    return"));
    let twins = scan(&[("app.py", &twice)], &only("CWE-78"));
    assert_eq!(twins.len(), 2);
    assert_ne!(twins[0].id, twins[1].id);
}

#[test]
fn own_code_ranks_above_tests_and_the_budget_keeps_the_best() {
    let settings = Settings {
        max: 1,
        ..only("CWE-78")
    };
    let found = scan(&[("tests/test_app.py", APP), ("zapp.py", APP)], &settings);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].place().path, "zapp.py");
}

#[test]
fn the_same_tree_gives_the_same_candidates() {
    let files = [("app.py", APP), ("b/app.py", APP)];
    assert_eq!(scan(&files, &Settings::default()), scan(&files, &Settings::default()));
}

#[test]
fn a_parameter_without_callers_ranks_low_and_says_so() {
    let library = "import os\ndef run(cmd):\n    os.system(cmd)\n";
    let (weak, strong) = (
        scan(&[("lib.py", library)], &only("CWE-78")),
        scan(&[("app.py", APP)], &only("CWE-78")),
    );
    assert!(weak[0].summary.contains("no caller"));
    assert!(weak[0].rank < strong[0].rank);
}

#[test]
fn secrets_are_found_and_stand_ins_are_not() {
    let code = "password = 'hX7!kq02Lm'
db_password = 'changeme'
name = 'hX7!kq02Lm'
import os
secret_password = os.environ['X']
";
    let found = scan(&[("settings.py", code)], &only("CWE-798"));
    assert_eq!(
        found.iter().map(|candidate| candidate.place().line).collect::<Vec<_>>(),
        [1]
    );
}

#[test]
fn a_route_without_the_check_of_its_siblings_stands_out() {
    let code = "from flask import Flask
from flask_login import login_required
app = Flask(__name__)

@app.route('/a')
@login_required
def alpha():
    return 'a'

@app.route('/b')
@login_required
def beta():
    return 'b'

@app.route('/c', methods=['POST'])
def gamma():
    return wipe()
";
    let found = scan(&[("app.py", code)], &only("CWE-862"));
    assert_eq!(
        found
            .iter()
            .map(|candidate| candidate.function.as_str())
            .collect::<Vec<_>>(),
        ["gamma"]
    );
    let checked = code.replace("def gamma", "@login_required\ndef gamma");
    assert!(scan(&[("app.py", &checked)], &only("CWE-862")).is_empty());
}

#[test]
fn cookies_want_their_flags() {
    let code = "from flask import make_response
def a(r):
    r.set_cookie('sid', 'x')
    r.set_cookie('sid', 'x', secure=True, httponly=True)
";
    let found = scan(&[("app.py", code)], &only("CWE-614"));
    assert_eq!(
        found.iter().map(|candidate| candidate.place().line).collect::<Vec<_>>(),
        [3]
    );
}

#[test]
fn logins_want_a_limit_and_uploads_a_check() {
    let login = "from flask import Flask, request
app = Flask(__name__)

@app.route('/login', methods=['POST'])
def login():
    return check(request.form['user'], request.form['password'])
";
    assert_eq!(scan(&[("app.py", login)], &only("CWE-307")).len(), 1);
    let limited = login.replace("def login", "@limiter.limit('5/minute')\ndef login");
    assert!(scan(&[("app.py", &limited)], &only("CWE-307")).is_empty());
    let upload = "from flask import Flask, request
app = Flask(__name__)

@app.route('/up', methods=['POST'])
def up():
    file = request.files['f']
    file.save('/srv/' + file.filename)
    return ''
";
    assert_eq!(scan(&[("app.py", upload)], &only("CWE-434")).len(), 1);
    let checked = upload.replace(
        "    file.save",
        "    if not allowed_extension(file.filename): return 'no'\n    file.save",
    );
    assert!(
        !scan(&[("app.py", &checked)], &only("CWE-434"))
            .iter()
            .any(|found| found.generator == Generator::Absence)
    );
}

#[test]
fn the_sweep_fills_what_is_left_and_no_more() {
    let code = "def parse(data):\n    return eval_rule(data)\n";
    let off = Settings {
        sweep: false,
        ..Settings::default()
    };
    let swept = scan(&[("app.py", APP), ("p.py", code)], &Settings::default());
    let plain = scan(&[("app.py", APP), ("p.py", code)], &off);
    assert!(swept.len() >= plain.len());
    assert_eq!(swept[..plain.len()], plain[..]);
    assert!(
        swept[plain.len()..]
            .iter()
            .all(|candidate| candidate.generator == Generator::Sweep)
    );
}

/// Vulnerable examples of the cards that the four generators are known not to reach: they are for the sweep.
const UNREACHED: usize = 8;

#[test]
fn the_examples_of_the_cards_come_out_as_they_should() {
    let extension = |language: &str| match language {
        "python" => "py".to_owned(),
        "javascript" => "js".to_owned(),
        "typescript" => "ts".to_owned(),
        "rust" => "rs".to_owned(),
        "ruby" => "rb".to_owned(),
        other => other.to_owned(),
    };
    let (mut missed, mut alarms) = (Vec::new(), Vec::new());
    for card in cards::all() {
        let examples = card.sections.vulnerable.iter().map(|example| (true, example));
        for (vulnerable, example) in examples.chain(card.sections.safe.iter().map(|example| (false, example))) {
            // Configuration is known by its name, and one that says `example` is for nobody.
            let path = match &*example.language {
                "yaml" => ".github/workflows/build.yml".to_owned(),
                "dockerfile" => "Dockerfile".to_owned(),
                "xml" => "AndroidManifest.xml".to_owned(),
                other => format!("example.{}", extension(other)),
            };
            let found = scan(&[(&path, &example.code)], &only(&card.id));
            match (vulnerable, found.is_empty()) {
                (true, true) => missed.push(format!("{} {}", card.id, example.language)),
                (false, false) => alarms.push(format!("{} {}: {}", card.id, example.language, found[0].summary)),
                _ => {}
            }
        }
    }
    assert!(alarms.is_empty(), "{}", alarms.join("\n"));
    assert!(missed.len() <= UNREACHED, "{}", missed.join("\n"));
}

#[test]
fn a_controller_of_csharp_is_asked_for_its_checks_cookies_and_settings() {
    let code = r#"
public class OrdersController : ControllerBase
{
    [Authorize]
    [HttpGet]
    public IActionResult All() => Ok(_store.All());
    [Authorize]
    [HttpGet("mine")]
    public IActionResult Mine() => Ok(_store.Mine());
    [HttpPost("wipe")]
    public IActionResult Wipe() { _store.Wipe(); return Ok(); }
    [AllowAnonymous]
    [HttpGet("public")]
    public IActionResult Shown()
    {
        Response.Cookies.Append("seen", "1");
        Response.Cookies.Append("kept", "1", new CookieOptions { Secure = true, HttpOnly = true });
        return Ok();
    }
    private Settings Fast() => new JsonSerializerSettings { TypeNameHandling = TypeNameHandling.All };
    private Settings Slow() => new JsonSerializerSettings { TypeNameHandling = TypeNameHandling.None };
    private byte[] Weak(byte[] data) => MD5.HashData(data);
    private byte[] Good(byte[] data) => SHA256.HashData(data);
}
"#;
    let lines = |id: &str| {
        let found = scan(&[("Orders.cs", code)], &only(id));
        found.iter().map(|candidate| candidate.place().line).collect::<Vec<_>>()
    };
    assert_eq!(lines("CWE-862"), [10]);
    assert_eq!(lines("CWE-614"), [16]);
    assert_eq!(lines("CWE-502"), [20]);
    assert_eq!(lines("CWE-328"), [22]);
}

#[test]
fn cookies_and_settings_of_kotlin_are_asked_for() {
    let code = r#"
import io.ktor.server.routing.*
fun Application.module() {
    routing {
        get("/a") {
            call.response.cookies.append("a", "1")
            call.response.cookies.append("b", "1", secure = true, httpOnly = true)
        }
    }
}
fun plain(response: HttpServletResponse) {
    val kept = Cookie("kept", "1")
    kept.secure = true
    kept.isHttpOnly = true
    response.addCookie(kept)
}
fun lax(response: HttpServletResponse) = response.addCookie(Cookie("lax", "1"))
fun weak(data: ByteArray) = MessageDigest.getInstance("MD5").digest(data)
fun good(data: ByteArray) = MessageDigest.getInstance("SHA-256").digest(data)
"#;
    let lines = |id: &str| {
        let found = scan(&[("Site.kt", code)], &only(id));
        found.iter().map(|candidate| candidate.place().line).collect::<Vec<_>>()
    };
    assert_eq!(lines("CWE-614"), [6, 17]);
    assert_eq!(lines("CWE-328"), [18]);
}

/// Lines of one Java file that become candidates of one card.
fn java(body: &str, id: &str) -> Vec<u32> {
    let code = format!(
        "class A {{\nvoid f(javax.servlet.http.HttpServletResponse response) throws Exception {{\n{body}}}\n}}\n"
    );
    let properties = "cipher=DES/CBC/PKCS5Padding\nstrong=AES/GCM/NoPadding\n";
    let files = [("A.java", code.as_str()), ("app.properties", properties)];
    let mut lines: Vec<u32> = scan(&files, &only(id))
        .iter()
        .map(|found| found.place().line - 2)
        .collect();
    lines.sort_unstable();
    lines
}

#[test]
fn weak_ciphers_are_found_by_name_default_and_property_file() {
    let apart = "\n".repeat(12);
    let weak = format!(
        "Cipher.getInstance(\"AES/ECB/PKCS5Padding\");{apart}Cipher.getInstance(props.getProperty(\"cipher\"));{apart}\
         String name = props.getProperty(\"none\", \"DESede/CBC/PKCS5Padding\");\nCipher.getInstance(name);\n"
    );
    assert_eq!(java(&weak, "CWE-327"), [1, 13, 26]);
    let strong = "Cipher.getInstance(\"RSA/ECB/OAEPWithSHA-256AndMGF1Padding\");\n\
                  Cipher.getInstance(props.getProperty(\"strong\"));\nCipher.getInstance(\"AES/CBC/PKCS5Padding\");\n";
    assert!(java(strong, "CWE-327").is_empty());
}

/// Other settings are asked for by other methods, and one that no file decides stays open.
#[test]
fn what_configuration_decides_is_decided_in_code() {
    let code = "class A {\n  void a(Environment env) throws Exception {\n    Cipher.getInstance(env.getProperty(\"app.cipher\"));\n  }\n}\n";
    let card = only("CWE-327");
    let yaml = |cipher: &str| format!("app:\n  cipher: {cipher}\n");
    let found = |yaml: &str| scan(&[("A.java", code), ("src/main/resources/application.yml", yaml)], &card).len();
    assert_eq!(found(&yaml("DES/CBC/PKCS5Padding")), 1);
    assert_eq!(found(&yaml("AES/GCM/NoPadding")), 0);
    assert_eq!(found(&yaml("${CIPHER}")), 0);
    let csharp = "class A {\n  void F() {\n    var a = HashAlgorithm.Create(_configuration[\"Auth:Hash\"]);\n  }\n}\n";
    let json = |hash: &str| format!("{{\"Auth\": {{\"Hash\": \"{hash}\"}}}}");
    let found = |json: &str| scan(&[("A.cs", csharp), ("appsettings.json", json)], &only("CWE-328")).len();
    assert_eq!(found(&json("MD5")), 1);
    assert_eq!(found(&json("SHA256")), 0);
}

/// A setting that turns the check off does not count as one.
#[test]
fn a_check_that_configuration_turns_off_is_none() {
    let code = "const session = require('express-session');\nconst express = require('express');\nconst app = express();\napp.post('/pay', (req, res) => {\n  db.pay(req.session.user, req.body.to);\n});\n";
    let found = |yaml: &str| scan(&[("app.js", code), ("config.yml", yaml)], &only("CWE-352")).len();
    assert_eq!(found("web:\n  port: 1\n"), 1);
    assert_eq!(found("web:\n  csrf: on\n"), 0);
    assert_eq!(found("web:\n  csrf: false\n"), 1);
}

#[test]
fn a_java_cookie_needs_the_secure_flag_unless_it_is_taken_back() {
    let set = "Cookie cookie = new Cookie(\"id\", value);\nresponse.addCookie(cookie);\n";
    assert_eq!(java(set, "CWE-614"), [1]);
    assert!(java(&format!("{set}cookie.setSecure(true);\n"), "CWE-614").is_empty());
    assert!(java(&format!("{set}cookie.setMaxAge(0);\n"), "CWE-614").is_empty());
}

#[test]
fn a_password_that_only_one_literal_can_be_is_in_the_code() {
    let open = "DriverManager.getConnection(url, \"root\", data);\n";
    let literal = format!("String data = null;\nif (url != null) {{ data = \"7e5tc4s3\"; }}\n{open}");
    assert_eq!(java(&literal, "CWE-798"), [3]);
    assert!(
        java(
            &format!("String data = \"7e5tc4s3\";\ndata = read();\n{open}"),
            "CWE-798"
        )
        .is_empty()
    );
}

#[test]
fn a_trace_is_a_leak_only_where_the_response_takes_it() {
    assert_eq!(java("error.printStackTrace(response.getWriter());\n", "CWE-209"), [1]);
    assert!(java("error.printStackTrace(new PrintWriter(text));\n", "CWE-209").is_empty());
}

#[test]
fn weak_settings_of_dotnet_stand_out_and_sound_ones_do_not() {
    let code = r#"
public class Crypto
{
    private const string ConnectionPassword = "${secret}";
    public byte[] Encrypt(byte[] data)
    {
        using var weak = DES.Create();
        using var aes = Aes.Create();
        aes.Mode = CipherMode.CBC;
        return aes.EncryptCbc(data, aes.IV);
    }
    private string connection = "Server=db;Database=shop;User Id=app;Password=Kx82!mQ0;";
    private string trusted = "Server=db;Database=shop;Trusted_Connection=True;";
    public void Book(Aes aes) => aes.Mode = CipherMode.ECB;
    public string Make()
    {
        var random = new Random();
        var token = random.Next().ToString();
        var delay = random.Next();
        var strong = RandomNumberGenerator.GetHexString(32);
        return token + strong;
    }
    public HttpClient Client()
    {
        var lax = new HttpClientHandler { ServerCertificateCustomValidationCallback = (message, certificate, chain, errors) => true };
        var strict = new HttpClientHandler { AllowAutoRedirect = false };
        return new HttpClient(lax);
    }
    public void Read(Stream stream)
    {
        var open = new XmlReaderSettings { DtdProcessing = DtdProcessing.Parse };
        var shut = new XmlReaderSettings { DtdProcessing = DtdProcessing.Prohibit };
        var unchecked1 = new TokenValidationParameters { ValidateIssuerSigningKey = false };
        var checked1 = new TokenValidationParameters { ValidateIssuerSigningKey = true };
    }
}
"#;
    let lines = |id: &str| {
        let found = scan(&[("Crypto.cs", code)], &only(id));
        found.iter().map(|candidate| candidate.place().line).collect::<Vec<_>>()
    };
    assert_eq!(lines("CWE-798"), [12]);
    assert_eq!(lines("CWE-327"), [7, 14]);
    assert_eq!(lines("CWE-338"), [18]);
    assert_eq!(lines("CWE-295"), [25]);
    assert_eq!(lines("CWE-611"), [31]);
    assert_eq!(lines("CWE-347"), [33]);
}

#[test]
fn an_action_of_rails_is_behind_the_filters_of_its_class_and_bases() {
    let base = "class ApplicationController < ActionController::Base
  before_action :set_locale
end
class MemberController < ApplicationController
  before_action :require_login, except: [:help]
end
";
    let code = "class NotesController < MemberController
  skip_before_action :require_login, only: :shared
  def index
    render plain: Note.all
  end
  def wipe
    Note.delete_all
  end
  def list
    render plain: Note.all
  end
  def shared
    Note.shared
  end
  private
  def helper
    1
  end
end
";
    let files = [
        ("app/controllers/member_controller.rb", base),
        ("app/controllers/notes_controller.rb", code),
    ];
    let found = scan(&files, &only("CWE-862"));
    let names: Vec<&str> = found.iter().map(|candidate| candidate.function.as_str()).collect();
    assert_eq!(names, ["NotesController.shared"]);
}
