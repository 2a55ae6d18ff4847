<?php
/*
 * What the panel says has changed: the backend looks at that domain soon, once
 * for many events.  Nothing here may ever stop what the panel is doing.
 */
pm_Context::init('antispam-guide');         // the panel does not, for listeners

class Modules_AntispamGuide_EventListener implements EventListener
{
    /** Whose DNS, mail or being there is another afterwards. */
    public function filterActions()
    {
        return [
            'domain_create', 'domain_delete', 'domain_update', 'domain_status_update', 'domain_dns_update',
            'site_create', 'site_delete', 'site_update', 'site_status_update', 'site_dns_update',
            'subdomain_create', 'subdomain_delete', 'site_subdomain_create', 'site_subdomain_delete',
            'domain_alias_create', 'domain_alias_delete', 'domain_alias_dns_update',
            'site_alias_create', 'site_alias_delete', 'site_alias_dns_update',
            'mail_management_update', 'mailname_create', 'mailname_delete',
        ];
    }

    public function handleEvent($objectType, $objectId, $action, $oldValues, $newValues)
    {
        $names = array_unique(array_merge($this->named($oldValues), $this->named($newValues)));

        try {
            // the number may be an alias's: what it names counts only when nothing else does
            if (!$names && preg_match('/^(domain|site)(_|$)/', $objectType)) {
                $names = [(new pm_Domain((int) $objectId))->getName()];
            }
            foreach ($names as $name) {
                pm_ApiCli::callSbin('service', ['changed', $name]);
            }
        } catch (Throwable $e) {
            error_log('antispam-guide: the change of ' . implode(', ', $names) . ' is seen tomorrow: ' . $e->getMessage());
        }
    }

    /** Domain names among the values; a mailbox's is behind its at sign. */
    private function named($values)
    {
        $names = [];
        foreach (is_array($values) ? $values : [] as $key => $value) {
            if (is_string($value) && preg_match('/domain|site|subdomain|alias|mailname/i', (string) $key)
                && preg_match('/^(?:[^@\s]+@)?([a-z0-9_](?:[a-z0-9_-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)+)$/Di', $value, $m)) {
                $names[] = strtolower($m[1]);
            }
        }
        return $names;
    }
}

return new Modules_AntispamGuide_EventListener();
