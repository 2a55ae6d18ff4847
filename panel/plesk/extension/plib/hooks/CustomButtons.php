<?php
/*
 * Where the product is found in the panel: the mail section of Tools & Settings,
 * the left menus, and the mail section of a domain's card.
 */
class Modules_AntispamGuide_CustomButtons extends pm_Hook_CustomButtons
{
    public function getButtons()
    {
        $start = $this->button('title', 'description', Modules_AntispamGuide_Relay::home());
        $domain = $this->button('domainTitle', 'domainDescription', pm_Context::getActionUrl('index', 'domain'));

        return [
            ['place' => self::PLACE_ADMIN_TOOLS_AND_SETTINGS, 'section' => self::SECTION_ADMIN_TOOLS_MAIL] + $start,
            ['place' => self::PLACE_ADMIN_NAVIGATION, 'section' => self::SECTION_NAV_GENERAL] + $start,
            ['place' => self::PLACE_RESELLER_NAVIGATION, 'section' => self::SECTION_NAV_GENERAL] + $start,
            ['place' => self::PLACE_HOSTING_PANEL_NAVIGATION, 'visibility' => [$this, 'isVisible']] + $start,
            ['place' => self::PLACE_DOMAIN_PROPERTIES_DYNAMIC, 'section' => self::SECTION_DOMAIN_PROPS_DYNAMIC_MAIL,
                'contextParams' => true, 'visibility' => [$this, 'isVisible']] + $domain,
        ];
    }

    public function isVisible($options = [])
    {
        return Modules_AntispamGuide_Identity::allowed();
    }

    private function button($title, $description, $link)
    {
        return [
            'title' => pm_Locale::lmsg($title),
            'description' => pm_Locale::lmsg($description),
            'icon' => pm_Context::getBaseUrl() . 'images/antispam-guide-64.png',
            'link' => $link,
        ];
    }
}
