<?php
class Zend_Controller_Response_Http
{
    public function setHttpResponseCode($status)
    {
        http_response_code($status);
        return $this;
    }

    public function setHeader($name, $value)
    {
        header("$name: $value");
        return $this;
    }
}
