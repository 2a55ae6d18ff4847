<?php
/* The panel around an extension: session, forgery token, role, controller, page. */
class pm_Application
{
    public function run()
    {
        if (!pm_Session::isExist()) {
            header('Location: /', true, 303);       // the panel leads to its login page
            return;
        }
        session_write_close();                      // one page of a session does not wait for another
        // before any controller is reached
        if (in_array($_SERVER['REQUEST_METHOD'], ['POST', 'PUT', 'PATCH', 'DELETE'], true) && !$this->tokenFits()) {
            $this->refuse(403, 'The forgery protection token is missing or wrong.');
            return;
        }
        list($controller, $action) = $this->route();
        $file = pm_Context::getPlibDir() . "controllers/{$controller}Controller.php";
        if ($controller === null || !is_file($file)) {
            $this->refuse(404, 'Page not found.');
            return;
        }
        require $file;
        $class = "{$controller}Controller";
        $object = new $class();
        if (!in_array($this->role(), $object->accessLevel(), true)) {
            $this->refuse(403, 'Permission denied.');
            return;
        }
        if (!method_exists($object, "{$action}Action")) {
            $this->refuse(404, 'Page not found.');
            return;
        }
        $object->{"{$action}Action"}();
        $this->page($object->view->pageTitle ?? '', $object->view->render(strtolower($controller) . "/$action"));
    }

    private function route()
    {
        $path = explode('/', trim($_SERVER['PATH_INFO'] ?? '', '/'));
        $controller = ($path[0] ?? '') === '' ? 'index' : $path[0];
        $action = ($path[1] ?? '') === '' ? 'index' : $path[1];
        if (!preg_match('/^[a-z]+$/', $controller) || !preg_match('/^[a-z]+$/', $action)) {
            return [null, null];
        }
        return [ucfirst($controller), $action];
    }

    private function role()
    {
        $client = pm_Session::getClient();
        return $client->isAdmin() ? 'admin' : ($client->isReseller() ? 'reseller' : 'client');
    }

    private function tokenFits()
    {
        $given = $_SERVER['HTTP_X_FORGERY_PROTECTION_TOKEN'] ?? $_POST['forgery_protection_token'] ?? '';
        return is_string($given) && hash_equals(pm_Session::forgeryToken(), $given);
    }

    private function refuse($status, $text)
    {
        http_response_code($status);
        header('Content-Type: text/html; charset=utf-8');
        $this->page('Plesk', '<p role="alert">' . htmlspecialchars($text, ENT_QUOTES, 'UTF-8') . '</p>');
    }

    /** The page title goes in as it is: whoever sets it has to escape. */
    private function page($title, $content)
    {
        header('Content-Type: text/html; charset=utf-8');
        $me = pm_Session::getClient();
        $who = htmlspecialchars($me->getProperty('pname') . ' (' . $this->role() . ')', ENT_QUOTES, 'UTF-8');
        if (pm_Session::isImpersonated()) {
            $who .= ' → ' . htmlspecialchars($_SESSION['into'], ENT_QUOTES, 'UTF-8');
        }
        $token = htmlspecialchars(pm_Session::forgeryToken(), ENT_QUOTES, 'UTF-8');
        $lang = htmlspecialchars(substr(pm_Locale::getCode(), 0, 2), ENT_QUOTES, 'UTF-8');
        $buttons = '';
        $seen = [];
        foreach ((new Modules_AntispamGuide_CustomButtons())->getButtons() as $button) {
            $key = $button['link'];
            if (!empty($button['contextParams']) || isset($seen[$key])
                || (isset($button['visibility']) && !call_user_func($button['visibility'], []))) {
                continue;
            }
            $seen[$key] = true;
            $buttons .= '<a href="' . htmlspecialchars($button['link'], ENT_QUOTES, 'UTF-8') . '"><img src="'
                . htmlspecialchars($button['icon'], ENT_QUOTES, 'UTF-8') . '" alt="" width="24" height="24"> '
                . htmlspecialchars($button['title'], ENT_QUOTES, 'UTF-8') . '</a> ';
        }
        echo <<<HTML
<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="forgery_protection_token" id="forgery_protection_token" content="$token">
<title>$title</title>
<link rel="stylesheet" href="/panel.css">
</head>
<body>
<header class="panel-bar"><strong>Plesk (simulated)</strong> <nav>$buttons</nav> <span>$who</span> <a href="/">Log in as…</a></header>
<main class="panel-page">
<h1>$title</h1>
$content
</main>
</body>
</html>

HTML;
    }
}
