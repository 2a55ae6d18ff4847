<?php
class pm_Session
{
    public static function isExist()
    {
        return isset($_SESSION['login']);
    }

    public static function getClient()
    {
        if (!self::isExist()) {
            throw new pm_Exception('no session');
        }
        return pm_Client::getByLogin($_SESSION['login']);
    }

    public static function isImpersonated()
    {
        return isset($_SESSION['into']);
    }

    public static function getImpersonatedClientId()
    {
        return pm_Client::getByLogin($_SESSION['into'])->getId();
    }

    /** The panel's own; an extension gets it from the cookie and the page. */
    public static function forgeryToken()
    {
        return $_SESSION['token'];
    }
}
