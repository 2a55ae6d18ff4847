<?php
/*
 * A FastCGI client (FastCGI 1.0, sections 3.3 to 5.5): one request on a fresh
 * connection to the backend's unix socket.
 */
class Modules_AntispamGuide_Bridge
{
    const BEGIN_REQUEST = 1, END_REQUEST = 3, PARAMS = 4, STDIN = 5, STDOUT = 6;
    const RECORD_MAX = 65535;
    const ANSWER_MAX = 16777216;
    const CONNECT_S = 2;
    const TOTAL_S = 30;

    private $path;

    public function __construct($path)
    {
        $this->path = $path;
    }

    /** What the responder wrote to its standard output: CGI headers, blank line, body. */
    public function request(array $params, $body)
    {
        $socket = @stream_socket_client('unix://' . $this->path, $errno, $text, self::CONNECT_S);

        if ($socket === false) {
            throw new Exception("backend not reachable: $text");
        }
        stream_set_blocking($socket, false);
        try {
            return $this->exchange($socket, $this->encode($params, $body));
        } finally {
            fclose($socket);
        }
    }

    private function encode(array $params, $body)
    {
        $pairs = '';
        foreach ($params as $name => $value) {
            $pairs .= self::length($name) . self::length($value) . $name . $value;
        }
        // role: responder; flags 0: the connection ends with the request
        return self::record(self::BEGIN_REQUEST, "\0\1\0\0\0\0\0\0")
            . self::stream(self::PARAMS, $pairs) . self::stream(self::STDIN, $body);
    }

    private static function length($text)
    {
        $n = strlen($text);
        return $n < 128 ? chr($n) : pack('N', $n | 0x80000000);
    }

    private static function record($type, $content)
    {
        return pack('CCnnCC', 1, $type, 1, strlen($content), 0, 0) . $content;
    }

    private static function stream($type, $content)
    {
        $out = '';
        for ($at = 0; $at < strlen($content); $at += self::RECORD_MAX) {
            $out .= self::record($type, substr($content, $at, self::RECORD_MAX));
        }
        return $out . self::record($type, '');
    }

    /** Writes and reads at the same time: the answer may come before the request was read to its end. */
    private function exchange($socket, $out)
    {
        $end = microtime(true) + self::TOTAL_S;
        $in = '';
        $answer = '';

        for (;;) {
            $left = $end - microtime(true);
            $read = [$socket];
            $write = $out === '' ? [] : [$socket];
            $none = [];
            if ($left <= 0 || !stream_select($read, $write, $none, (int) $left, (int) (fmod($left, 1) * 1e6))) {
                throw new Exception('backend does not answer in time');
            }
            if ($write) {
                $n = @fwrite($socket, substr($out, 0, 262144));
                $out = $n ? substr($out, $n) : ($n === false ? '' : $out);
            }
            if (!$read) {
                continue;
            }
            $chunk = fread($socket, 65536);
            if ($chunk === '' && feof($socket)) {
                throw new Exception('backend closed the connection');
            }
            $in .= $chunk;
            if ($this->records($in, $answer)) {
                return $answer;
            }
            if (strlen($answer) > self::ANSWER_MAX) {
                throw new Exception('backend answers too much');
            }
        }
    }

    /** Takes whole records off the front of $in; true after the last. */
    private function records(&$in, &$answer)
    {
        $at = 0;
        $done = false;

        while (!$done && strlen($in) - $at >= 8) {
            $head = unpack('Cversion/Ctype/nid/nlength/Cpadding', substr($in, $at, 7));
            if ($head['version'] !== 1) {
                throw new Exception('backend does not speak FastCGI');
            }
            if (strlen($in) - $at < 8 + $head['length'] + $head['padding']) {
                break;
            }
            $content = substr($in, $at + 8, $head['length']);
            $at += 8 + $head['length'] + $head['padding'];
            if ($head['type'] === self::STDOUT) {
                $answer .= $content;
            } elseif ($head['type'] === self::END_REQUEST) {
                if (ord($content[4]) !== 0) {
                    throw new Exception('backend is overloaded');
                }
                $done = true;
            }
        }
        $in = substr($in, $at);
        return $done;
    }
}
