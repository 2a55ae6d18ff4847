<?php
/*
 * The peer of the page benchmark: the list of domains as a plain PHP page makes it, out of the backend's own file.
 * Who asks is verified as the backend does; the rows, their order and their columns are the same.  What the backend
 * does besides (rights from the panel, who is being checked, links that go on from a row) is left out.
 */
declare(strict_types=1);

const ROWS = 50;
const VERDICTS = ['problem', 'warning', 'unknown', 'information', 'ok', 'not_applicable'];
const WORDS = ['problem' => 'wrong', 'warning' => 'weak', 'unknown' => 'no data', 'information' => 'note', 'ok' => 'right',
    'not_applicable' => 'none', '' => 'not yet'];

function identity(): array
{
    [$payload, $signature] = explode('.', $_SERVER['ASG_IDENTITY'] ?? '.', 2);
    $right = rtrim(strtr(base64_encode(hash_hmac('sha256', $payload, file_get_contents($_SERVER['KEY_FILE']), true)), '+/', '-_'), '=');
    if (!hash_equals($right, $signature)) {
        http_response_code(401);
        exit;
    }
    return json_decode(base64_decode(strtr($payload, '-_', '+/')), true, 8, JSON_THROW_ON_ERROR);
}

function worst(array $verdicts): ?string
{
    foreach (VERDICTS as $one)
        if (in_array($one, $verdicts, true))
            return $one;
    return null;
}

function marks(array $of, array $server): array
{
    $ptr = $lists = [];
    foreach (explode(' ', $of['@sending'] ?? '') as $address) {
        $ptr[] = $server["@ptr $address"] ?? null;
        $lists[] = $server["@blacklist $address"] ?? null;
    }
    return ['spf' => $of['spf'] ?? null, 'dkim' => $of['dkim'] ?? null, 'dmarc' => $of['dmarc'] ?? null,
        'ptr' => worst($ptr), 'lists' => worst([$of['domain_blacklist'] ?? null, ...$lists])];
}

function h(?string $s): string
{
    return htmlspecialchars($s ?? '', ENT_QUOTES | ENT_SUBSTITUTE);
}

$who = identity();
$db = new PDO('sqlite:' . $_SERVER['STORE'], null, null, [PDO::ATTR_PERSISTENT => true,
    PDO::SQLITE_ATTR_OPEN_FLAGS => PDO::SQLITE_OPEN_READONLY, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
$total = (int)$db->query('SELECT count(*) FROM domains WHERE gone_at IS NULL')->fetchColumn();
$server = json_decode($db->query("SELECT verdicts FROM reports WHERE kind = 'server'")->fetchColumn() ?: '{}', true);
$found = $db->prepare('SELECT name, display, owner, reseller, worst, checked_at, problem, warning, information, ok, unknown,
    not_applicable, verdicts FROM domains WHERE gone_at IS NULL ORDER BY weight, name LIMIT ?');
$found->execute([ROWS]);
$rows = [];
foreach ($found as $r)
    $rows[] = ['name' => $r['display'], 'ascii' => $r['name'], 'owner' => $r['owner'], 'reseller' => $r['reseller'],
        'checked_at' => $r['checked_at'] ? gmdate('Y-m-d\TH:i:s\Z', (int)$r['checked_at']) : null,
        'summary' => $r['checked_at'] ? array_intersect_key($r, ['worst' => 1, ...array_flip(VERDICTS)]) : null,
        'checks' => marks(json_decode($r['verdicts'], true), $server)];
if (str_contains($_SERVER['HTTP_ACCEPT'], 'json')) {
    header('Content-Type: application/json; charset=utf-8');
    echo json_encode(['domains' => $rows, 'total' => $total, 'page' => 1, 'per_page' => ROWS, 'csrf' => bin2hex(random_bytes(32))],
        JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
    exit;
}
header('Content-Type: text/html; charset=utf-8');
ob_start();
?>
<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Domains</title><link rel="stylesheet" href="/static/asg.css"></head>
<body>
<p class="who"><?= h($who['login']) ?></p>
<main>
<h1>Domains</h1>
<p><?= number_format($total) ?> domains</p>
<form method="get">
<label>Search <input name="q"></label>
<label>Worst <select name="verdict"><option value="">any</option><?php foreach (VERDICTS as $v): ?><option value="<?= h($v) ?>"><?= h(WORDS[$v]) ?></option><?php endforeach ?></select></label>
<button>Filter</button>
</form>
<form method="post" action="/domains/check">
<table>
<thead><tr><th></th><th>Domain</th><th>Worst</th><th>SPF</th><th>DKIM</th><th>DMARC</th><th>PTR</th><th>Lists</th><th>Owner</th><th>Checked</th></tr></thead>
<tbody>
<?php foreach ($rows as $r): $s = $r['summary'] ?? []; ?>
<tr data-domain="<?= h($r['ascii']) ?>" data-verdict="<?= h($s['worst'] ?? 'never') ?>">
<td class="pick"><input type="checkbox" name="target" value="<?= h($r['ascii']) ?>" aria-label="<?= h($r['name']) ?>"></td>
<th scope="row"><a href="/domains/<?= h($r['ascii']) ?>"><?= h($r['name']) ?></a></th>
<td data-label="Worst"><span class="badge tone-<?= h($s['worst'] ?? 'never') ?>"><?= h(WORDS[$s['worst'] ?? '']) ?></span> <span class="found"><?php foreach (['problem', 'warning', 'unknown'] as $v): if (($s[$v] ?? 0) > 0): ?><span class="n tone-<?= $v ?>"><?= $s[$v] ?><span class="unseen"> <?= $v ?></span></span><?php endif; endforeach ?></span></td>
<?php foreach ($r['checks'] as $name => $verdict): ?>
<td class="m" data-label="<?= h($name) ?>"><span class="mark tone-<?= h($verdict ?? 'never') ?>"><?= h(WORDS[$verdict ?? '']) ?></span></td>
<?php endforeach ?>
<td data-label="Owner"><?= h($r['owner']) ?></td>
<td data-label="Checked"><?php if ($r['checked_at']): ?><time datetime="<?= h($r['checked_at']) ?>"><?= intdiv(time() - strtotime($r['checked_at']), 60) ?> min</time><?php endif ?></td>
</tr>
<?php endforeach ?>
</tbody>
</table>
<button>Check again</button>
</form>
</main>
</body>
</html>
