"""JavaScript and TypeScript: entry points, sinks, encoders and checks for `weave.py`."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL, XPATH

EXPRESS = dict(sources=["req.query.$p", "req.body.$p", "req.params.$p", 'req.query["$p"]', "req.cookies.$p", 'req.headers["x-$p"]', 'req.get("x-$p")'],
               fail=[['return res.status(400).send("bad request");'], ["res.sendStatus(400);", "return;"], ['return res.status(400).json({ error: "invalid" });']],
               done=[["res.json({ ok: true });"], ["res.sendStatus(204);"], ['res.send("ok");'], ["res.end();"]], close=["});"])


def entries(typed):
    res = ": Response" if typed else ""
    req = ": Request" if typed else ""
    imports = (['import express, { Request, Response } from "express";'] if typed else ['const express = require("express");'])
    koa = ['import Koa from "koa";', 'import Router from "@koa/router";'] if typed else ['const Koa = require("koa");', 'const Router = require("@koa/router");']
    text = " as string" if typed else ""
    ex = dict(EXPRESS)
    ex["sources"] = [s + text for s in ex["sources"]]
    out = [
        dict(id="express", imports=imports, top=["const app = express();", ""], open=[[f'app.get("/$word1", (req{req}, res{res}) => {{'], [f'app.post("/$ent1/$noun1", async (req{req}, res{res}) => {{'],
             [f'app.get("/$ent1/:$noun2", function (req{req}, res{res}) {{'] if not typed else [f'app.put("/$ent1", (req{req}, res{res}) => {{']], main=["app.listen($port1);"], **ex),
        dict(id="router", imports=imports, top=["const router = express.Router();", ""], open=[[f'router.get("/$word1", async (req{req}, res{res}) => {{'], [f'router.post("/$verb1", (req{req}, res{res}) => {{']],
             main=["export default router;"] if typed else ["module.exports = router;"], **ex),
        dict(id="controller", imports=imports, open=[[f'export async function $f1(req{req}, res{res}) {{'], [f'export const $f1 = (req{req}, res{res}) => {{']] if typed else [["exports.$f1 = (req, res) => {"], ["exports.$f1 = async function (req, res) {"]],
             **{**ex, "close": ["};"] if not typed else ["}"]}),
        dict(id="koa", imports=koa, top=["const router = new Router();", ""], open=[['router.get("/$word1", async (ctx) => {'], ['router.post("/$ent1", (ctx) => {']],
             sources=["ctx.query.$p" + text, "ctx.request.body.$p" + text, "ctx.params.$p", 'ctx.request.query["$p"]' + text],
             fail=[["ctx.status = 400;", "return;"], ["ctx.throw(400);"]], done=[["ctx.body = { ok: true };"], ["ctx.status = 204;"]], close=["});"]),
        dict(id="fastify", imports=['import Fastify from "fastify";'] if typed else ['const fastify = require("fastify")();'], top=["const fastify = Fastify();", ""] if typed else [],
             open=[['fastify.get("/$word1", async (request, reply) => {'], ['fastify.post("/$ent1", async (request, reply) => {']],
             sources=["(request.query as any).$p", "(request.body as any).$p"] if typed else ["request.query.$p", "request.body.$p", "request.params.$p"],
             fail=[["return reply.code(400).send();"]], done=[["return { ok: true };"], ['return reply.send("ok");']], close=["});"]),
    ]
    if not typed:
        out.append(dict(id="http", imports=['const http = require("http");', 'const url = require("url");'], open=["http.createServer((req, res) => {"],
                        sources=["url.parse(req.url, true).query.$p", 'new URL(req.url, "http://localhost").searchParams.get("$p")'],
                        fail=[["res.writeHead(400);", "return res.end();"], ["res.statusCode = 400;", "res.end();", "return;"]], done=[['res.end("ok");']], close=["}).listen($port1);"]))
        out.append(dict(id="page", cwes={"dom"}, open=['document.addEventListener("DOMContentLoaded", () => {'], sources=["location.hash.slice(1)", 'new URLSearchParams(location.search).get("$p")', "decodeURIComponent(location.hash.substring(1))"],
                        fail=[["return;"]], done=[['document.title = "$word2";']], close=["});"]))
    else:
        out.append(dict(id="nest", imports=['import { BadRequestException, Body, Controller, Get, Query } from "@nestjs/common";'], open=[['@Controller("$ent1")', "export class $T9 {", '\t@Get("$word1")', "\tasync $f1(@Query() query: any) {"]], level=2,
                        sources=["query.$p", 'query["$p"]'], fail=[["throw new BadRequestException();"]], done=[["return { ok: true };"], ['return "ok";']], close=["\t}", "}"]))
    return out


def need(typed, module, names):
    if typed:
        return [f'import {{ {names} }} from "{module}";']
    return [f'const {{ {names} }} = require("{module}");']


def whole(typed, module, name):
    return [f'import * as {name} from "{module}";' if typed else f'const {name} = require("{module}");']


def sinks(t):
    EX = ["express", "router", "controller"]
    mysql, pg, cp = whole(t, "mysql2", "mysql"), need(t, "pg", "Pool"), lambda n: need(t, "child_process", n)
    fs, path, axios = whole(t, "fs", "fs"), whole(t, "path", "path"), (['import axios from "axios";'] if t else ['const axios = require("axios");'])
    pool = ['const db = mysql.createPool({ host: "localhost", database: "$word2" });']
    return {
        "89": [
            dict(id="mysql", imports=mysql, top=pool, shared=mysql, parts=SQL, use=[["db.query($x, (err{{¦}}, rows) => {@@sink".replace("{{¦}}", ""), "\tif (err) console.error(err);", "});"], ["db.execute($x);@@sink"], ["db.query($x);@@sink"]],
                 good=[(mysql, ['db.query("SELECT * FROM $table1 WHERE $noun5 = ?", [$x]);@@sink@@guard']), (mysql, ['db.execute("DELETE FROM $table1 WHERE $noun5 = ?", [$x]);@@sink@@guard'])]),
            dict(id="pg", imports=pg, top=["const pool = new Pool();"], parts=SQL, use=[["pool.query($x);@@sink"], ["pool.query($x).then((r) => console.log(r.rows.length));@@sink"]], good=[(pg, ['pool.query("SELECT * FROM $table1 WHERE $noun5 = $$1", [$x]);@@sink@@guard'])]),
            dict(id="sequelize", imports=need(t, "sequelize", "Sequelize"), top=['const sequelize = new Sequelize("sqlite::memory:");'], parts=SQL, use=[["sequelize.query($x);@@sink"]], good=[(need(t, "sequelize", "Sequelize"), ['sequelize.query("SELECT * FROM $table1 WHERE $noun5 = :v", { replacements: { v: $x } });@@sink@@guard'])]),
            dict(id="knex", imports=['import knexLib from "knex";'] if t else ['const knexLib = require("knex");'], top=['const knex = knexLib({ client: "pg" });'], parts=SQL, use=[["knex.raw($x);@@sink"]], good=[([], ['knex.raw("SELECT * FROM $table1 WHERE $noun5 = ?", [$x]);@@sink@@guard']), ([], ['knex("$table1").where({ $noun5: $x });@@sink@@guard'])]),
            dict(id="sqlite", imports=whole(t, "sqlite3", "sqlite3"), top=['const sdb = new sqlite3.Database("$word2.db");'], parts=SQL, use=[["sdb.all($x, (err, rows) => {@@sink", "\tconsole.log(rows);", "});"], ["sdb.run($x);@@sink"]], good=[([], ['sdb.run("DELETE FROM $table1 WHERE $noun5 = ?", [$x]);@@sink@@guard'])]),
        ],
        "78": [
            dict(id="exec", imports=cp("exec"), parts=CMD, use=[["exec($x);@@sink"], ["exec($x, (err, stdout) => {@@sink", "\tconsole.log(stdout);", "});"]], good=[(cp("execFile"), ['execFile("ping", ["-c", "1", $x]);@@sink@@guard'])]),
            dict(id="execSync", imports=cp("execSync"), parts=CMD, use=[["const $v71 = execSync($x).toString();@@sink"], ["execSync($x);@@sink"]], good=[(cp("execFileSync"), ['execFileSync("nslookup", [$x]);@@sink@@guard'])]),
            dict(id="spawn", imports=cp("spawn"), parts=CMD, use=[["spawn($x, { shell: true });@@sink"], ['spawn("sh", ["-c", $x]);@@sink']], good=[(cp("spawn"), ['spawn("convert", [$x, "out.png"]);@@sink@@guard'])]),
            dict(id="cpmodule", imports=whole(t, "child_process", "cp"), parts=CMD, use=[["cp.exec($x);@@sink"], ["cp.execSync($x);@@sink"]], good=[(whole(t, "child_process", "cp"), ['cp.spawn("ls", ["-l", "--", $x]);@@sink@@guard'])]),
        ],
        "22": [
            dict(id="readFile", imports=fs, parts=PATHS, use=[['const $v71 = fs.readFileSync($x, "utf8");@@sink'], ['fs.readFile($x, (err, data) => {@@sink', "\tconsole.log(data);", "});"]]),
            dict(id="join", imports=fs + path, use=[['const $v72 = path.join("/srv/$dir1", $x);@@step', "const $v71 = fs.readFileSync($v72);@@sink"], ['const $v71 = fs.readFileSync(path.join(__dirname, "$dir1", $x));@@sink']]),
            dict(id="sendFile", parts=PATHS, fn=False, ends=True, entries=EX, use=[["res.sendFile($x);@@sink"], ["res.download($x);@@sink"]], good=[([], ['res.sendFile($x, { root: "/srv/$dir1" });@@sink@@guard'])]),
            dict(id="unlink", imports=fs, parts=PATHS, use=[["fs.unlinkSync($x);@@sink"], ["fs.rmSync($x);@@sink"], ['fs.writeFileSync($x, "$word3");@@sink']]),
            dict(id="stream", imports=fs, parts=PATHS, fn=False, ends=True, entries=EX, use=[["fs.createReadStream($x).pipe(res);@@sink"]]),
        ],
        "79": [
            dict(id="send", parts=HTML, fn=False, ends=True, entries=EX, use=[["res.send($x);@@sink"], ["res.status(200).send($x);@@sink"], ['res.write($x);@@sink', "res.end();"]], good=[([], ["res.json({ value: $x });@@sink@@guard"]), ([], ['res.render("$word1", { value: $x });@@sink@@guard'])]),
            dict(id="end", parts=HTML, fn=False, ends=True, entries=["http"], use=[['res.setHeader("Content-Type", "text/html");', "res.end($x);@@sink"]], good=[([], ['res.setHeader("Content-Type", "text/plain");@@guard', "res.end($x);@@sink"])]),
            dict(id="koa", parts=HTML, fn=False, ends=True, entries=["koa"], use=[['ctx.type = "html";', "ctx.body = $x;@@sink"]]),
        ] + ([] if t else [
            dict(id="innerHTML", parts=HTML, entries=["page"], use=[['document.getElementById("$word4").innerHTML = $x;@@sink'], ['document.querySelector(".$word4").innerHTML = $x;@@sink']], good=[([], ['document.getElementById("$word4").textContent = $x;@@sink@@guard'])]),
            dict(id="docwrite", parts=HTML, entries=["page"], use=[["document.write($x);@@sink"]]),
            dict(id="jquery", parts=HTML, entries=["page"], use=[['$$("#$word4").html($x);@@sink'], ['$$("#$word4").append($x);@@sink']], good=[([], ['$$("#$word4").text($x);@@sink@@guard'])]),
        ]),
        "90": [dict(id="ldapjs", imports=whole(t, "ldapjs", "ldap"), parts=LDAP, use=[['const client = ldap.createClient({ url: "ldap://$host1" });', 'client.search("dc=example,dc=org", { filter: $x, scope: "sub" }, () => {});@@sink']])],
        "643": [dict(id="xpath", imports=whole(t, "xpath", "xpath") + need(t, "xmldom", "DOMParser"), parts=XPATH, use=[["const $v71 = xpath.select($x, new DOMParser().parseFromString(\"<root/>\"));@@sink"]])],
        "94": [dict(id="eval", use=[["const $v71 = eval($x);@@sink"], ["eval($x);@@sink"]], good=[([], ["const $v71 = JSON.parse($x);@@sink@@guard"])]),
               dict(id="function", parts=[["return ", "$x", ";"], ["return (", "$x", ") * 2"]], use=[["const $v71 = new Function($x)();@@sink"]], good=[([], ["const $v71 = Number($x) * 2;@@sink@@guard"])]),
               dict(id="vm", imports=whole(t, "vm", "vm"), use=[["const $v71 = vm.runInNewContext($x);@@sink"], ["vm.runInThisContext($x);@@sink"]])],
        "113": [dict(id="setHeader", fn=False, entries=EX, use=[['res.setHeader("X-$Ent1", $x);@@sink'], ['res.set("X-$Ent1", $x);@@sink']])],
        "117": [dict(id="console", parts=[["search for ", "$x", ""], ["user ", "$x", " signed in"]], use=[["console.log($x);@@sink"], ["console.warn($x);@@sink"]], good=[([], ['console.log("search for %s", JSON.stringify($x));@@sink@@guard'])]),
                dict(id="winston", imports=whole(t, "winston", "winston"), top=["const logger = winston.createLogger();"], parts=[["deleted ", "$x", ""], ["login failed: ", "$x", ""]], use=[["logger.info($x);@@sink"], ["logger.error($x);@@sink"]])],
        "502": [dict(id="serialize", imports=whole(t, "node-serialize", "serialize"), use=[["const $v71 = serialize.unserialize($x);@@sink"]], good=[([], ["const $v71 = JSON.parse($x);@@sink@@guard"])])],
        "601": [dict(id="redirect", fn=False, ends=True, entries=EX, use=[["res.redirect($x);@@sink"], ["return res.redirect(302, $x);@@sink"]], good=[([], ['res.redirect("/$word1");@@sink@@guard'])]),
                dict(id="koaredirect", fn=False, ends=True, entries=["koa"], use=[["ctx.redirect($x);@@sink"]])] + ([] if t else [
                dict(id="location", entries=["page"], use=[["window.location = $x;@@sink"], ["location.href = $x;@@sink"]])]),
        "611": [dict(id="libxml", imports=whole(t, "libxmljs", "libxml"), use=[["const $v71 = libxml.parseXml($x, { noent: true });@@sink"], ["const $v71 = libxml.parseXmlString($x, { noent: true, dtdload: true });@@sink"]], good=[(whole(t, "libxmljs", "libxml"), ["const $v71 = libxml.parseXml($x, { noent: false });@@sink@@guard"]), (whole(t, "libxmljs", "libxml"), ["const $v71 = libxml.parseXml($x);@@sink@@guard"])])],
        "918": [dict(id="axios", imports=axios, use=[["axios.get($x);@@sink"], ["axios.get($x).then((r) => console.log(r.status));@@sink"], ["axios({ url: $x });@@sink"]], good=[(axios, ['axios.get("https://$host1/$word1", { params: { q: $x } });@@sink@@guard'])]),
                dict(id="fetch", use=[["fetch($x);@@sink"], ["fetch($x).then((r) => r.text());@@sink"]], entries=["express", "router", "controller", "koa", "fastify"], good=[([], ['fetch("https://$host1/?q=" + encodeURIComponent($x));@@sink@@guard'])]),
                dict(id="sub", imports=axios, parts=[["http://", "$x", "/status"], ["https://", "$x", ".internal/$word1"]], use=[["axios.get($x);@@sink"]]),
                dict(id="httpget", imports=whole(t, "http", "http"), use=[["http.get($x, () => {});@@sink"]], entries=["express", "router", "controller", "koa", "fastify"])],
        "943": [dict(id="where", imports=need(t, "mongodb", "MongoClient"), top=['const mongo = new MongoClient("mongodb://localhost");'], parts=[["this.$noun1 == '", "$x", "'"]], use=[['mongo.db("$word2").collection("$table1").find({ $$where: $x });@@sink']], good=[([], ['mongo.db("$word2").collection("$table1").find({ $noun1: String($x) });@@sink@@guard'])]),
                dict(id="find", imports=['import { $Ent1 } from "./models";'] if t else ['const { $Ent1 } = require("./models");'], entries=EX, shared=['import { $Ent1 } from "./models";'] if t else ['const { $Ent1 } = require("./models");'],
                     use=[["$Ent1.findOne({ $noun1: $x });@@sink"], ["$Ent1.find({ $noun1: $x });@@sink"], ["$Ent1.deleteOne({ $noun1: $x });@@sink"]], good=[([], ["$Ent1.findOne({ $noun1: String($x) });@@sink@@guard"]), ([], ["$Ent1.findOne({ $noun1: { $$eq: $x } });@@sink@@guard"])])],
        "1336": [dict(id="ejs", imports=whole(t, "ejs", "ejs"), parts=[["<p>", "$x", "</p>"], ["Hello ", "$x", ""]], use=[["const $v71 = ejs.render($x);@@sink"]], good=[(whole(t, "ejs", "ejs"), ['const $v71 = ejs.render("<p><%= v %></p>", { v: $x });@@sink@@guard'])]),
                 dict(id="handlebars", imports=whole(t, "handlebars", "Handlebars"), parts=[["<h2>", "$x", "</h2>"]], use=[["const $v71 = Handlebars.compile($x)({});@@sink"]], good=[(whole(t, "handlebars", "Handlebars"), ['const $v71 = Handlebars.compile("<h2>{{v}}</h2>".toString())({ v: $x });@@sink@@guard'])])],
        "1333": [dict(id="regexp", use=[["const $v71 = new RegExp($x);@@sink"], ['const $v71 = new RegExp($x, "i").test("$word2");@@sink']], good=[([], ['const $v71 = "$word2".includes($x);@@sink@@guard'])])],
        "1321": [dict(id="key", use=[["const settings{{T}} = {};".replace("{{T}}", ": any" if t else ""), 'settings[$x]["$noun1"] = "$word2";@@sink'], ["const store{{T}} = {};".replace("{{T}}", ": any" if t else ""), "store[$x].$noun1 = 1;@@sink"]],
                      good=[([], ["const settings = new Map();", 'settings.set($x, "$word2");@@sink@@guard'])])],
    }


ALL = {"78", "89", "22", "79", "90", "643", "113", "117", "943", "1336", "1333"}
URLISH = {"94", "470", "601", "918", "502", "611", "1321"}


def encoders(t):
    return [
        ("basename", whole(t, "path", "path"), "path.basename($x)", {"22"}, {"601", "918"}),
        ("he", whole(t, "he", "he"), "he.encode($x)", {"79"}, {"643", "1336"}),
        ("escapeHtml", ['import escapeHtml from "escape-html";'] if t else ['const escapeHtml = require("escape-html");'], "escapeHtml($x)", {"79"}, {"643", "1336"}),
        ("entities", [], '$x.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;").replace(/\'/g, "&#39;")', {"79"}, {"643", "1336", "89", "90", "943"}),
        ("uri", [], "encodeURIComponent($x)", {"113", "117", "79"}, ALL | URLISH),
        ("shellquote", need(t, "shell-quote", "quote"), "quote([$x])", {"78"}, {"117", "113"}),
        ("mysqlesc", whole(t, "mysql2", "mysql"), "mysql.escape($x)", set(), {"89", "943", "643"}),
        ("oneline", [], '$x.replace(/[\\r\\n]/g, "")', {"113", "117"}, {"78"}),
        ("words", [], '$x.replace(/[^a-zA-Z0-9_]/g, "")', ALL, URLISH),
        ("reesc", [], '$x.replace(/[.*+?^$${}()|[\\]\\\\]/g, "\\\\$$&")', {"1333"}, {"117", "113", "470", "1321", "943", "22"}),
        ("trim", [], "$x.trim()", set(), {"113", "117"}), ("lower", [], "$x.toLowerCase()", set(), set()), ("cut", [], "$x.slice(0, $n8)", set(), {"1321"}),
        ("dots", [], '$x.replace("../", "")', set(), set()), ("semi", [], '$x.replace(";", "")', set(), set()), ("script", [], '$x.replace("<script>", "")', set(), set()),
        ("quoteone", [], '$x.replace("\'", "")', set(), set()), ("decode", [], "decodeURIComponent($x)", set(), set()),
    ]


CHECKS = [
    ("full", [], "!/^[A-Za-z0-9_]+$/.test($x)", ALL, URLISH), ("word", [], "!/^\\w+$/.test($x)", ALL, URLISH), ("digits", [], "!/^\\d+$/.test($x)", ALL | {"94"}, URLISH - {"94"}),
    ("host", [], 'new URL($x).host !== "$host3"', {"601", "918"}, {"22", "611", "502"}, [], 'new URL($x).host === "$host3"'),
    ("hostname", [], 'new URL($x).hostname !== "$host3"', {"601", "918"}, {"22", "611", "502"}, [], 'new URL($x).hostname === "$host3"'),
    ("dotdot", [], '$x.includes("..") || $x.includes("/")', {"22"}, {"601", "918", "78", "94", "1321"}),
    ("proto", [], '$x === "__proto__" || $x === "constructor" || $x === "prototype"', {"1321"}, set()),
    ("type", [], 'typeof $x !== "string"', {"943"}, set(), [], 'typeof $x === "string"'),
    ("empty", [], "!$x", set(), {"943"}), ("undef", [], "$x === undefined", set(), set()), ("len", [], "$x.length > $n7", set(), {"943"}), ("loose", [], "!/[a-z]+/.test($x)", set(), {"943"}),
    ("starts", [], "!/^[a-z]/.test($x)", set(), {"943"}), ("http", [], '!$x.startsWith("http")', set(), {"502", "611", "94", "22", "943", "1321"}), ("contains", [], '!$x.includes("$host3")', set(), {"78", "89", "22", "502", "611", "94", "90", "643", "943", "1321", "1333"}),
    ("semi", [], '$x.includes(";")', set(), {"943"}), ("ext", [], '!$x.endsWith(".txt")', set(), {"601", "943", "1321"}), ("onlyproto", [], '$x === "prototype"', set(), {"943"}),
]


def data(typed):
    return dict(entries=entries(typed), sinks=sinks(typed), encoders=encoders(typed), checks=CHECKS, nocast={"601", "918", "502", "611", "1333", "94", "1321", "943", "22"},
                casts=[([], ["const $y = parseInt($x, 10);"], "$y"), ([], ["const $y = Number($x);"], "$y"), ([], ["const $y = parseInt($x, 10);"], "String($y)")],
                noop=["$x.trim()", "$x.toLowerCase()", "$x", '$x || "$word1"', "$x.toString()", "String($x)"])
