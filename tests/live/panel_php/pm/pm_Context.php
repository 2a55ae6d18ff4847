<?php
class pm_Context
{
    public static function init($id)
    {
        if ($id !== EXTENSION_ID) {
            throw new pm_Exception('no such extension');
        }
    }

    public static function getModuleId()
    {
        return EXTENSION_ID;
    }

    public static function getPlibDir()
    {
        return getenv('PANEL_EXTENSION') . '/plib/';
    }

    public static function getBaseUrl()
    {
        return '/modules/' . EXTENSION_ID . '/';
    }

    public static function getActionUrl($controller, $action = 'index')
    {
        return self::getBaseUrl() . "index.php/$controller/$action";
    }
}
