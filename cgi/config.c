#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/yaml.h"
#include "mail/mailaddr.h"

/*
 * Each key of the file is a row: where it stands, what it may hold, where it
 * goes.  A new setting is a row and a member.
 */

enum kind {
	KIND_TEXT,		/* const char *; empty = NULL */
	KIND_BOOL,
	KIND_UINT32,		/* min..max */
	KIND_UINT16,
	KIND_INT64,
	KIND_ENDPOINT,
	KIND_CHOICE,		/* const char *, one of `choices` */
};

struct row {
	const char		*section;	/* NULL = top level */
	const char		*key;
	enum kind		 kind;
	size_t			 offset;
	int64_t			 min, max;
	const char		*choices[6];
};

#define AT(member) offsetof(struct config, member)

static const struct row rows[] = {
	{ "panel", "kind", KIND_CHOICE, AT(panel_kind), 0, 0, { "plesk", "cpanel", "postfix", "none" } },
	{ "panel", "url", KIND_TEXT, AT(panel_url) },
	{ "panel", "user", KIND_TEXT, AT(panel_user) },
	{ "panel", "key_file", KIND_TEXT, AT(panel_key_file) },
	{ "panel", "ca_file", KIND_TEXT, AT(panel_ca_file) },
	{ "panel", "tls_name", KIND_TEXT, AT(panel_tls_name) },
	{ "panel", "pin_sha256", KIND_TEXT, AT(panel_pin_sha256) },
	{ "dns", "timeout_ms", KIND_UINT32, AT(dns_timeout_ms), 50, 60000 },
	{ "dns", "tries", KIND_UINT32, AT(dns_tries), 1, 5 },
	{ "dns", "in_flight", KIND_UINT32, AT(dns_in_flight), 1, 10000 },
	{ "dns", "authoritative_port", KIND_UINT16, AT(authoritative_port), 1, 65535 },
	{ "dns", "allow_private", KIND_BOOL, AT(allow_private) },
	{ "server", "relay", KIND_TEXT, AT(relay) },
	{ "server", "smtp_probe", KIND_BOOL, AT(smtp_probe) },
	{ "server", "smtp_connect", KIND_ENDPOINT, AT(smtp_connect), 25 },
	{ "services", "spamd", KIND_TEXT, AT(spamd) },
	{ "services", "rspamd", KIND_TEXT, AT(rspamd) },
	{ "services", "clamd", KIND_TEXT, AT(clamd) },
	{ "services", "helper", KIND_TEXT, AT(helper) },
	{ "logs", "mail", KIND_TEXT, AT(log_mail) },
	{ "postfix", "config_dir", KIND_TEXT, AT(postfix_config_dir) },
	{ NULL, "tls_ca_file", KIND_TEXT, AT(tls_ca_file) },
	{ "message_test", "address", KIND_TEXT, AT(test_address) },
	{ "message_test", "maildir", KIND_TEXT, AT(test_maildir) },
	{ "notices", "enabled", KIND_BOOL, AT(notices) },
	{ "notices", "from", KIND_TEXT, AT(notices_from) },
	{ "provider", "name", KIND_TEXT, AT(provider_name) },
	{ "provider", "spf_include", KIND_TEXT, AT(spf_include) },
	{ "provider", "spf_all", KIND_CHOICE, AT(spf_all), 0, 0, { "~all", "-all", "?all" } },
	{ "provider", "dkim_selector", KIND_TEXT, AT(dkim_selector) },
	{ "provider.support", "url", KIND_TEXT, AT(support_url) },
	{ "provider.support", "phone", KIND_TEXT, AT(support_phone) },
	{ "provider.support", "chat", KIND_TEXT, AT(support_chat) },
	{ "provider.support", "hours", KIND_TEXT, AT(support_hours) },
	{ "blacklists", "enabled", KIND_BOOL, AT(blacklists) },
	{ "listen", "panel", KIND_TEXT, AT(listen_panel) },
	{ "listen", "user", KIND_TEXT, AT(listen_user) },
	{ "listen", "admin", KIND_TEXT, AT(listen_admin) },
	{ NULL, "identity_key_file", KIND_TEXT, AT(identity_key_file) },
	{ NULL, "store", KIND_TEXT, AT(store) },
	{ NULL, "templates", KIND_TEXT, AT(templates) },
	{ NULL, "language", KIND_CHOICE, AT(language), 0, 0, { "en", "es" } },
	{ "limits", "queue_backlog", KIND_INT64, AT(queue_backlog), 1, 100000000 },
	{ "limits", "stale_after_s", KIND_INT64, AT(stale_after_s), 60, 31536000 },
};

