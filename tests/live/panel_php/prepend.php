<?php
/*
 * Stand-ins for the classes that the panel gives to an extension, enough to run
 * the extension's own files: sessions, roles, ownership, the forgery token, the
 * page around a view.  They refuse what the panel refuses.
 *
 * PANEL_STATE is the simulated panel's database, PANEL_EXTENSION the extension's
 * directory; PANEL_SOCKET and PANEL_IDENTITY_KEY stand for settings in panel.ini.
 */
const EXTENSION_ID = 'antispam-guide';
const EXTENSION_PREFIX = 'Modules_AntispamGuide_';

spl_autoload_register(function ($class) {
    if (preg_match('/^(pm_|Zend_)[A-Za-z_]+$/', $class)) {
        $file = __DIR__ . '/pm/' . $class . '.php';
    } elseif (strncmp($class, EXTENSION_PREFIX, strlen(EXTENSION_PREFIX)) === 0) {
        $path = str_replace('_', '/', substr($class, strlen(EXTENSION_PREFIX))) . '.php';
        $plib = getenv('PANEL_EXTENSION') . '/plib/';
        $file = is_file($plib . 'hooks/' . $path) ? $plib . 'hooks/' . $path : $plib . 'library/' . $path;
    } else {
        return;
    }
    if (is_file($file)) {
        require $file;
    }
});

ini_set('session.name', 'PLESKSESSID');
if (PHP_SAPI !== 'cli') {
    session_start();
}
