<?php
$messages = [
    'title' => 'Guía antispam',
    'description' => 'Por qué el correo acaba en spam o se devuelve, y cómo arreglarlo.',
    'domainTitle' => 'Salud del correo',
    'domainDescription' => '¿Está el correo de este dominio configurado para que los demás lo acepten?',
    'permissionUse' => 'Guía antispam',
    'permissionUseDescription' => 'Comprobar la configuración de correo de los dominios propios y repararla.',
    'unavailable' => 'El servicio de la Guía antispam de este servidor no responde en este momento. Inténtelo de nuevo dentro de un minuto. Si sigue así, el administrador puede iniciar el servicio antispam-guide.',
    'notAllowed' => 'Su plan de servicio no incluye la Guía antispam.',
    'tooLarge' => 'Lo que ha enviado es demasiado grande.',
];
