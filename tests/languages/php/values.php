<?php
namespace App\Web;

use Foo\Bar;
use Foo\Baz as Q;
use Foo\{One, Two as Three};
use function Foo\helper;

const LIMIT = 10;

$id = $_GET['id'];
$sql = "select * from t where id = $id and x = '{$row['name']}' and y = $a[key] or $o->p";
$sql .= ' order by ' . $col;
$text = <<<HTML
<b>$name</b> {$user->title()}
HTML;
$raw = <<<'X'
plain $x
X;
[$a, $b] = [$x, $y];
list($c, , $d) = f($x);
['k' => $e] = $arr;
$list = ['a' => 1, 'b' => $x, ...$more, $z];
$list[] = $q;
$v = $_POST['v'] ?? 'none';
$w = $x ?: $y;
$n = (int) $x;
$o = new Bar($x, name: $y);
$o?->go($x)->field;
Bar::make($x);
\strlen($x);
$k = Bar::KIND;
Bar::$count = 3;
$f = fn($x) => $x + 1;
$g = function ($x) use ($y, &$z) { return $x . $y; };
$m = match ($x) { 'a', 'b' => 1, 'c' => $y, default => $z };
$out = `ls $dir`;
@unlink($path);
$p = &$q;
$c2 = clone $o;
include __DIR__ . '/x.php';
require_once('lib/y.php');
print $x;
echo $x, $y;
$anon = new class($x) extends Base { public function go() { return 1; } };
