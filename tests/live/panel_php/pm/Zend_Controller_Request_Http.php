<?php
class Zend_Controller_Request_Http
{
    public function isPost()
    {
        return $_SERVER['REQUEST_METHOD'] === 'POST';
    }

    public function getParam($name, $default = null)
    {
        return $_GET[$name] ?? $_POST[$name] ?? $default;
    }
}
