<?php
class pm_Domain
{
    private $row;

    public function __construct($id)
    {
        foreach (pm_Panel::world()['domains'] as $domain) {
            if ($domain['id'] === $id) {
                $this->row = $domain;
                return;
            }
        }
        throw new pm_Exception('domain not found');
    }

    public static function getAllDomains()
    {
        return array_map(function ($row) {
            return new self($row['id']);
        }, pm_Panel::world()['domains']);
    }

    public static function getDomainsByClient(pm_Client $client)
    {
        return array_values(array_filter(self::getAllDomains(), function ($domain) use ($client) {
            return $domain->row()['client_id'] === $client->getId();
        }));
    }

    public function getId()
    {
        return $this->row['id'];
    }

    public function getName()
    {
        return $this->row['ascii_name'];
    }

    public function getDisplayName()
    {
        return $this->row['name'];
    }

    public function row()
    {
        return $this->row;
    }
}
