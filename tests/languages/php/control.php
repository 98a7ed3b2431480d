<html>
<?php if ($a): ?>
  <p><?= $title ?></p>
  <?php foreach ($rows as $key => $row): ?>
    <li><?php echo $row['x']; ?></li>
  <?php endforeach; ?>
<?php elseif ($b): ?>
  <?= htmlspecialchars($b) ?>
<?php else: ?>
  <br/>
<?php endif ?>
<?php
for ($i = 0; $i < 3; $i++) {
    if ($i == 1) continue;
    break;
}
while ($row = $r->fetch()) { use_it($row); }
do { $x--; } while ($x > 0);
switch ($mode) {
    case 'a':
    case 'b':
        one();
        break;
    default:
        two();
}
try {
    risky();
} catch (A | \B\C $e) {
    log($e);
} finally {
    done();
}
function named(?int $a, string &$b, $c = 5, ...$rest): ?string
{
    global $db, $cfg;
    static $n = 0;
    if (!$a) exit('no');
    throw new \RuntimeException("x");
}
abstract class Shop extends Base implements One, Two
{
    use Loggable, Other\Thing;

    const KIND = 'shop';
    private ?Db $db = null;
    public static int $count = 0;

    public function __construct(private Repo $repo, $name)
    {
        parent::__construct($name);
        self::$count++;
        static::boot();
        $this->name = $name;
    }

    #[Route('/x/{id}', methods: ['POST'])]
    protected function show(#[FromQuery] Request $request, int $id): Response
    {
        return $this->repo->find($id);
    }
}
enum Suit: string { case A = 'a'; const X = 1; public static function pick() { return self::A; } }
unset($x, $y['a']);
exit;