/* What holds more than one scalar is read by a function of its own. */
static const struct { const char *section, *key; } lists[] = {
	{ NULL, "domains" }, { NULL, "admins" }, { "dns", "resolvers" }, { "server", "addresses" },
	{ "server", "smtp_probe_targets" }, { NULL, "links" }, { "provider", "support" },
	{ "provider", "own_domains" }, { "provider", "dns" }, { "blacklists", "keys" },
	{ "blacklists", "zones_override" }, { NULL, "log_level" },
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))
#define LISTS (sizeof(lists) / sizeof(lists[0]))

static bool
same_section(const char *a, const char *b)
{
	return (a == NULL && b == NULL) || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* Is `name` a section at the top level ("panel", "provider")? */
static bool
section_is_new(const char *const *known, size_t count, const char *name)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (strcmp(known[i], name) == 0)
			return false;
	return true;
}

static bool
known_keys(const struct yaml *map, const char *section, struct err *err)
{
	const char *known[ROWS + LISTS + 1];
	size_t i, n = 0;

	for (i = 0; i < ROWS; i++) {
		if (same_section(rows[i].section, section))
			known[n++] = rows[i].key;
		else if (section == NULL && rows[i].section != NULL &&
		    strchr(rows[i].section, '.') == NULL && section_is_new(known, n, rows[i].section))
			known[n++] = rows[i].section;
	}
	for (i = 0; i < LISTS; i++)
		if (same_section(lists[i].section, section))
			known[n++] = lists[i].key;
	known[n] = NULL;
	return yaml_known_keys(map, known, err);
}

static const struct yaml *
section_of(const struct yaml *root, const char *section)
{
	const char *dot;
	char first[32];

	if (section == NULL)
		return root;
	if ((dot = strchr(section, '.')) == NULL)
		return yaml_get(root, section);
	snprintf(first, sizeof(first), "%.*s", (int)(dot - section), section);
	return yaml_get(yaml_get(root, first), dot + 1);
}

static bool
all_known(const struct yaml *root, struct err *err)
{
	size_t i;

	if (!known_keys(root, NULL, err))
		return false;
	for (i = 0; i < ROWS; i++) {
		const struct yaml *map = section_of(root, rows[i].section);

		if (rows[i].section == NULL || map == NULL || yaml_is_null(map) ||
		    (i > 0 && same_section(rows[i].section, rows[i - 1].section)))
			continue;
		if (map->kind != YAML_MAP)
			return yaml_err(map, err, "%s: expected a map of settings", rows[i].section);
		if (!known_keys(map, rows[i].section, err))
			return false;
	}
	return true;
}

/* --- one setting ---------------------------------------------------------------------------------- */

static bool
set_choice(const struct row *row, const struct yaml *y, const char **at, struct err *err)
{
	char list[160] = "";
	size_t i, n = 0;

	for (i = 0; i < 6 && row->choices[i] != NULL; i++) {
		if (y->kind == YAML_SCALAR && strcmp(y->value, row->choices[i]) == 0) {
			*at = row->choices[i];
			return true;
		}
		n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s", i == 0 ? "" : ", ",
		    row->choices[i]);
	}
	return yaml_err(y, err, "%s: expected one of %s", row->key, list);
}

