<?php
/* The backend in the panel's Services Management. */
class Modules_AntispamGuide_SystemServices extends pm_Hook_SystemServices
{
    public function getServices()
    {
        return [new Modules_AntispamGuide_Service()];
    }
}
