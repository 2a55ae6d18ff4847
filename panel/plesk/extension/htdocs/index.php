<?php

$application = new pm_Application();
$application->run();
