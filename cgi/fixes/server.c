/*
 * What is installed on the server itself: a resolver, an antivirus, the log of
 * script mail.  Installing is the administrator's: here are the commands.
 */

#include <string.h>

#include "base/arena.h"
#include "fixes/all.h"
#include "fixes/distribution.h"

bool
distribution(struct plan_run *r, enum family *ret)
{
	const struct ev_failure *why = NULL;
	const struct json *os = NULL;
	const char *family;

	*ret = FAMILY_NOT_KNOWN;
	if (ev_has_panel(r->ev) && (os = ev_fact_any(r->ev, "os", NULL, &why)) == NULL && why == NULL)
		return false;
	family = json_str(os, "family");
	if (family != NULL)
		*ret = strcmp(family, "debian") == 0 ? FAMILY_DEBIAN : FAMILY_RPM;
	return true;
}

static void
commands(struct plan_run *r, const char *where_id, const char *debian, const char *rpm)
{
	enum family family;

	if (!distribution(r, &family))
		return;
	r->mode = MODE_COPY;
	r->copy_where_id = where_id;
	r->copy_text = family == FAMILY_DEBIAN ? debian : family == FAMILY_RPM ? rpm :
	    arena_printf(r->arena, "# Debian, Ubuntu\n%s\n# AlmaLinux, Rocky Linux, CloudLinux\n%s", debian, rpm);
}

static void
plan_resolver(struct plan_run *r)
{
	commands(r, "fix.server.where.resolver",
	    "apt-get install unbound dnsutils\n"
	    "systemctl enable --now unbound\n"
	    "dig @127.0.0.1 +short 2.0.0.127.zen.spamhaus.org\n",
	    "dnf install unbound bind-utils\n"
	    "systemctl enable --now unbound\n"
	    "dig @127.0.0.1 +short 2.0.0.127.zen.spamhaus.org\n");
}

#define INSTALL_DEBIAN	"apt-get install clamav-daemon clamav-freshclam\n"
#define START_DEBIAN	"systemctl enable --now clamav-freshclam clamav-daemon\n"
#define INSTALL_RPM	"dnf install epel-release\n" \
	"dnf install clamav clamd clamav-freshclam\n" \
	"sed -i 's|^#LocalSocket |LocalSocket |' /etc/clamd.d/scan.conf\n"
#define START_RPM	"systemctl enable --now clamav-freshclam clamd@scan\n"
#define PLESK_IMUNIFY	"plesk bin extension --install revisium-antivirus\n" \
	"# or, beside it:\n"
#define CPANEL_CLAMAV \
	"/usr/local/cpanel/scripts/update_local_rpm_versions --edit target_settings.clamav installed\n" \
	"/usr/local/cpanel/scripts/check_cpanel_pkgs --fix --targets=clamav\n" \
	"/usr/local/cpanel/3rdparty/bin/freshclam\n"

static void
plan_antivirus(struct plan_run *r)
{
	const struct json *found;
	const struct ev_failure *why;
	const char *product;

	if (ev_has_panel(r->ev)) {
		found = ev_fact_any(r->ev, "antivirus", NULL, &why);
		if (found == NULL && why == NULL)
			return;
		product = json_str(found, "product");
		if (product != NULL && json_tristate(found, "active") == 0 && strcmp(product, "clamav") == 0) {
			commands(r, "fix.server.where.antivirus_start", START_DEBIAN, START_RPM);
			return;
		}
		if (product != NULL) {
			plan_refuse(r, REFUSED_NOT_NEEDED, "fix.server.refused.antivirus");
			plan_refuse_value(r, "product", product);
			return;
		}
	}
	/* A panel has a scanner of its own, which its customers find there; beside cPanel's no other ClamAV is wanted. */
	if (strcmp(r->rules->panel_kind, "cpanel") == 0)
		commands(r, "fix.server.where.antivirus_cpanel", CPANEL_CLAMAV, CPANEL_CLAMAV);
	else if (strcmp(r->rules->panel_kind, "plesk") == 0)
		commands(r, "fix.server.where.antivirus_plesk",
		    PLESK_IMUNIFY INSTALL_DEBIAN START_DEBIAN "clamdscan --fdpass /var/www/vhosts\n",
		    PLESK_IMUNIFY INSTALL_RPM START_RPM "clamdscan --fdpass /var/www/vhosts\n");
	else
		commands(r, "fix.server.where.antivirus",
		    INSTALL_DEBIAN START_DEBIAN "clamdscan --fdpass /var/www\n",
		    INSTALL_RPM START_RPM "clamdscan --fdpass /var/www\n");
}

/* --- the log of script mail ----------------------------------------------------------------------- */

static const struct json *
boolean(struct arena *a, bool value)
{
	struct json *box = json_new_object(a);

	json_put_bool(box, "value", value);
	return json_get(box, "value");
}

#define INI	"printf 'mail.add_x_header = On\\nmail.log = syslog\\n'"

static void
plan_mail_log(struct plan_run *r)
{
	const struct json *log = NULL;
	const struct ev_failure *why = NULL;
	bool on;

	if (ev_has_panel(r->ev) && (log = ev_fact_any(r->ev, "script_log", NULL, &why)) == NULL && why == NULL)
		return;
	on = json_tristate(log, "on") == 1 && json_tristate(log, "header") == 1;
	if (on) {
		plan_refuse(r, REFUSED_NOT_NEEDED, "fix.server.refused.logged");
		return;
	}
	/* Our own file beside each php.ini, by the helper. */
	if (json_tristate(log, "on") >= 0 && (strcmp(r->rules->panel_kind, "postfix") == 0 ||
	    strcmp(r->rules->panel_kind, "plesk") == 0 || strcmp(r->rules->panel_kind, "cpanel") == 0)) {
		plan_setting(r, "server", "server", "script_log", boolean(r->arena, false),
		    boolean(r->arena, true), false);
		return;
	}
	commands(r, "fix.server.where.mail_log",
	    "for d in /etc/php/*/*/conf.d /opt/plesk/php/*/etc/php.d; do\n"
	    "  [ -d \"$d\" ] && " INI " > \"$d/zz-mail-log.ini\"\n"
	    "done\n"
	    "systemctl reload 'php*-fpm' 'plesk-php*-fpm' apache2\n",
	    "for d in /etc/php.d /opt/plesk/php/*/etc/php.d /opt/cpanel/ea-php*/root/etc/php.d; do\n"
	    "  [ -d \"$d\" ] && " INI " > \"$d/zz-mail-log.ini\"\n"
	    "done\n"
	    "systemctl reload 'php-fpm' 'plesk-php*-fpm' 'ea-php*-php-fpm' httpd\n");
}

const struct fix fix_resolver_local = { .id = "resolver.local", .scope = SCOPE_SERVER, .roles = ROLE_ADMIN,
	.checks_after = { "resolver" }, .plan = plan_resolver };
const struct fix fix_antivirus_install = { .id = "antivirus.install", .scope = SCOPE_SERVER,
	.roles = ROLE_ADMIN, .checks_after = { "antivirus" }, .plan = plan_antivirus };
const struct fix fix_mail_log_enable = { .id = "mail_log.enable", .scope = SCOPE_SERVER,
	.roles = ROLE_ADMIN, .panels = PANEL_PLESK | PANEL_CPANEL | PANEL_POSTFIX,
	.checks_after = { "mail_log" }, .plan = plan_mail_log };
