<?php
/*
 * The backend's answer.  Of its headers the browser gets the status, the type,
 * a Location inside the product, and how a download is called; all else is the
 * panel's business.
 */
class Modules_AntispamGuide_Answer
{
    public $status = 200;
    private $headers = [];
    private $body;

    public function __construct($raw)
    {
        $cut = strpos($raw, "\r\n\r\n");
        $gap = 4;

        if ($cut === false || (($lf = strpos($raw, "\n\n")) !== false && $lf < $cut)) {
            $cut = strpos($raw, "\n\n");
            $gap = 2;
        }
        if ($cut === false) {
            throw new Exception('backend answers without headers');
        }
        $this->body = substr($raw, $cut + $gap);
        foreach (preg_split('/\r?\n/', substr($raw, 0, $cut)) as $line) {
            list($name, $value) = array_pad(explode(':', $line, 2), 2, '');
            $this->headers[strtolower(trim($name))] = trim($value);
        }
        if (isset($this->headers['status'])) {
            $this->status = (int) $this->headers['status'];
        } elseif (isset($this->headers['location'])) {
            $this->status = 302;            // RFC 3875 6.3.3
        }
        if ($this->status < 200 || $this->status > 599) {
            throw new Exception('backend answers with a wrong status');
        }
    }

    /** Something to be shown inside the panel's own page. */
    public function isPage()
    {
        return $this->location() === null && stripos($this->headers['content-type'] ?? '', 'text/html') === 0;
    }

    /** Escaped: the panel puts it into its page as it is. */
    public function title()
    {
        return htmlspecialchars($this->headers['x-antispam-guide-title'] ?? '', ENT_QUOTES, 'UTF-8');
    }

    /** The fragment; its forms carry the panel's token, so that they work without a script. */
    public function fragment()
    {
        $token = $_COOKIE[Modules_AntispamGuide_Relay::TOKEN] ?? '';

        if (!is_string($token) || $token === '') {
            return $this->body;
        }
        $field = '<input type="hidden" name="' . Modules_AntispamGuide_Relay::TOKEN . '" value="'
            . htmlspecialchars($token, ENT_QUOTES, 'UTF-8') . '">';
        return preg_replace_callback('/<form\b[^>]*>/i', function ($form) use ($field) {
            return preg_match('/\bmethod\s*=\s*["\']?post\b/i', $form[0]) ? $form[0] . $field : $form[0];
        }, $this->body) ?? $this->body;
    }

    public function send()
    {
        ini_set('default_charset', '');     // the type as the backend gave it
        http_response_code($this->status);
        if ($this->location() !== null) {
            header('Location: ' . $this->location(), true, $this->status);
        }
        header('Content-Type: ' . ($this->headers['content-type'] ?? 'application/octet-stream'));
        header('X-Content-Type-Options: nosniff');
        $copied = ['content-disposition' => 'Content-Disposition', 'retry-after' => 'Retry-After'];
        if (Modules_AntispamGuide_Relay::isStatic()) {
            // what is the same for everybody may be kept by the browser
            $copied += ['cache-control' => 'Cache-Control', 'etag' => 'ETag', 'last-modified' => 'Last-Modified'];
            header_remove('Pragma');
            header_remove('Expires');
        }
        foreach ($copied as $key => $name) {
            if (isset($this->headers[$key])) {
                header($name . ': ' . $this->headers[$key]);
            }
        }
        echo $this->body;
    }

    /** Only paths of the product itself; anything else is not passed on. */
    private function location()
    {
        $location = $this->headers['location'] ?? null;
        $script = Modules_AntispamGuide_Relay::script();

        if ($location === null) {
            return null;
        }
        $own = $location === $script || strncmp($location, $script . '/', strlen($script) + 1) === 0;
        return $own && !preg_match('#[\x00-\x20\x7f\\\\]|/\.\.?(/|$)#', $location)
            ? $location : Modules_AntispamGuide_Relay::home();
    }
}
