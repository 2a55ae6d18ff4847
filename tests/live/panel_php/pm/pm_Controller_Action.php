<?php
abstract class pm_Controller_Action
{
    protected $_accessLevel = [];
    public $view;
    private $request;
    private $response;

    public function __construct()
    {
        $this->view = new Zend_View();
        $this->request = new Zend_Controller_Request_Http();
        $this->response = new Zend_Controller_Response_Http();
    }

    public function accessLevel()
    {
        return (array) $this->_accessLevel;
    }

    public function getRequest()
    {
        return $this->request;
    }

    public function getResponse()
    {
        return $this->response;
    }

    public static function lmsg($key, $params = [])
    {
        return pm_Locale::lmsg($key, $params);
    }
}
