<?php
/*
 * The way in of the demonstration: no password, since everything behind it is
 * made up and reachable on this machine only.  ?as=LOGIN, with &into=LOGIN an
 * administrator or reseller inside a customer's panel, &locale=es-ES a language.
 */
function word($name)
{
    $value = $_GET[$name] ?? null;
    return is_string($value) && preg_match('/^[A-Za-z0-9-]{1,32}$/', $value) ? $value : null;
}

try {
    $client = pm_Client::getByLogin(word('as'));
    $into = word('into') === null ? null : pm_Client::getByLogin(word('into'));
} catch (pm_Exception $problem) {
    http_response_code(404);
    exit('There is nobody of that name.');
}
session_regenerate_id(true);
$_SESSION = ['login' => $client->getLogin(), 'token' => bin2hex(random_bytes(16))];
if ($into !== null && !$client->isClient() && $into->isClient()) {
    $_SESSION['into'] = $into->getLogin();
}
if (in_array(word('locale'), ['en-US', 'es-ES'], true)) {
    $_SESSION['locale'] = word('locale');
}
// the panel's cookie of that name holds the same token as its pages
setcookie('forgery_protection_token', $_SESSION['token'], ['path' => '/', 'samesite' => 'Lax']);
header('Location: ' . pm_Context::getBaseUrl(), true, 303);