static bool
set_row(const struct row *row, const struct yaml *y, struct config *config, struct err *err)
{
	void *at = (char *)config + row->offset;
	int64_t number;

	if (yaml_is_null(y) && row->kind != KIND_TEXT)
		return true;			/* "key:" with nothing: the default */
	switch (row->kind) {
	case KIND_TEXT:
		if (yaml_is_null(y)) {
			*(const char **)at = NULL;
			return true;
		}
		if (y->kind != YAML_SCALAR)
			return yaml_err(y, err, "%s: expected a text", row->key);
		*(const char **)at = y->value[0] == '\0' ? NULL : y->value;
		return true;
	case KIND_CHOICE:
		return set_choice(row, y, at, err);
	case KIND_BOOL:
		return yaml_bool(y, at, err);
	case KIND_ENDPOINT:
		if (y->kind != YAML_SCALAR ||
		    !endpoint_parse(text_of(y->value), (uint16_t)row->min, at))
			return yaml_err(y, err, "%s: expected ADDRESS:PORT", row->key);
		return true;
	case KIND_UINT16:
		if (!yaml_int(y, row->min, row->max, &number, err))
			return false;
		*(uint16_t *)at = (uint16_t)number;
		return true;
	case KIND_UINT32:
		if (!yaml_int(y, row->min, row->max, &number, err))
			return false;
		*(uint32_t *)at = (uint32_t)number;
		return true;
	case KIND_INT64:
		return yaml_int(y, row->min, row->max, at, err);
	}
	return false;
}

/* --- lists ------------------------------------------------------------------------------------------- */

/* An absent or empty list is fine; anything but a list is not. */
static bool
list_of(const struct yaml *root, const char *section, const char *key, const struct yaml **ret,
    struct err *err)
{
	const struct yaml *y = yaml_get(section_of(root, section), key);

	*ret = NULL;
	if (y == NULL || yaml_is_null(y))
		return true;
	if (y->kind != YAML_SEQ)
		return yaml_err(y, err, "%s: expected a list", key);
	*ret = y;
	return true;
}

static bool
map_of(const struct yaml *root, const char *section, const char *key, const struct yaml **ret,
    struct err *err)
{
	const struct yaml *y = yaml_get(section_of(root, section), key);

	*ret = NULL;
	if (y == NULL || yaml_is_null(y))
		return true;
	if (y->kind != YAML_MAP)
		return yaml_err(y, err, "%s: expected a map", key);
	*ret = y;
	return true;
}

static bool
texts(struct arena *a, const struct yaml *root, const char *section, const char *key,
    const char *const **ret, size_t *count, struct err *err)
{
	const struct yaml *list, *y;
	const char **texts_out;

	*count = 0;
	if (!list_of(root, section, key, &list, err))
		return false;
	texts_out = arena_array(a, list == NULL ? 1 : list->count + 1, sizeof(*texts_out));
	for (y = list == NULL ? NULL : list->first; y != NULL; y = y->next) {
		if (y->kind != YAML_SCALAR || y->value[0] == '\0')
			return yaml_err(y, err, "%s: expected a list of texts", key);
		texts_out[(*count)++] = y->value;
	}
	*ret = texts_out;
	return true;
}

static bool
read_dns(struct arena *a, const struct yaml *root, struct config *c, struct err *err)
{
	const struct yaml *list, *y;

	if (!list_of(root, "dns", "resolvers", &list, err))
		return false;
	c->resolvers = arena_array(a, list == NULL ? 1 : list->count + 1, sizeof(*c->resolvers));
	for (y = list == NULL ? NULL : list->first; y != NULL; y = y->next)
		if (y->kind != YAML_SCALAR ||
		    !endpoint_parse(text_of(y->value), 53, &c->resolvers[c->resolver_count++]))
			return yaml_err(y, err, "resolvers: expected ADDRESS or ADDRESS:PORT");
	if (!list_of(root, "server", "addresses", &list, err))
		return false;
	c->addresses = arena_array(a, list == NULL ? 1 : list->count + 1, sizeof(*c->addresses));
	for (y = list == NULL ? NULL : list->first; y != NULL; y = y->next)
		if (y->kind != YAML_SCALAR ||
		    !ip_parse(text_of(y->value), &c->addresses[c->address_count++]))
			return yaml_err(y, err, "addresses: expected an IP address");
	return true;
}

