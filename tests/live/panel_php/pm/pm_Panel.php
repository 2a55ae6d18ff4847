<?php
/* The simulated panel's database, read once per request. */
class pm_Panel
{
    private static $world;

    public static function world()
    {
        if (self::$world === null) {
            self::$world = json_decode(file_get_contents(getenv('PANEL_STATE')), true);
        }
        return self::$world;
    }

    public static function client($field, $value)
    {
        foreach (self::world()['clients'] as $client) {
            if ($client[$field] == $value) {
                return $client;
            }
        }
        throw new pm_Exception("client not found");
    }
}
