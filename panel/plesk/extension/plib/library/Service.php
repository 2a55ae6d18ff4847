<?php
/* The backend as a service of the panel; the work is done by sbin/service as root. */
class Modules_AntispamGuide_Service extends pm_SystemService_Service
{
    public function getName()
    {
        return pm_Locale::lmsg('title');
    }

    public function getId()
    {
        return 'antispam-guide';
    }

    public function onStart()
    {
        pm_ApiCli::callSbin('service', ['start']);
    }

    public function onStop()
    {
        pm_ApiCli::callSbin('service', ['stop']);
    }

    public function onRestart()
    {
        pm_ApiCli::callSbin('service', ['restart']);
    }

    public function isInstalled()
    {
        return $this->succeeds('installed');
    }

    public function isConfigured()
    {
        return $this->succeeds('configured');
    }

    public function isRunning()
    {
        return $this->succeeds('running');
    }

    private function succeeds($verb)
    {
        return pm_ApiCli::callSbin('service', [$verb], pm_ApiCli::RESULT_CODE) === 0;
    }
}
