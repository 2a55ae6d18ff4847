<?php
/*
 * One request of the browser as the backend's parameters, and the backend's
 * answer as the browser gets it.
 */
class Modules_AntispamGuide_Relay
{
    const BODY_MAX = 8388608;
    const TOKEN = 'forgery_protection_token';

    /** Headers of the browser that the backend reads; nothing else is passed on. */
    private static $headers = ['HTTP_ACCEPT', 'HTTP_ACCEPT_LANGUAGE', 'HTTP_HOST', 'HTTP_ORIGIN', 'HTTP_REFERER',
        'HTTP_SEC_FETCH_SITE', 'HTTP_USER_AGENT', 'HTTP_X_CSRF_TOKEN', 'HTTP_X_REQUESTED_WITH',
        'HTTP_IF_NONE_MATCH', 'HTTP_IF_MODIFIED_SINCE'];

    /** Where the product's pages begin, with a final slash. */
    public static function home()
    {
        return self::script() . '/';
    }

    public static function wantsJson()
    {
        return strpos($_SERVER['HTTP_ACCEPT'] ?? '', 'application/json') === 0;
    }

    public static function script()
    {
        return rtrim(pm_Context::getActionUrl('index', 'go'), '/');
    }

    public function ask()
    {
        list($type, $body) = $this->body();
        $bridge = new Modules_AntispamGuide_Bridge(pm_Config::get('socket'));
        return new Modules_AntispamGuide_Answer($bridge->request($this->params($type, strlen($body)), $body));
    }

    /** The path below home(), as the browser sent it. */
    private static function path()
    {
        $script = self::script();
        $path = strtok($_SERVER['REQUEST_URI'], '?');

        return strncmp($path, $script, strlen($script)) === 0 ? (substr($path, strlen($script)) ?: '/') : '/';
    }

    public static function isStatic()
    {
        return strncmp(self::path(), '/static/', 8) === 0;
    }

    private function params($type, $length)
    {
        $uri = $_SERVER['REQUEST_URI'];
        $cut = strpos($uri, '?');
        $params = [
            'GATEWAY_INTERFACE' => 'CGI/1.1',
            'SERVER_PROTOCOL' => 'HTTP/1.1',
            'SERVER_SOFTWARE' => 'plesk',
            'SERVER_NAME' => $_SERVER['SERVER_NAME'] ?? 'localhost',
            'SERVER_PORT' => $_SERVER['SERVER_PORT'] ?? '8443',
            'HTTPS' => $_SERVER['HTTPS'] ?? '',
            'REMOTE_ADDR' => $_SERVER['REMOTE_ADDR'] ?? '',
            'REQUEST_METHOD' => $_SERVER['REQUEST_METHOD'],
            'REQUEST_URI' => $uri,
            'SCRIPT_NAME' => self::script(),
            'PATH_INFO' => rawurldecode(self::path()),
            'QUERY_STRING' => $cut === false ? '' : substr($uri, $cut + 1),
            'CONTENT_TYPE' => $type,
            'CONTENT_LENGTH' => $length ? (string) $length : '',
            'ASG_IDENTITY' => Modules_AntispamGuide_Identity::token(),
            'ASG_FRAME' => 'panel',
        ];
        foreach (self::$headers as $name) {
            if (isset($_SERVER[$name])) {
                $params[$name] = $_SERVER[$name];
            }
        }
        return $params;
    }

    /** Content type and body as the backend gets them: the panel's own token is taken out. */
    private function body()
    {
        $type = $_SERVER['CONTENT_TYPE'] ?? '';

        if ((int) ($_SERVER['CONTENT_LENGTH'] ?? 0) > self::BODY_MAX) {
            throw new Modules_AntispamGuide_TooLarge();
        }
        if (stripos($type, 'multipart/form-data') === 0) {
            return $this->multipart();
        }
        $body = (string) file_get_contents('php://input');
        if (stripos($type, 'application/x-www-form-urlencoded') === 0) {
            $kept = array_filter(explode('&', $body), function ($pair) {
                return strncmp($pair, self::TOKEN . '=', strlen(self::TOKEN) + 1) !== 0;
            });
            $body = implode('&', $kept);
        }
        return [$type, $body];
    }

    /** PHP has taken a multipart body apart already, so it is put together again. */
    private function multipart()
    {
        $boundary = bin2hex(random_bytes(16));
        $out = '';

        foreach ($_POST as $name => $value) {
            foreach (is_array($value) ? $value : [$value] as $item) {
                if ($name !== self::TOKEN && is_string($item)) {
                    $out .= "--$boundary\r\nContent-Disposition: form-data; name=\"" . self::quoted($name)
                        . "\"\r\n\r\n$item\r\n";
                }
            }
        }
        foreach ($_FILES as $name => $file) {
            if (is_array($file['error'])) {
                continue;
            }
            if ($file['error'] === UPLOAD_ERR_INI_SIZE || $file['error'] === UPLOAD_ERR_FORM_SIZE) {
                throw new Modules_AntispamGuide_TooLarge();
            }
            $content = $file['error'] === UPLOAD_ERR_OK ? file_get_contents($file['tmp_name']) : '';
            $out .= "--$boundary\r\nContent-Disposition: form-data; name=\"" . self::quoted($name) . '"; filename="'
                . self::quoted($file['name']) . "\"\r\nContent-Type: application/octet-stream\r\n\r\n$content\r\n";
        }
        return ["multipart/form-data; boundary=$boundary", "$out--$boundary--\r\n"];
    }

    private static function quoted($text)
    {
        return str_replace(["\r", "\n", '"'], ['%0D', '%0A', '%22'], $text);
    }
}
