"""Ruby: entry points, sinks, encoders and checks for `weave.py`. `$$` becomes a dollar sign."""
from flows_python import CMD, HTML, LDAP, PATHS, SQL


def req(*names):
    return [f"require '{name}'" for name in names]


RAILS = dict(sources=["params[:$p]", "params[:$p].to_s", "params['$p']", "params.require(:$p)", "params.fetch(:$p, '')", "params.dig(:$ent7, :$p)", "cookies[:$p]", "request.headers['X-$Ent7']", "params[:$ent7][:$p]"],
             fail=[["head :bad_request", "return"], ["return head(:bad_request)"], ["return render(plain: 'bad request', status: 400)"], ["raise ActionController::BadRequest"]])
SHOWN = [["head :ok"], ["render json: { ok: true }"], ["head :no_content"], ["render :$word1"]]
ENTRIES = [
    dict(id="rails", **{"class": ["class $K0 < ApplicationController"]}, open=[["def $f1"], ["def $verb1"], ["def index"], ["def create"]], done=SHOWN, close=["end"], **RAILS),
    dict(id="railsapi", **{"class": ["class $K0 < {{ActionController::API¦ApplicationController¦ActionController::Base¦Admin::BaseController}}", "\tbefore_action :authenticate_user!", ""]}, open=[["def show"], ["def update"], ["def $f1"]], done=SHOWN, close=["end"], **RAILS),
    dict(id="sinatra", imports=req("sinatra"), open=[["get '/$word1' do"], ["post '/$ent1/$noun1' do"], ["get '/$ent1/:$noun1' do"]], sources=["params['$p']", "params[:$p]", "params['$p'].to_s", "request.cookies['$p']", "request.env['HTTP_X_KEY']", "params.fetch('$p', '')"],
         fail=[["halt 400"], ["halt 400, 'bad request'"], ["status 400", "return 'bad request'"]], done=[["'ok'"], ["status 204"], ["content_type :json", "'{}'"]], close=["end"]),
    dict(id="base", imports=req("sinatra/base"), **{"class": ["class $T0 < Sinatra::Base"]}, open=[["get '/$word1' do"], ["post '/$ent1' do"]], sources=["params['$p']", "params[:$p]", "request.params['$p']", "request.cookies['$p']"],
         fail=[["halt 400"], ["halt 422, 'bad request'"]], done=[["'ok'"], ["status 204"]], close=["end"]),
    dict(id="rack", imports=req("rack"), **{"class": ["class $T0"]}, open=[["def call(env)", "\trequest = Rack::Request.new(env)"]], sources=["request.params['$p']", "request.GET['$p']", "request.POST['$p']", "request.cookies['$p']"],
         fail=[["return [400, {}, ['bad request']]"], ["return [400, { 'Content-Type' => 'text/plain' }, ['no']]"]], done=[["[200, { 'Content-Type' => 'text/plain' }, ['ok']]"], ["[204, {}, []]"]], close=["end"]),
    dict(id="cgi", imports=req("cgi"), open=[["cgi = CGI.new"]], level=0, sources=["cgi.params['$p'].first", "cgi.params['$p'][0]", "cgi.params['$p'].first.to_s"], fail=[["exit 1"], ["abort 'bad request'"]], done=[["print cgi.header('text/plain')"], ["print cgi.header", "print 'ok'"]]),
    dict(id="script", cwes={"78", "89", "95", "502"}, imports=[], open=[["started = Time.now"], ["$$stdout.sync = true"]], level=0, sources=["ARGV[0]", "ARGV[0].to_s", "ARGV.first", "gets.chomp", "$$stdin.gets.chomp", "STDIN.read"],
         fail=[["abort 'bad argument'"], ["exit 1"], ["raise ArgumentError, 'bad argument'"]], done=[["exit 0"], ["puts 'done'"]]),
]
RAILSY, SINATRAS = ["rails", "railsapi"], ["sinatra", "base"]
WHERE = [["$noun5 = '", "$x", "'"], ["$noun5 LIKE '%", "$x", "%'"], ["active = 1 AND $noun5 = '", "$x", "'"], ["$noun5 > ", "$x", ""], ["", "$x", " IS NOT NULL"]]
PG, MYSQL, LITE = "conn = PG.connect(dbname: '$word2')", "client = Mysql2::Client.new(host: 'localhost', database: '$word2')", "db = SQLite3::Database.new('$word2.db')"
SINKS = {
    "89": [
        dict(id="where", parts=WHERE, entries=RAILSY, use=[["$v61 = $Ent5.where($x)@@sink"], ["$v61 = $Ent5.where($x).first@@sink"], ["$v61 = $Ent5.joins(:$ent6).where($x).to_a@@sink"], ["$Ent5.where($x).delete_all@@sink"], ["$Ent5.delete_by($x)@@sink"]],
             good=[([], ["$v61 = $Ent5.where($noun5: $x)@@sink@@guard"]), ([], ["$v61 = $Ent5.where('$noun5 = ?', $x)@@sink@@guard"]), ([], ["$v61 = $Ent5.where('$noun5 LIKE :v', v: $x).first@@sink@@guard"]), ([], ["$v61 = $Ent5.find_by($noun5: $x)@@sink@@guard"])]),
        dict(id="clause", parts=[["", "$x", " DESC"], ["", "$x", " ASC"], ["", "$x", ""], ["lower(", "$x", ")"]], entries=RAILSY, use=[["$v61 = $Ent5.order(Arel.sql($x))@@sink"], ["$v61 = $Ent5.order($x)@@sink"], ["$v61 = $Ent5.all.reorder($x).limit(20)@@sink"], ["$v61 = $Ent5.group($x).count@@sink"], ["$v61 = $Ent5.pluck($x)@@sink"]],
             good=[([], ["$v61 = $Ent5.order($noun5: $x == 'asc' ? :asc : :desc)@@sink@@guard"])]),
        dict(id="activerecord", parts=SQL, entries=RAILSY, use=[["$v61 = $Ent5.find_by_sql($x)@@sink"], ["ActiveRecord::Base.connection.execute($x)@@sink"], ["$v61 = ActiveRecord::Base.connection.select_all($x)@@sink"], ["$v61 = $Ent5.connection.exec_query($x)@@sink"]],
             good=[([], ["$v61 = $Ent5.find_by_sql(['SELECT * FROM $table1 WHERE $noun5 = ?', $x])@@sink@@guard"])]),
        dict(id="pg", imports=req("pg"), parts=SQL, use=[[PG, "$v61 = conn.exec($x)@@sink"], [PG, "conn.exec($x).each { |row| puts row }@@sink"], [PG, "$v61 = conn.async_exec($x)@@sink", "conn.close"]],
             good=[(req("pg"), [PG, "$v61 = conn.exec_params('SELECT * FROM $table1 WHERE $noun5 = $$1', [$x])@@sink@@guard"])]),
        dict(id="mysql2", imports=req("mysql2"), parts=SQL, use=[[MYSQL, "$v61 = client.query($x)@@sink"], [MYSQL, "client.query($x, symbolize_keys: true).each { |row| puts row }@@sink"]],
             good=[(req("mysql2"), [MYSQL, "$v62 = client.prepare('SELECT * FROM $table1 WHERE $noun5 = ?')", "$v61 = $v62.execute($x)@@sink@@guard"])]),
        dict(id="sqlite3", imports=req("sqlite3"), parts=SQL, use=[[LITE, "$v61 = db.execute($x)@@sink"], [LITE, "db.execute($x) do |row|@@sink", "\tputs row", "end"], [LITE, "db.execute_batch($x)@@sink"], [LITE, "$v61 = db.get_first_row($x)@@sink"]],
             good=[(req("sqlite3"), [LITE, "$v61 = db.execute('SELECT * FROM $table1 WHERE $noun5 = ?', [$x])@@sink@@guard"]), (req("sqlite3"), [LITE, "$v61 = db.get_first_value('SELECT id FROM $table1 WHERE $noun5 = ?', $x)@@sink@@guard"])]),
        dict(id="sequel", imports=req("sequel"), top=["DB = Sequel.connect(ENV.fetch('DATABASE_URL'))"], parts=SQL, use=[["$v61 = DB.fetch($x).all@@sink"], ["DB.run($x)@@sink"]], good=[([], ["$v61 = DB[:$table1].where($noun5: $x).all@@sink@@guard"]), ([], ["$v61 = DB.fetch('SELECT * FROM $table1 WHERE $noun5 = ?', $x).all@@sink@@guard"])]),
    ],
    "78": [dict(id="system", parts=CMD, use=[["system($x)@@sink"], ["exec($x)@@sink"], ["$v61 = spawn($x)@@sink", "Process.wait($v61)"], ["Kernel.system($x)@@sink"], ["system('sh', '-c', $x)@@sink"]], good=[([], ["system('ping', '-c', '1', '--', $x)@@sink@@guard"]), ([], ["Process.wait(spawn('nslookup', $x))@@sink@@guard"])]),
           dict(id="ticks", parts=CMD, use=[["$v61 = `#{$x}`@@sink"], ["puts `#{$x}`@@sink"], ["$v61 = %x(#{$x})@@sink"], ["$v61 = `#{$x} 2>&1`.lines@@sink"]]),
           dict(id="open3", imports=req("open3"), parts=CMD, use=[["$v61, $v62 = Open3.capture2($x)@@sink"], ["$v61, $v62, $v63 = Open3.capture3($x)@@sink"], ["$v61, $v62 = Open3.capture2e($x)@@sink"], ["$v61 = IO.popen($x).read@@sink"]],
                good=[(req("open3"), ["$v61, $v62 = Open3.capture2e('nslookup', $x)@@sink@@guard"]), (req("open3"), ["$v61, $v62, $v63 = Open3.capture3('git', 'log', '--', $x)@@sink@@guard"])])],
    "22": [dict(id="read", parts=PATHS, use=[["$v61 = File.read($x)@@sink"], ["$v61 = File.open($x, 'r')@@sink", "$v61.close"], ["$v61 = File.readlines($x)@@sink"], ["File.open($x) do |f|@@sink", "\tputs f.read", "end"], ["$v61 = IO.read($x)@@sink"], ["File.foreach($x) { |line| puts line }@@sink"]]),
           dict(id="join", use=[["$v61 = File.join('/srv/$dir1', $x)@@step", "$v62 = File.binread($v61)@@sink"], ["$v61 = File.read(File.join('$dir1', $x))@@sink"], ["$v61 = File.join(__dir__, '$dir1', $x)@@step", "File.delete($v61)@@sink"]]),
           dict(id="change", imports=req("fileutils"), parts=PATHS, use=[["File.delete($x)@@sink"], ["File.write($x, '$word4')@@sink"], ["FileUtils.rm_rf($x)@@sink"], ["FileUtils.mkdir_p($x)@@sink"], ["FileUtils.cp($x, '/tmp/$word4')@@sink"], ["File.unlink($x)@@sink"]]),
           dict(id="sendfile", fn=False, ends=True, parts=PATHS, entries=RAILSY + SINATRAS, use=[["send_file $x@@sink"], ["send_file($x, disposition: 'attachment')@@sink"]])],
    "79": [dict(id="render", parts=HTML, fn=False, ends=True, entries=RAILSY, use=[["render html: $x.html_safe@@sink"], ["render html: $x.html_safe, layout: false@@sink"], ["@$word1 = $x.html_safe@@sink"]],
                good=[([], ["render plain: $x@@sink@@guard"]), ([], ["render json: { value: $x }@@sink@@guard"]), ([], ["render html: helpers.tag.p($x)@@sink@@guard"])]),
           dict(id="view", parts=HTML, fn=False, ends=True, entries=RAILSY, use=[["@$word1 = helpers.raw($x)@@sink", "render :show"], ["@$word1 = ActiveSupport::SafeBuffer.new($x)@@sink", "render :show"]], good=[([], ["@$word1 = helpers.content_tag(:p, $x)@@sink@@guard", "render :show"])]),
           dict(id="route", parts=HTML, fn=False, ends=True, oneline=False, entries=SINATRAS, use=[["$x@@sink"], ["return $x@@sink"]])],
    "95": [dict(id="eval", parts=[["total = ", "$x", ""], ["", "$x", " * 2"], ["", "$x", ""]], use=[["$v61 = eval($x)@@sink"], ["eval($x)@@sink"], ["$v61 = binding.eval($x)@@sink"], ["$v61 = Kernel.eval($x)@@sink"]]),
           dict(id="within", parts=[["@$noun5 ", "$x", ""], ["", "$x", ""]], use=[["self.class.class_eval($x)@@sink"], ["$v61 = instance_eval($x)@@sink"], ["$v61 = Object.new.instance_eval($x)@@sink"]])],
    "470": [dict(id="constant", use=[["$v61 = Object.const_get($x).new@@sink"], ["$v61 = $x.constantize@@sink"], ["$v61 = $x.classify.constantize.new@@sink"], ["$v61 = Kernel.const_get($x)@@sink"]]),
            dict(id="send", use=[["$v61 = Object.new.send($x)@@sink"], ["$v61 = $Ent5.new.public_send($x)@@sink"], ["$v61 = $Ent5.__send__($x)@@sink"], ["$v61 = $Ent5.method($x).call@@sink"]])],
    "502": [dict(id="marshal", imports=req("base64"), use=[["$v61 = Marshal.load($x)@@sink"], ["$v61 = Marshal.load(Base64.decode64($x))@@sink"], ["$v62 = Base64.strict_decode64($x)@@step", "$v61 = Marshal.load($v62)@@sink"]], good=[(req("json"), ["$v61 = JSON.parse($x)@@sink@@guard"])]),
            dict(id="yaml", imports=req("yaml"), use=[["$v61 = YAML.unsafe_load($x)@@sink"], ["$v61 = YAML.load($x, permitted_classes: [Object])@@sink"], ["$v61 = YAML.load($x)@@sink"], ["$v61 = Psych.unsafe_load($x)@@sink"]], good=[(req("yaml"), ["$v61 = YAML.safe_load($x)@@sink@@guard"]), (req("yaml"), ["$v61 = YAML.safe_load($x, permitted_classes: [Date, Symbol])@@sink@@guard"])]),
            dict(id="oj", imports=req("oj"), use=[["$v61 = Oj.load($x, mode: :object)@@sink"], ["$v61 = Oj.object_load($x)@@sink"]], good=[(req("oj"), ["$v61 = Oj.load($x, mode: :strict)@@sink@@guard"]), (req("oj"), ["$v61 = Oj.safe_load($x)@@sink@@guard"])])],
    "601": [dict(id="rails", fn=False, ends=True, entries=RAILSY, use=[["redirect_to $x@@sink"], ["redirect_to($x, allow_other_host: true)@@sink"], ["redirect_to $x, notice: '$word4'@@sink"]], good=[([], ["redirect_to root_path@@sink@@guard"]), ([], ["redirect_to(url_from($x) || root_path)@@sink@@guard"]), ([], ["redirect_to action: 'index', $noun4: $x@@sink@@guard"])]),
            dict(id="sinatra", fn=False, ends=True, entries=SINATRAS, use=[["redirect $x@@sink"], ["redirect to($x)@@sink"], ["redirect $x, 303@@sink"]], good=[([], ["redirect '/$word1'@@sink@@guard"])])],
    "918": [dict(id="nethttp", imports=req("net/http"), use=[["$v61 = Net::HTTP.get(URI($x))@@sink"], ["$v61 = Net::HTTP.get_response(URI.parse($x)).body@@sink"], ["$v62 = URI.parse($x)@@step", "$v61 = Net::HTTP.get($v62)@@sink"]], good=[(req("net/http"), ["$v61 = Net::HTTP.get(URI(\"https://$host1/?q=#{CGI.escape($x)}\"))@@sink@@guard"])]),
            dict(id="openuri", imports=req("open-uri"), use=[["$v61 = URI.open($x).read@@sink"], ["$v61 = URI.parse($x).open.read@@sink"], ["URI.open($x) do |io|@@sink", "\tputs io.read", "end"]]),
            dict(id="clients", use=[["$v61 = HTTParty.get($x)@@sink"], ["$v61 = Faraday.get($x).body@@sink"], ["$v61 = RestClient.get($x)@@sink"], ["$v61 = Faraday.new(url: $x)@@sink", "$v61.get('/$word1')"], ["$v61 = HTTP.get($x).to_s@@sink"], ["$v61 = Excon.get($x)@@sink"]], good=[([], ["$v61 = HTTParty.get('https://$host1/search', query: { q: $x })@@sink@@guard"]), ([], ["$v61 = Faraday.get('https://$host1/search', { q: $x })@@sink@@guard"])]),
            dict(id="sub", parts=[["http://", "$x", "/status"], ["https://", "$x", ".internal/$word1"]], use=[["$v61 = HTTParty.get($x)@@sink"], ["$v61 = Faraday.get($x).body@@sink"], ["$v61 = RestClient.get($x)@@sink"]])],
    "1336": [dict(id="erb", imports=req("erb"), parts=[["Hello ", "$x", "!"], ["<p>", "$x", "</p>"], ["<%= title %> ", "$x", ""]], use=[["$v61 = ERB.new($x).result(binding)@@sink"], ["$v62 = ERB.new($x)@@sink", "$v61 = $v62.result"], ["$v61 = ERB.new($x, trim_mode: '-').result@@sink"]], good=[(req("erb"), ["$v61 = ERB.new(File.read('$word1.erb')).result_with_hash(value: $x)@@sink@@guard"]), (req("erb"), ["$v61 = ERB.new('<p><%= value %></p>').result_with_hash(value: $x)@@sink@@guard"])]),
             dict(id="inline", parts=[["<p>", "$x", "</p>"], ["Hello ", "$x", ""]], fn=False, ends=True, entries=RAILSY, use=[["render inline: $x@@sink"], ["render inline: $x, layout: '$word3'@@sink"]], good=[([], ["render inline: '<p><%= value %></p>', locals: { value: $x }@@sink@@guard"])])],
    "117": [dict(id="rails", entries=RAILSY, parts=[["search for ", "$x", ""], ["login of ", "$x", " failed"], ["user: ", "$x", ""]], use=[["Rails.logger.info($x)@@sink"], ["logger.warn($x)@@sink"], ["Rails.logger.error $x@@sink"]]),
            dict(id="logger", entries=SINATRAS, fn=False, parts=[["search for ", "$x", ""], ["deleted ", "$x", ""]], use=[["logger.info($x)@@sink"], ["logger.warn $x@@sink"], ["logger.error($x)@@sink"]])],
    "1333": [dict(id="regexp", entries=RAILSY + SINATRAS + ["rack"], use=[["$v61 = Regexp.new($x).match?('$word2')@@sink"], ["$v61 = %w[$word2 $word3].grep(Regexp.new($x))@@sink"], ["$v62 = Regexp.new($x, Regexp::IGNORECASE)@@sink", "$v61 = $v62.match('$word2')"]], good=[([], ["$v61 = '$word2'.start_with?($x)@@sink@@guard"])])],
    "90": [dict(id="filter", imports=req("net/ldap"), parts=LDAP, use=[["$v61 = Net::LDAP::Filter.construct($x)@@sink"], ["$v62 = Net::LDAP.new(host: '$host1')", "$v61 = $v62.search(base: 'dc=example,dc=org', filter: $x)@@sink"]], good=[(req("net/ldap"), ["$v61 = Net::LDAP::Filter.eq('uid', $x)@@sink@@guard"])])],
    "611": [dict(id="noent", imports=req("nokogiri"), use=[["$v61 = Nokogiri::XML($x) { |config| config.noent }@@sink"], ["$v61 = Nokogiri::XML($x, nil, nil, Nokogiri::XML::ParseOptions::NOENT)@@sink"], ["$v61 = Nokogiri::XML::Document.parse($x) { |config| config.noent.dtdload }@@sink"]], good=[(req("nokogiri"), ["$v61 = Nokogiri::XML($x)@@sink@@guard"]), (req("nokogiri"), ["$v61 = Nokogiri::XML($x) { |config| config.strict.nonet }@@sink@@guard"])])],
}
ALL = {"78", "89", "22", "79", "90", "117", "1336", "1333"}
URLISH = {"601", "918", "470", "502", "611", "95"}
ENCODERS = [
    ("cgi", req("cgi"), "CGI.escapeHTML($x)", {"79"}, {"1336", "1333"}), ("erbutil", req("erb"), "ERB::Util.html_escape($x)", {"79"}, {"1336", "1333"}), ("rackutil", req("rack"), "Rack::Utils.escape_html($x)", {"79"}, {"1336", "1333"}),
    ("shell", req("shellwords"), "Shellwords.escape($x)", {"78"}, {"95", "89", "1333", "117"}), ("shellword", req("shellwords"), "$x.shellescape", {"78"}, {"95", "89", "1333", "117"}), ("base", [], "File.basename($x)", {"22"}, URLISH - {"95", "502"}),
    ("parts", [], "$x.split('/').last", {"22"}, {"601", "918", "470", "611", "79"}), ("regexp", [], "Regexp.escape($x)", {"1333"}, {"89", "79", "78", "117", "95", "470", "1336", "90", "601", "918"}),
    ("url", req("cgi"), "CGI.escape($x)", {"117"}, ALL | URLISH), ("form", req("uri"), "URI.encode_www_form_component($x)", {"117"}, ALL | URLISH), ("oneline", [], '$x.gsub(/[\\r\\n]/, \'\')', {"117"}, {"78"}), ("oneline2", [], '$x.delete("\\r\\n")', {"117"}, {"78"}), ("inspect", [], "$x.inspect", {"117"}, ALL | URLISH),
    ("words", [], "$x.gsub(/[^A-Za-z0-9_]/, '')", ALL, URLISH), ("tr", [], "$x.tr('^A-Za-z0-9_', '')", ALL, URLISH), ("param", req("active_support/all"), "$x.parameterize", {"22", "78", "79", "90"}, URLISH | ALL),
    ("ldap", req("net/ldap"), "Net::LDAP::Filter.escape($x)", {"90"}, {"78", "1333"}), ("strip", [], "$x.strip", set(), {"117"}), ("lower", [], "$x.downcase", set(), {"470"}), ("cut", [], "$x[0, $n8]", set(), set()), ("scrub", [], "$x.scrub", set(), set()), ("utf", [], "$x.encode('UTF-8')", set(), set()),
    ("dots", [], "$x.gsub('../', '')", set(), set()), ("semi", [], "$x.delete(';')", set(), {"95"}), ("script", [], "$x.gsub('<script>', '')", set(), set()), ("clean", [], "File.expand_path($x)", set(), {"601", "918", "470", "502", "611"}),
]
CHECKS = [
    ("anchored", [], "!$x.match?(/\\A[A-Za-z0-9_]+\\z/)", ALL, URLISH), ("notmatch", [], "$x !~ /\\A[\\w-]+\\z/", ALL, URLISH, [], "$x =~ /\\A[\\w-]+\\z/"), ("digits", [], "!$x.match?(/\\A\\d+\\z/)", ALL | {"95", "470"}, URLISH - {"95", "470"}), ("spare", [], "$x.match?(/[^a-z0-9]/)", ALL, URLISH, [], "!$x.match?(/[^a-z0-9]/)"),
    ("lines", [], "!$x.match?(/^[A-Za-z0-9_]+$$/)", set(), URLISH - {"95"} | {"22"}), ("host", req("uri"), "URI.parse($x).host != '$host3'", {"601", "918"}, {"22", "470", "502", "611", "95"}, [], "URI.parse($x).host == '$host3'"), ("hosts", req("uri"), "!$C4.include?(URI.parse($x).host)", {"601", "918"}, {"22", "470", "502", "611", "95"}, ["$C4 = %w[$host3 $host4].freeze"]),
    ("local", [], "!$x.match?(%r{\\A/[a-z]})", {"601"}, {"918", "22", "78", "470", "502", "611"}), ("expand", [], "!File.expand_path($x, '/srv/$dir1').start_with?('/srv/$dir1/')", {"22"}, {"601", "918", "470"}), ("dotdot", [], "$x.include?('..') || $x.include?('/')", {"22"}, {"601", "918", "78", "470"}),
    ("crlf", [], '$x.match?(/[\\r\\n]/)', {"117"}, {"78"}, [], "!$x.match?(/[\\r\\n]/)"), ("newline", [], '$x.include?("\\n") || $x.include?("\\r")', {"117"}, {"78"}), ("empty", [], "$x.empty?", set(), set(), [], "!$x.empty?"), ("nil", [], "$x.nil?", set(), set()), ("blank", req("active_support/all"), "$x.blank?", set(), set()),
    ("len", [], "$x.length > $n7", set(), set()), ("size", [], "$x.size > $n7", set(), set()), ("loose", [], "!$x.match?(/[a-z]+/)", set(), set()), ("http", [], "!$x.start_with?('http')", set(), {"22", "470", "502", "611"}), ("contains", [], "!$x.include?('$host3')", set(), ALL - {"117", "79", "1336"} | {"470", "502"}), ("semi", [], "$x.include?(';')", set(), {"95"}), ("ext", [], "!$x.end_with?('.txt')", set(), {"601", "470"}), ("prefix", [], "!$x.start_with?('/srv/')", set(), URLISH),
]
DATA = dict(entries=ENTRIES, sinks=SINKS, encoders=ENCODERS, checks=CHECKS, casts=[([], ["$y = Integer($x)"], "$y.to_s"), ([], ["$y = $x.to_i"], "$y.to_s"), ([], ["$y = Integer($x, 10)"], "$y.to_s"), ([], ["$y = Float($x)"], "$y.to_s")], nocast={"601", "918", "22", "502", "611", "1333"},
            noop=["$x.strip", "$x.downcase", "$x", "$x.to_s", "$x.dup", '"#{$x}"', "$x || ''", "$x.to_s.strip"])
