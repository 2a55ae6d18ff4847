<?php
$messages = [
    'title' => 'Anti-Spam Guide',
    'description' => 'Why mail lands in spam or bounces, and how to put it right.',
    'domainTitle' => 'Mail health',
    'domainDescription' => 'Is the mail of this domain set up so that others accept it?',
    'permissionUse' => 'Anti-Spam Guide',
    'permissionUseDescription' => 'Check the mail settings of own domains and repair them.',
    'unavailable' => 'The Anti-Spam Guide service on this server does not answer at the moment. Please try again in a minute. If this stays, the administrator can start the service antispam-guide.',
    'notAllowed' => 'Your service plan does not include the Anti-Spam Guide.',
    'tooLarge' => 'What you sent is too large.',
];
