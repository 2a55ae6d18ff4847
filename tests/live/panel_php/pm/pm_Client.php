<?php
class pm_Client
{
    private $row;

    private function __construct(array $row)
    {
        $this->row = $row;
    }

    public static function getByLogin($login)
    {
        return new self(pm_Panel::client('login', $login));
    }

    public static function getByClientId($id)
    {
        return new self(pm_Panel::client('id', $id));
    }

    public function getId()
    {
        return $this->row['id'];
    }

    public function getLogin()
    {
        return $this->row['login'];
    }

    public function getProperty($name)
    {
        return $this->row[['pname' => 'name', 'cname' => 'company'][$name] ?? $name];
    }

    public function isAdmin()
    {
        return $this->row['type'] === 'admin';
    }

    public function isReseller()
    {
        return $this->row['type'] === 'reseller';
    }

    public function isClient()
    {
        return $this->row['type'] === 'customer';
    }

    public function hasAccessToDomain($id)
    {
        foreach (pm_Panel::world()['domains'] as $domain) {
            if ($domain['id'] == $id) {
                $owner = pm_Panel::client('id', $domain['client_id']);
                return $this->isAdmin() || $owner['id'] === $this->getId()
                    || ($this->isReseller() && $owner['owner_login'] === $this->getLogin());
            }
        }
        return false;
    }

    public function hasPermission($name, pm_Domain $domain)
    {
        return !in_array($name, $domain->row()['denied'] ?? [], true);
    }
}
