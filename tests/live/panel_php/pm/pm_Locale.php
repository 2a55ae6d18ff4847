<?php
class pm_Locale
{
    private static $messages;

    public static function getCode()
    {
        if (isset($_SESSION['locale'])) {
            return $_SESSION['locale'];
        }
        return pm_Session::isExist() ? pm_Session::getClient()->getProperty('locale') : 'en-US';
    }

    public static function lmsg($key, $params = [])
    {
        if (self::$messages === null) {
            $file = pm_Context::getPlibDir() . 'resources/locales/' . self::getCode() . '.php';
            require is_file($file) ? $file : pm_Context::getPlibDir() . 'resources/locales/en-US.php';
            self::$messages = $messages;
        }
        if (!isset(self::$messages[$key])) {
            return "[$key]";
        }
        $text = self::$messages[$key];
        foreach ($params as $name => $value) {
            $text = str_replace("%%$name%%", $value, $text);
        }
        return $text;
    }
}
