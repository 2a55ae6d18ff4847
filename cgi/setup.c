#include "setup.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/file.h"
#include "base/yaml.h"
#include "mail/data.h"
#include "mail/psl.h"
#include "store/store.h"

#define CPANEL_IN_FLIGHT	4

/* --- where words and data are ------------------------------------------------------------------------ */

/* A program that runs from its build folder uses the checkout's own templates. */
static const char *
beside_program(struct arena *a)
{
	static const char *const up[] = { "../templates", "../../templates", "../share/antispam-guide/templates" };
	char exe[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 1);
	size_t i;

	if (n <= 0)
		return NULL;
	exe[n] = '\0';
	for (i = 0; i < sizeof(up) / sizeof(up[0]); i++) {
		const char *dir = arena_printf(a, "%s/%s", dirname(arena_strdup(a, exe)), up[i]);

		if (access(arena_printf(a, "%s/lang", dir), R_OK) == 0)
			return dir;
	}
	return NULL;
}

#define PSL_MAX	(8u * 1024 * 1024)

/* The system's list is newer than the one the library was built with. */
static const struct psl *
load_psl(struct arena *a)
{
	const char *path = psl_system_file();
	struct psl *psl = NULL;
	struct text text;
	struct err err;

	if (path != NULL && file_read(a, path, PSL_MAX, &text, &err))
		psl = psl_read(a, text, &err);
	return psl != NULL ? psl : psl_of_library(a);
}

bool
setup_words(struct setup *s, struct err *err)
{
	static const char *const names[] = { "senders", "dns_hosts", "providers", "blacklists",
	    "smtp_codes", "bounce_words", "message_words", "wordpress", "links" };
	const struct yaml *trees[9];
	struct data_files files;
	struct catalog *catalog;
	size_t i;

	s->templates = s->config.templates;
	if (s->templates == NULL)
		s->templates = beside_program(s->arena);
	if (s->templates == NULL)
		s->templates = ASG_DATADIR "/templates";
	catalog = catalog_load(s->arena, arena_printf(s->arena, "%s/lang", s->templates), err);
	if (catalog == NULL)
		return false;
	catalog_prefer(catalog, s->config.panel_kind);
	s->catalog = catalog;
	for (i = 0; i < 9; i++) {
		trees[i] = yaml_load(s->arena, arena_printf(s->arena, "%s/data/%s.yaml", s->templates,
		    names[i]), err);
		if (trees[i] == NULL)
			return false;
	}
	files = (struct data_files){ .senders = trees[0], .dns_hosts = trees[1],
	    .providers = trees[2], .blacklists = trees[3], .smtp_codes = trees[4],
	    .bounce_words = trees[5], .message_words = trees[6], .wordpress = trees[7],
	    .links = trees[8] };
	s->data = data_from_yaml(s->arena, &files, err);
	s->psl = load_psl(s->arena);
	return s->data != NULL;
}

/* --- the parts ---------------------------------------------------------------------------------------- */

/* Account keys of blacklists are secrets like the panel's. */
static bool
read_list_keys(struct setup *s, struct err *err)
{
	const struct config *c = &s->config;
	size_t i;

	s->list_keys = arena_array(s->arena, c->blacklist_key_count + 1, sizeof(*s->list_keys));
	s->list_zones = arena_array(s->arena, c->blacklist_zone_count + 1, sizeof(*s->list_zones));
	for (i = 0; i < c->blacklist_key_count; i++) {
		struct text key;

		if (!file_read_secret(s->arena, c->blacklist_keys[i].file, false, 1024, &key, err))
			return false;
		s->list_keys[i] = (struct list_key){ c->blacklist_keys[i].id,
		    text_cstr(s->arena, text_trim(key)) };
	}
	for (i = 0; i < c->blacklist_zone_count; i++)
		s->list_zones[i] = (struct list_zone){ c->blacklist_zones[i].list,
		    c->blacklist_zones[i].zone };
	return true;
}

static bool
asked_by_command(const struct config *c)
{
	return strcmp(c->panel_kind, "cpanel") == 0 && c->panel_url == NULL;
}

static void
make_rules(struct setup *s, const struct panel *panel)
{
	const struct config *c = &s->config;

	s->rules = (struct rules){
		.panel_kind = c->panel_kind,
		.panel_serves_dns = panel != NULL && panel->serves_dns,
		.panel_by_command = asked_by_command(c),
		.addresses = c->addresses, .address_count = c->address_count,
		.relay = c->relay,
		.smtp_probe = c->smtp_probe, .smtp_connect = c->smtp_connect,
		.smtp_probe_targets = c->probe_targets,
		.smtp_probe_target_count = c->probe_target_count,
		.provider_name = c->provider_name,
		.spf_include = c->spf_include, .spf_all = c->spf_all,
		.dkim_selector = c->dkim_selector,
		.own_domains = c->own_domains, .own_domain_count = c->own_domain_count,
		.dns_patterns = c->dns_patterns, .dns_pattern_count = c->dns_pattern_count,
		.lists = { .enabled = c->blacklists, .zones = s->list_zones,
		    .zone_count = c->blacklist_zone_count, .keys = s->list_keys,
		    .key_count = c->blacklist_key_count },
		.resolvers = c->resolvers, .resolver_count = c->resolver_count,
		.data = s->data, .psl = s->psl,
		.queue_backlog = c->queue_backlog,
	};
}