static bool
read_domains(struct arena *a, const struct yaml *root, struct config *c, struct err *err)
{
	static const char *const known[] = { "name", "owner", "document_root", NULL };
	const struct yaml *list, *y;

	c->domains = json_new_array(a);
	if (!list_of(root, NULL, "domains", &list, err))
		return false;
	for (y = list == NULL ? NULL : list->first; y != NULL; y = y->next) {
		const char *written = y->kind == YAML_SCALAR ? y->value : yaml_str(y, "name", NULL);
		struct err why;
		struct name name;
		struct json *one;

		if (y->kind == YAML_MAP && !yaml_known_keys(y, known, err))
			return false;
		if (written == NULL)
			return yaml_err(y, err, "domains: expected {name: DOMAIN, owner: LOGIN}");
		if (!name_from_person(a, text_of(written), &name, &why))
			return yaml_err(y, err, "domains: %s", why.text);
		one = json_add_object(c->domains);
		json_put_str(one, "name", name.s);
		json_put_str(one, "owner", yaml_str(y, "owner", NULL));
		json_put_str(one, "document_root", yaml_str(y, "document_root", NULL));
	}
	return true;
}

static bool
read_patterns(struct arena *a, const struct yaml *root, struct config *c, struct err *err)
{
	static const char *const known[] = { "ns", "where", "name", "url", NULL };
	const struct yaml *list, *y;

	if (!list_of(root, "provider", "dns", &list, err))
		return false;
	c->dns_patterns = arena_array(a, list == NULL ? 1 : list->count + 1,
	    sizeof(*c->dns_patterns));
	for (y = list == NULL ? NULL : list->first; y != NULL; y = y->next) {
		struct dns_pattern *p = &c->dns_patterns[c->dns_pattern_count++];

		if (y->kind != YAML_MAP)
			return yaml_err(y, err, "dns: expected {ns: PATTERN, where: PLACE}");
		if (!yaml_known_keys(y, known, err))
			return false;
		p->ns = yaml_str(y, "ns", NULL);
		p->where = yaml_str(y, "where", NULL);
		p->name = yaml_str(y, "name", NULL);
		p->url = yaml_str(y, "url", NULL);
		if (p->ns == NULL || p->where == NULL)
			return yaml_err(y, err, "dns: ns and where are both needed");
	}
	return true;
}

static bool
read_pairs(struct arena *a, const struct yaml *root, struct config *c, struct err *err)
{
	static const char *const known[] = { "list", "zone", NULL };
	const struct yaml *map, *y;

	if (!map_of(root, NULL, "links", &map, err))
		return false;
	c->links = arena_array(a, map == NULL ? 1 : map->count + 1, sizeof(*c->links));
	for (y = map == NULL ? NULL : map->first; y != NULL; y = y->next) {
		if (y->kind != YAML_SCALAR)
			return yaml_err(y, err, "links: expected ID: URL");
		c->links[c->link_count++] = (struct config_link){ y->key, y->value };
	}
	if (!map_of(root, "blacklists", "keys", &map, err))
		return false;
	c->blacklist_keys = arena_array(a, map == NULL ? 1 : map->count + 1,
	    sizeof(*c->blacklist_keys));
	for (y = map == NULL ? NULL : map->first; y != NULL; y = y->next) {
		if (y->kind != YAML_SCALAR)
			return yaml_err(y, err, "keys: expected ID: FILE");
		c->blacklist_keys[c->blacklist_key_count++] = (struct config_key){ y->key, y->value };
	}
	if (!list_of(root, "blacklists", "zones_override", &map, err))
		return false;
	c->blacklist_zones = arena_array(a, map == NULL ? 1 : map->count + 1,
	    sizeof(*c->blacklist_zones));
	for (y = map == NULL ? NULL : map->first; y != NULL; y = y->next) {
		struct config_zone *z = &c->blacklist_zones[c->blacklist_zone_count++];

		if (y->kind != YAML_MAP || !yaml_known_keys(y, known, err))
			return y->kind == YAML_MAP ? false :
			    yaml_err(y, err, "zones_override: expected {list: ID, zone: ZONE}");
		z->list = yaml_str(y, "list", NULL);
		z->zone = yaml_str(y, "zone", NULL);
		if (z->list == NULL || z->zone == NULL)
			return yaml_err(y, err, "zones_override: list and zone are both needed");
	}
	return true;
}

