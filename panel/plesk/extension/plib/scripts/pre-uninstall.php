<?php
/* Never fails: a removal that throws leaves the panel with half an extension. */
pm_Context::init('antispam-guide');

try {
    $result = pm_ApiCli::callSbin('teardown', [], pm_ApiCli::RESULT_FULL);
    echo $result['stdout'], $result['stderr'];
} catch (Throwable $problem) {
    echo $problem->getMessage(), "\n";
}
exit(0);
