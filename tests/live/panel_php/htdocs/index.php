<?php
$ways = [
    ['anna', 'Customer: Anna Arquer, own domains', []],
    ['eva', 'Customer: Eva Eng, with forwards and hostile data', []],
    ['rita', 'Reseller: Rita, with her customers', []],
    ['raul', 'Reseller: Raúl, in Spanish', []],
    ['admin', 'Administrator', []],
    ['admin', 'Administrator inside Anna’s panel', ['into' => 'anna']],
];
?>
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Ways in</title>
<link rel="stylesheet" href="/panel.css">
</head>
<body>
<header class="panel-bar"><strong>Plesk (simulated)</strong></header>
<main class="panel-page">
<h1>Ways in</h1>
<ul>
<?php foreach ($ways as list($login, $text, $more)): ?>
<li><a href="/login.php?<?php echo htmlspecialchars(http_build_query(['as' => $login] + $more)); ?>"><?php echo htmlspecialchars($text); ?></a>
 (<a href="/login.php?<?php echo htmlspecialchars(http_build_query(['as' => $login, 'locale' => 'es-ES'] + $more)); ?>" lang="es">en español</a>)</li>
<?php endforeach; ?>
</ul>
</main>
</body>
</html>
