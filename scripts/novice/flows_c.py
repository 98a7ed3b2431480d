"""C and C++: entry points, sinks, encoders and checks for `weave.py`."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL, XPATH

INC = ["#include <stdio.h>", "#include <stdlib.h>", "#include <string.h>"]
C_ENTRIES = [
    dict(id="main", imports=INC, open=[["int main(int argc, char **argv)", "{"]], close=["}"], sources=["argv[1]", 'getenv("QUERY_STRING")', 'getenv("HTTP_COOKIE")'], fail=[["return 1;"], ["exit(1);"]], done=[["return 0;"]]),
    dict(id="read", imports=INC, open=[["void $f1(FILE *in)", "{"], ["static void $f1(FILE *in)", "{"]], close=["}"], sources=[["char $x[256];", "if (fgets($x, sizeof($x), in) == NULL)@@src", "\treturn;"], ["char $x[512];", "fgets($x, sizeof($x), in);@@src"]], fail=[["return;"]], done=[["fclose(in);"]]),
    dict(id="recv", imports=INC + ["#include <sys/socket.h>", "#include <unistd.h>"], open=[["void $f1(int sock)", "{"], ["void *$f1(int sock)", "{"]], close=["}"],
         sources=[["char $x[1024];", "ssize_t got = recv(sock, $x, sizeof($x) - 1, 0);@@src", "if (got <= 0)", "\treturn;", "$x[got] = '\\0';"], ["char $x[256] = {0};", "read(sock, $x, sizeof($x) - 1);@@src"]], fail=[["close(sock);", "return;"], ["return;"]], done=[["close(sock);"]]),
    dict(id="cgi", imports=INC, open=[["int $f1(void)", "{"]], close=["}"], sources=['getenv("QUERY_STRING")', 'getenv("PATH_INFO")', 'getenv("REMOTE_USER")'], fail=[["return -1;"]], done=[["return 0;"]]),
]
C_SINKS = {
    "78": [dict(id="system", parts=CMD, use=[["system($x);@@sink"], ["int rc = system($x);@@sink", "(void)rc;"]], good=[(["#include <unistd.h>"], ['execl("/bin/ping", "ping", "-c", "1", $x, (char *)NULL);@@sink@@guard'])]),
           dict(id="popen", parts=CMD, use=[['FILE *$v61 = popen($x, "r");@@sink', "if ($v61) pclose($v61);"]], good=[(["#include <unistd.h>"], ['execlp("nslookup", "nslookup", $x, (char *)NULL);@@sink@@guard'])]),
           dict(id="execsh", imports=["#include <unistd.h>"], parts=CMD, use=[['execl("/bin/sh", "sh", "-c", $x, (char *)NULL);@@sink']], good=[(["#include <unistd.h>"], ['execl("/usr/bin/convert", "convert", $x, "out.png", (char *)NULL);@@sink@@guard'])])],
    "22": [dict(id="fopen", parts=PATHS, use=[['FILE *$v61 = fopen($x, "r");@@sink', "if ($v61) fclose($v61);"], ['FILE *$v61 = fopen($x, "w");@@sink', "if ($v61) fclose($v61);"]]), dict(id="open", imports=["#include <fcntl.h>"], parts=PATHS, use=[["int $v61 = open($x, O_RDONLY);@@sink", "(void)$v61;"]]),
           dict(id="unlink", imports=["#include <unistd.h>"], parts=PATHS, use=[["unlink($x);@@sink"], ["remove($x);@@sink"]])],
    "89": [dict(id="sqlite", imports=["#include <sqlite3.h>"], top=["static sqlite3 *db;"], parts=SQL, use=[["sqlite3_exec(db, $x, NULL, NULL, NULL);@@sink"], ["sqlite3_stmt *$v61;", "sqlite3_prepare_v2(db, $x, -1, &$v61, NULL);@@sink"]],
                good=[(["#include <sqlite3.h>"], ["sqlite3_stmt *$v61;", 'sqlite3_prepare_v2(db, "SELECT * FROM $table1 WHERE $noun5 = ?", -1, &$v61, NULL);@@sink@@guard', "sqlite3_bind_text($v61, 1, $x, -1, SQLITE_TRANSIENT);"])]),
           dict(id="mysql", imports=["#include <mysql/mysql.h>"], top=["static MYSQL *conn;"], parts=SQL, use=[["mysql_query(conn, $x);@@sink"], ["mysql_real_query(conn, $x, strlen($x));@@sink"]]), dict(id="pq", imports=["#include <libpq-fe.h>"], top=["static PGconn *pg;"], parts=SQL, use=[["PGresult *$v61 = PQexec(pg, $x);@@sink", "PQclear($v61);"]],
                good=[(["#include <libpq-fe.h>"], ["const char *$v62[1] = { $x };", 'PGresult *$v61 = PQexecParams(pg, "SELECT * FROM $table1 WHERE $noun5 = $$1", 1, NULL, $v62, NULL, NULL, 0);@@sink@@guard', "PQclear($v61);"])])],
    "134": [dict(id="printf", use=[["printf($x);@@sink"], ["fprintf(stderr, $x);@@sink"]], good=[([], ['printf("%s", $x);@@sink@@guard']), ([], ["puts($x);@@sink@@guard"])]), dict(id="syslog", imports=["#include <syslog.h>"], use=[["syslog(LOG_INFO, $x);@@sink"]], good=[(["#include <syslog.h>"], ['syslog(LOG_INFO, "%s", $x);@@sink@@guard'])]),
            dict(id="snprintf", use=[["char $v61[128];", "snprintf($v61, sizeof($v61), $x);@@sink"]], good=[([], ["char $v61[128];", 'snprintf($v61, sizeof($v61), "%s", $x);@@sink@@guard'])])],
    "90": [dict(id="ldap", imports=["#include <ldap.h>"], top=["static LDAP *ld;"], parts=LDAP, use=[['LDAPMessage *$v61;', 'ldap_search_ext_s(ld, "dc=example,dc=org", LDAP_SCOPE_SUBTREE, $x, NULL, 0, NULL, NULL, NULL, 0, &$v61);@@sink']])],
    "120": [dict(id="strcpy", use=[["char $v61[$size1];", "strcpy($v61, $x);@@sink", "puts($v61);"], ["char $v61[$size1];", 'sprintf($v61, "%s", $x);@@sink', "puts($v61);"], ["char $v61[$size1] = \"\";", "strcat($v61, $x);@@sink"]],
                 good=[([], ["char $v61[$size1];", 'snprintf($v61, sizeof($v61), "%s", $x);@@sink@@guard', "puts($v61);"]), ([], ["char $v61[$size1];", "strncpy($v61, $x, sizeof($v61) - 1);@@sink@@guard", "$v61[sizeof($v61) - 1] = '\\0';"])])],
}
ALL = {"78", "22", "89", "134", "90", "79", "643"}
OVER = {"120"}
C_ENCODERS = [("base", ["#include <libgen.h>"], "basename((char *)$x)", {"22"}, OVER), ("gshell", ["#include <glib.h>"], "g_shell_quote($x)", {"78"}, OVER), ("dup", [], "strdup($x)", set(), set()), ("skip", [], "$x + strspn($x, \" \")", set(), set()), ("pqesc", ["#include <libpq-fe.h>"], "PQescapeLiteral(pg, $x, strlen($x))", set(), {"89"} | OVER)]
C_CHECKS = [
    ("span", [], 'strspn($x, "abcdefghijklmnopqrstuvwxyz0123456789_") != strlen($x)', ALL, OVER, [], 'strspn($x, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen($x)'), ("digits", [], 'strspn($x, "0123456789") != strlen($x)', ALL, OVER, [], 'strspn($x, "0123456789") == strlen($x)'),
    ("dotdot", [], 'strstr($x, "..") != NULL || strchr($x, \'/\') != NULL', {"22"}, {"78"}), ("percent", [], "strchr($x, '%') != NULL", {"134"}, set(), [], "strchr($x, '%') == NULL"), ("short", [], "strlen($x) >= 16", OVER, set(), [], "strlen($x) < 16"),
    ("null", [], "$x == NULL", set(), set()), ("empty", [], "$x[0] == '\\0'", set(), set()), ("len", [], "strlen($x) > 1000", set(), {"120"} - {"120"}), ("semi", [], "strchr($x, ';') != NULL", set(), set()), ("dash", [], "$x[0] == '-'", set(), set()), ("dots", [], 'strcmp($x, "..") == 0', set(), set()),
]
C_DATA = dict(entries=C_ENTRIES, sinks=C_SINKS, encoders=C_ENCODERS, checks=C_CHECKS, casts=[([], ["int $v80 = atoi($x);", "char $y[16];", 'snprintf($y, sizeof($y), "%d", $v80);'], "$y"), ([], ["long $v80 = strtol($x, NULL, 10);", "char $y[32];", 'snprintf($y, sizeof($y), "%ld", $v80);'], "$y")], nocast={"120"}, noop=["$x", "$x", "strdup($x)"])

CINC = ["#include <cstdlib>", "#include <iostream>", "#include <string>", "#include <sstream>"]
CPP_ENTRIES = [
    dict(id="main", imports=CINC, open=[["int main(int argc, char** argv) {"]], close=["}"], sources=["std::string(argv[1])", 'std::string(std::getenv("QUERY_STRING"))'], fail=[["return 1;"]], done=[["return 0;"]]),
    dict(id="cin", imports=CINC, open=[["void $f1() {"]], close=["}"], sources=[["std::string $x;", "std::getline(std::cin, $x);@@src"], ["std::string $x;", "std::cin >> $x;@@src"]], fail=[["return;"], ['throw std::runtime_error("bad input");']], done=[['std::cout << "ok" << std::endl;']]),
    dict(id="httplib", imports=CINC + ['#include "httplib.h"'], open=[["void $f1(const httplib::Request& req, httplib::Response& res) {"]], close=["}"], sources=['req.get_param_value("$p")', 'req.get_header_value("X-$p")', "req.body"], fail=[["res.status = 400;", "return;"]], done=[['res.set_content("ok", "text/plain");']]),
    dict(id="server", imports=CINC + ['#include "httplib.h"'], open=[["int main() {", "\thttplib::Server svr;", '\tsvr.Get("/$word1", [](const httplib::Request& req, httplib::Response& res) {']], level=2, close=["\t});", '\tsvr.listen("0.0.0.0", $port1);', "}"], sources=['req.get_param_value("$p")', 'req.get_header_value("X-$p")'], fail=[["res.status = 400;", "return;"]], done=[['res.set_content("ok", "text/plain");']]),
    dict(id="recv", imports=CINC + ["#include <sys/socket.h>"], open=[["void $f1(int sock) {"]], close=["}"], sources=[["char raw[1024] = {0};", "recv(sock, raw, sizeof(raw) - 1, 0);@@src", "std::string $x(raw);@@step"]], fail=[["return;"]], done=[["std::cerr << \"done\" << std::endl;"]]),
]
HL = ["httplib", "server"]
CPP_SINKS = {
    "78": [dict(id="system", parts=CMD, use=[["std::system($x.c_str());@@sink"], ["int rc = system($x.c_str());@@sink"]], oneline=False, good=[(["#include <unistd.h>"], ['execl("/bin/ping", "ping", $x.c_str(), nullptr);@@sink@@guard'])]), dict(id="popen", parts=CMD, oneline=False, use=[['FILE* $v61 = popen($x.c_str(), "r");@@sink', "if ($v61) pclose($v61);"]])],
    "22": [dict(id="ifstream", imports=["#include <fstream>"], parts=PATHS, use=[["std::ifstream $v61($x);@@sink"], ["std::ofstream $v61($x);@@sink", '$v61 << "$word2";']]), dict(id="fsremove", imports=["#include <filesystem>"], parts=PATHS, use=[["std::filesystem::remove($x);@@sink"], ["std::filesystem::remove_all($x);@@sink"]]), dict(id="fopen", parts=PATHS, oneline=False, use=[['FILE* $v61 = fopen($x.c_str(), "rb");@@sink', "if ($v61) fclose($v61);"]])],
    "89": [dict(id="sqlite", imports=["#include <sqlite3.h>"], top=["static sqlite3* db;"], parts=SQL, oneline=False, use=[["sqlite3_exec(db, $x.c_str(), nullptr, nullptr, nullptr);@@sink"]], good=[(["#include <sqlite3.h>"], ["sqlite3_stmt* $v61;", 'sqlite3_prepare_v2(db, "SELECT * FROM $table1 WHERE $noun5 = ?", -1, &$v61, nullptr);@@sink@@guard', "sqlite3_bind_text($v61, 1, $x.c_str(), -1, SQLITE_TRANSIENT);"])]),
           dict(id="pqxx", imports=["#include <pqxx/pqxx>"], parts=SQL, use=[["pqxx::connection $v60;", "pqxx::work $v61($v60);", "$v61.exec($x);@@sink"]], good=[(["#include <pqxx/pqxx>"], ["pqxx::connection $v60;", "pqxx::work $v61($v60);", '$v61.exec_params("SELECT * FROM $table1 WHERE $noun5 = $$1", $x);@@sink@@guard'])]), dict(id="mysql", imports=["#include <mysql/mysql.h>"], top=["static MYSQL* conn;"], parts=SQL, oneline=False, use=[["mysql_query(conn, $x.c_str());@@sink"]])],
    "134": [dict(id="printf", use=[["printf($x.c_str());@@sink"], ["fprintf(stderr, $x.c_str());@@sink"]], good=[([], ['printf("%s", $x.c_str());@@sink@@guard'])])],
    "79": [dict(id="content", parts=HTML, fn=False, ends=True, entries=HL, use=[['res.set_content($x, "text/html");@@sink']], good=[([], ['res.set_content($x, "text/plain");@@sink@@guard'])])],
    "601": [dict(id="redirect", fn=False, ends=True, entries=HL, use=[["res.set_redirect($x);@@sink"], ["res.set_redirect($x, 302);@@sink"]])],
    "918": [dict(id="curl", imports=["#include <curl/curl.h>"], use=[["CURL* $v61 = curl_easy_init();", "curl_easy_setopt($v61, CURLOPT_URL, $x.c_str());@@sink", "curl_easy_perform($v61);"]])],
    "90": [dict(id="ldap", imports=["#include <ldap.h>"], top=["static LDAP* ld;"], parts=LDAP, oneline=False, use=[["LDAPMessage* $v61;", 'ldap_search_ext_s(ld, "dc=example,dc=org", LDAP_SCOPE_SUBTREE, $x.c_str(), nullptr, 0, nullptr, nullptr, nullptr, 0, &$v61);@@sink']])],
    "643": [dict(id="pugi", imports=['#include "pugixml.hpp"'], parts=XPATH, oneline=False, use=[["pugi::xml_document $v61;", "auto $v62 = $v61.select_nodes($x.c_str());@@sink"]])],
    "120": [dict(id="strcpy", imports=["#include <cstring>"], use=[["char $v61[$size1];", "strcpy($v61, $x.c_str());@@sink", "std::cout << $v61;"], ["char $v61[$size1];", 'sprintf($v61, "%s", $x.c_str());@@sink', "std::cout << $v61;"]], good=[([], ["char $v61[$size1];", 'snprintf($v61, sizeof($v61), "%s", $x.c_str());@@sink@@guard', "std::cout << $v61;"])])],
}
NOT = {"601", "918", "120"}
CPP_ENCODERS = [("fname", ["#include <filesystem>"], "std::filesystem::path($x).filename().string()", {"22"}, NOT), ("words", ["#include <regex>"], 'std::regex_replace($x, std::regex("[^A-Za-z0-9_]"), "")', {"78", "22", "89", "134", "79", "90", "643"}, NOT), ("cut", [], "$x.substr(0, 12)", OVER, set()), ("cutlong", [], "$x.substr(0, 900)", set(), set()), ("lead", [], "$x.substr($x.find_first_not_of(' '))", set(), set()),
                ("semi", ["#include <regex>"], 'std::regex_replace($x, std::regex(";"), "")', set(), {"120"} - {"120"})]
CPP_CHECKS = [
    ("re", ["#include <regex>"], '!std::regex_match($x, std::regex("[A-Za-z0-9_]+"))', {"78", "22", "89", "134", "79", "90", "643"}, NOT), ("find", [], '$x.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") != std::string::npos', {"78", "22", "89", "134", "79", "90", "643"}, NOT, [], '$x.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos'),
    ("dotdot", [], '$x.find("..") != std::string::npos || $x.find("/") != std::string::npos', {"22"}, {"78", "601", "918"}), ("short", [], "$x.size() >= 16", OVER, set(), [], "$x.size() < 16"), ("empty", [], "$x.empty()", set(), set()), ("len", [], "$x.length() > 1000", set(), set()), ("semi", [], "$x.find(';') != std::string::npos", set(), set()),
    ("http", [], '$x.rfind("http", 0) != 0', set(), {"22"}), ("search", ["#include <regex>"], '!std::regex_search($x, std::regex("[a-z]"))', set(), set()),
]
CPP_DATA = dict(entries=CPP_ENTRIES, sinks=CPP_SINKS, encoders=CPP_ENCODERS, checks=CPP_CHECKS, casts=[([], ["int $y = std::stoi($x);"], "std::to_string($y)"), ([], ["long $y = std::stol($x);"], "std::to_string($y)")], nocast={"601", "918", "120", "134"}, noop=["$x", "$x", "std::string($x)", '$x.empty() ? std::string("$word1") : $x'])


def data(language):
    return C_DATA if language == "c" else CPP_DATA
