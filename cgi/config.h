#ifndef CONFIG_H
#define CONFIG_H

/*
 * The configuration file (contract section 2): read once, checked completely,
 * then const.  main hands it down in parts.
 */

#include "base/addr.h"
#include "base/err.h"
#include "base/json.h"
#include "base/log.h"
#include "checks/check.h"
#include "net/net.h"
#include "panel/panel.h"

struct config_link { const char *id, *url; };
struct config_zone { const char *list, *zone; };
struct config_key { const char *id, *file; };

struct config {
	const char		*file;		/* NULL = none was read */

	const char		*panel_kind;	/* "none" ... */
	const char		*panel_url, *panel_user, *panel_key_file;
	const char		*panel_ca_file, *panel_tls_name, *panel_pin_sha256;
	struct json		*domains;	/* [{"name","owner"}] */
	const char *const	*admins;	size_t admin_count;

	struct endpoint		*resolvers;	size_t resolver_count;
	uint32_t		 dns_timeout_ms, dns_tries, dns_in_flight;
	uint16_t		 authoritative_port;
	bool			 allow_private;

	struct ip		*addresses;	size_t address_count;
	const char		*relay;		/* NULL = none */
	bool			 smtp_probe;
	struct endpoint		 smtp_connect;
	const char *const	*probe_targets;	size_t probe_target_count;

	const char		*spamd, *rspamd, *clamd, *helper;	/* NULL = usual places */
	const char		*log_mail;
	const char		*postfix_config_dir;
	const char		*tls_ca_file;
	struct config_link	*links;		size_t link_count;
	const char		*test_address, *test_maildir;
	bool			 notices;
	const char		*notices_from;

	const char		*provider_name;
	const char		*support_url, *support_phone, *support_chat, *support_hours;
	const char		*spf_include, *spf_all, *dkim_selector;
	const char *const	*own_domains;	size_t own_domain_count;
	struct dns_pattern	*dns_patterns;	size_t dns_pattern_count;

	bool			 blacklists;
	struct config_key	*blacklist_keys;	size_t blacklist_key_count;
	struct config_zone	*blacklist_zones;	size_t blacklist_zone_count;

	const char		*listen_panel, *listen_user, *listen_admin;	/* NULL = none */
	const char		*identity_key_file;
	const char		*store;
	const char		*templates;
	const char		*language;
	int64_t			 queue_backlog, stale_after_s;
	enum log_level		 log_level;
};

/*
 * Defaults, then the file.  `required` false: an absent file is not an error.
 * err names file, line, column and, for an unknown key, the nearest known one.
 */
bool	config_load(struct arena *, const char *path, bool required, struct config *ret, struct err *);

#endif
