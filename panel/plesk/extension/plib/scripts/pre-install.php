<?php
/* Refuses where the backend cannot run: the text goes to the administrator. */
pm_Context::init('antispam-guide');

if (strncasecmp(PHP_OS, 'WIN', 3) === 0) {
    echo "Anti-Spam Guide runs on Plesk for Linux only.\n";
    exit(1);
}
exit(0);
