<?php
/* What a service plan can switch: whether its customers have the product. */
class Modules_AntispamGuide_Permissions extends pm_Hook_Permissions
{
    public function getPermissions()
    {
        return [
            'use' => [
                'default' => true,
                'place' => self::PLACE_MAIN,
                'name' => pm_Locale::lmsg('permissionUse'),
                'description' => pm_Locale::lmsg('permissionUseDescription'),
            ],
        ];
    }
}