static bool
read_lists(struct arena *a, const struct yaml *root, struct config *c, struct err *err)
{
	const struct yaml *level = yaml_get(root, "log_level");

	if (level != NULL && !yaml_is_null(level) &&
	    (level->kind != YAML_SCALAR || !log_level_parse(level->value, &c->log_level)))
		return yaml_err(level, err, "log_level: expected error, warning, info or debug");
	return read_dns(a, root, c, err) && read_domains(a, root, c, err) &&
	    read_patterns(a, root, c, err) && read_pairs(a, root, c, err) &&
	    texts(a, root, NULL, "admins", &c->admins, &c->admin_count, err) &&
	    texts(a, root, "server", "smtp_probe_targets", &c->probe_targets,
	    &c->probe_target_count, err) &&
	    texts(a, root, "provider", "own_domains", &c->own_domains, &c->own_domain_count, err);
}

static void
defaults(struct arena *a, struct config *c)
{
	*c = (struct config){
		.panel_kind = "none", .domains = json_new_array(a),
		.dns_timeout_ms = 2000, .dns_tries = 2, .dns_in_flight = 256,
		.authoritative_port = 53,
		.smtp_probe = true, .notices = true,
		.postfix_config_dir = "/etc/postfix",
		.spf_all = "~all", .dkim_selector = "default",
		.blacklists = true,
		.listen_panel = "/run/antispam-guide/panel.sock",
		.identity_key_file = "/etc/antispam-guide/identity.key",
		.store = "/var/lib/antispam-guide/state.db",
		.language = "en", .queue_backlog = 100, .stale_after_s = 21600,
		.log_level = LOG_INFO,
	};
	endpoint_parse(TEXT("127.0.0.1:25"), 25, &c->smtp_connect);
}

/* Settings that need each other. */
static bool
fits_together(const struct config *c, const struct yaml *root, struct err *err)
{
	const struct yaml *panel = yaml_get(root, "panel");
	struct text from;
	/* cPanel without an address: asked by its own commands, on its server. */
	bool remote = strcmp(c->panel_kind, "plesk") == 0 ||
	    (strcmp(c->panel_kind, "cpanel") == 0 && (c->panel_url != NULL || c->panel_key_file != NULL));

	if (remote && (c->panel_url == NULL || strncmp(c->panel_url, "https://", 8) != 0))
		return yaml_err(panel, err, "url: the panel's address is needed, "
		    "https://HOST:PORT");
	if (remote && c->panel_key_file == NULL)
		return yaml_err(panel, err, "key_file: the file that holds the panel's secret key "
		    "is needed");
	if (c->notices_from != NULL && (!mailaddr_only(text_of(c->notices_from), &from) ||
	    from.n != strlen(c->notices_from)))
		return yaml_err(yaml_get(root, "notices"), err, "from: expected a mail address");
	return true;
}

bool
config_load(struct arena *a, const char *path, bool required, struct config *ret, struct err *err)
{
	struct yaml *root;
	size_t i;

	defaults(a, ret);
	if (!required && access(path, F_OK) != 0 && errno == ENOENT)
		return true;
	if ((root = yaml_load(a, path, err)) == NULL)
		return false;
	ret->file = path;
	if (yaml_is_null(root))
		return true;			/* an empty file */
	if (root->kind != YAML_MAP)
		return yaml_err(root, err, "expected a map of settings");
	if (!all_known(root, err))
		return false;
	for (i = 0; i < ROWS; i++) {
		const struct yaml *y = yaml_get(section_of(root, rows[i].section), rows[i].key);

		if (y != NULL && !set_row(&rows[i], y, ret, err))
			return false;
	}
	return read_lists(a, root, ret, err) && fits_together(ret, root, err);
}
