<?php
class pm_ApiCli
{
    const RESULT_FULL = 1, RESULT_STDOUT = 2, RESULT_STDERR = 3, RESULT_CODE = 4, RESULT_EXCEPTION = 5;

    public static function callSbin($name, $args = [], $result = self::RESULT_EXCEPTION, $env = [], $stdin = '')
    {
        throw new pm_Exception('nothing runs as root in the demonstration');
    }
}
