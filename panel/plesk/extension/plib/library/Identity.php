<?php
/*
 * Who is there, said to the backend: PAYLOAD.SIGNATURE, both base64url without
 * padding, the signature an HMAC-SHA256 over the PAYLOAD text with a key that
 * only this extension and the backend can read.
 */
class Modules_AntispamGuide_Identity
{
    const LIFETIME_S = 60;          // the backend takes at most 120
    const KEY_BYTES = 32;           // at least

    /** Does the account's service plan include the product?  Administrators and resellers always may. */
    public static function allowed()
    {
        $client = self::client();

        if (!$client->isClient()) {
            return true;
        }
        foreach (pm_Domain::getDomainsByClient($client) as $domain) {
            if ($client->hasPermission('use', $domain)) {
                return true;
            }
        }
        return false;
    }

    public static function token()
    {
        $key = @file_get_contents(pm_Config::get('identityKey'));

        if (!is_string($key) || strlen($key) < self::KEY_BYTES) {
            throw new Exception('the identity key cannot be read');
        }
        $payload = self::base64url(json_encode(self::claims($key),
            JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE));
        return $payload . '.' . self::base64url(hash_hmac('sha256', $payload, $key, true));
    }

    private static function claims($key)
    {
        $session = pm_Session::getClient();
        $client = self::client();
        $claims = [
            'v' => 1,
            'login' => $client->getLogin(),
            'role' => $client->isAdmin() ? 'admin' : ($client->isReseller() ? 'reseller' : 'customer'),
            'lang' => strncmp(pm_Locale::getCode(), 'es', 2) === 0 ? 'es' : 'en',
            // tells sessions apart without giving the session's own secret away
            'session' => substr(hash_hmac('sha256', 'session ' . session_id(), $key), 0, 32),
            'exp' => time() + self::LIFETIME_S,
        ];
        if ($client->getId() != $session->getId()) {
            $claims['acting'] = $session->getLogin();
        }
        return $claims;
    }

    /** The account whose panel is shown: an administrator inside a customer's panel works as the customer. */
    private static function client()
    {
        if (pm_Session::isImpersonated()) {
            return pm_Client::getByClientId(pm_Session::getImpersonatedClientId());
        }
        return pm_Session::getClient();
    }

    private static function base64url($bytes)
    {
        return rtrim(strtr(base64_encode($bytes), '+/', '-_'), '=');
    }
}
