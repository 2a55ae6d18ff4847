<?php
/*
 * After installation and upgrade.  This script need not be root (an upload in
 * the browser runs it as the panel's user): sbin/setup does the work, and may be
 * run by hand when it fails here.
 */
pm_Context::init('antispam-guide');

try {
    $result = pm_ApiCli::callSbin('setup', [], pm_ApiCli::RESULT_FULL);
} catch (Throwable $problem) {
    $result = ['code' => 1, 'stdout' => '', 'stderr' => $problem->getMessage() . "\n"];
}
echo $result['stdout'];
if ($result['code'] !== 0) {
    fwrite(STDERR, $result['stderr']);
    echo "Setting up the backend did not succeed. As root, run:\n"
        . "    /usr/local/psa/admin/sbin/modules/antispam-guide/setup\n";
}
exit(0);
