<?php
/* panel.ini over the extension's defaults. */
class pm_Config
{
    public static function get($name, $default = null)
    {
        $ini = ['socket' => getenv('PANEL_SOCKET'), 'identityKey' => getenv('PANEL_IDENTITY_KEY')];
        if (!empty($ini[$name])) {
            return $ini[$name];
        }
        $defaults = (new Modules_AntispamGuide_ConfigDefaults())->getDefaults();
        return $defaults[$name] ?? $default;
    }
}
