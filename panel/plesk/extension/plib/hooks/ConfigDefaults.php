<?php
/* Settings that an administrator can change in panel.ini, section [ext-antispam-guide]. */
class Modules_AntispamGuide_ConfigDefaults extends pm_Hook_ConfigDefaults
{
    public function getDefaults()
    {
        return [
            'socket' => '/run/antispam-guide/panel.sock',
            'identityKey' => '/etc/antispam-guide/identity.key',
        ];
    }
}
