<?php
class Zend_View extends stdClass
{
    public function render($script)
    {
        ob_start();
        include pm_Context::getPlibDir() . "views/scripts/$script.phtml";
        return ob_get_clean();
    }

    public function __get($name)
    {
        return null;
    }
}