/* Where systemd puts it, if it is there. */
static const char *
helper_of(const struct config *c)
{
	static const char usual[] = "/run/antispam-guide/helper.sock";

	if (c->helper != NULL)
		return c->helper;
	return access(usual, F_OK) == 0 ? usual : NULL;
}

/* Without a usable key the panel is asked nothing: as if it were down. */
static bool
make_net(struct setup *s, const struct setup_options *options, struct err *err)
{
	const struct config *c = &s->config;
	bool remote = c->panel_key_file != NULL && strcmp(c->panel_kind, "none") != 0;
	struct text secret = { "", 0 };

	/* One that we may read and will not is a mistake to be told, whatever was asked for. */
	if (remote && !file_read_secret(s->arena, c->panel_key_file, false, 4096, &secret, err) &&
	    (options->panel_key || access(c->panel_key_file, R_OK) == 0))
		return false;
	if (secret.n > 0 && secret.p[secret.n - 1] == '\n')
		secret.n--;			/* an editor's, not the key's */
	s->net = (struct net_config){
		.resolvers = c->resolvers, .resolver_count = c->resolver_count,
		.dns_timeout_ms = c->dns_timeout_ms, .dns_tries = c->dns_tries,
		.dns_in_flight = c->dns_in_flight,
		.allow_private = c->allow_private,
		.panel_url = c->panel_url, .panel_ca_file = c->panel_ca_file,
		/* cpsrvd has few processes, for everybody who works in the panel. */
		.panel_in_flight = strcmp(c->panel_kind, "cpanel") == 0 ? CPANEL_IN_FLIGHT : 0,
		.panel_tls_name = c->panel_tls_name, .panel_pin_sha256 = c->panel_pin_sha256,
		.panel_secret = secret,
		.tls_ca_file = c->tls_ca_file, .helper_socket = helper_of(c),
		.mail_log = c->log_mail,
		.spamd = c->spamd, .rspamd = c->rspamd, .clamd = c->clamd,
	};
	return true;
}

/* A store that is there, or that can be made where the configuration wants it. */
static bool
store_possible(struct setup *s, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *directory = slash == NULL ? "." : slash == path ? "/" :
	    arena_strndup(s->arena, path, (size_t)(slash - path));

	return access(path, W_OK) == 0 || (errno == ENOENT && s->config.file != NULL &&
	    access(directory, W_OK) == 0);
}

/* Does the backend run on the panel's server, so that the helper speaks of it? */
static bool
panel_is_local(const struct config *c)
{
	struct text host = text_of(c->panel_url);
	size_t at;

	if (c->panel_url == NULL)
		return strcmp(c->panel_kind, "postfix") == 0 || strcmp(c->panel_kind, "cpanel") == 0;
	if (text_find(host, TEXT("://"), &at))
		host = text_skip(host, at + 3);
	return text_starts(host, "127.") || text_starts(host, "[::1]") || text_istarts(host, "localhost:") ||
	    text_istarts(host, "localhost/") || text_iis(host, "localhost");
}

bool
setup_engine(struct setup *s, const struct setup_options *options, struct err *err)
{
	const struct config *c = &s->config;
	const struct panel *panel = panel_find(c->panel_kind);
	struct json *links = json_new_object(s->arena);
	struct engine_setup es;

	if (!read_list_keys(s, err))
		return false;
	make_rules(s, panel);
	if (!make_net(s, options, err))
		return false;
	s->panel_params = (struct panel_params){ .user = c->panel_user,
	    .local = panel_is_local(c), .clamd = c->clamd != NULL,
	    .by_command = asked_by_command(c),
	    .domains = c->domains,
	    .admins = c->admins, .admin_count = c->admin_count,
	    .postfix_config_dir = c->postfix_config_dir, .selector = c->dkim_selector, .data = s->data };
	/* A check can do without the store; what changes something cannot. */
	if (options->replay == NULL && (options->store || store_possible(s, c->store))) {
		s->store = store_open(c->store, err);
		if (s->store == NULL && options->store)
			return false;
	}
	for (size_t i = 0; i < c->link_count; i++)
		json_put_str(links, c->links[i].id, c->links[i].url);
	es = (struct engine_setup){
		.rules = &s->rules, .net = &s->net, .panel = panel,
		.panel_params = &s->panel_params, .catalog = s->catalog, .store = s->store,
		.authoritative_port = c->authoritative_port, .stale_after_s = c->stale_after_s,
		.time_limit_ms = options->time_limit_ms, .replay = options->replay,
		.lang = c->language, .test_address = c->test_address, .test_maildir = c->test_maildir,
		.links = links, .notices_off = !s->config.notices, .notices_from = c->notices_from,
	};
	s->engine = engine_new(&es, err);
	return s->engine != NULL;
}

void
setup_end(struct setup *s)
{
	engine_free(s->engine);
	store_close(s->store);
	arena_free(s->arena);
}
