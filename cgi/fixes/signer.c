#include "fixes/signer.h"

#include <string.h>

#include "base/arena.h"
#include "base/str.h"

#define TEXT_MAX	8192

/* What stands in the list already stays: a filter that is there goes on working. */
static void
add_milter(struct str *s, const char *where)
{
	str_addf(s, "postconf -e \"smtpd_milters = $(postconf -h smtpd_milters | sed 's/..*/&, /')%s\"\n"
	    "postconf -e 'non_smtpd_milters = $smtpd_milters' 'milter_default_action = accept'\n"
	    "postfix check && postfix reload\n", where);
}

static void
add_tables(struct str *s, const char *folder, const char *domain, const char *selector)
{
	str_addf(s, "echo '%s._domainkey.%s %s:%s:%s/%s/%s.private' >> %s/keytable\n", selector, domain,
	    domain, selector, folder, domain, selector, folder);
	str_addf(s, "echo '*@%s %s._domainkey.%s' >> %s/signingtable\n", domain, selector, domain, folder);
	str_addf(s, "cat >> /etc/opendkim.conf <<'END'\n"
	    "KeyTable %s/keytable\n"
	    "SigningTable refile:%s/signingtable\n"
	    "Socket inet:8891@localhost\n"
	    "OversignHeaders From\n"
	    "END\n", folder, folder);
}

static void
add_key(struct str *s, const char *folder, const char *domain, const char *selector)
{
	str_addf(s, "install -d -o opendkim -g opendkim -m 0700 %s/%s\n", folder, domain);
	str_addf(s, "opendkim-genkey -b 2048 -d %s -s %s -D %s/%s\n", domain, selector, folder, domain);
	str_addf(s, "chown opendkim:opendkim %s/%s/%s.private\n", folder, domain, selector);
}

static const char *
opendkim_debian(struct arena *a, const char *domain, const char *selector)
{
	static const char folder[] = "/etc/dkimkeys";
	struct str s = str_in(a, TEXT_MAX);

	str_add(&s, "apt-get install opendkim opendkim-tools\n");
	add_key(&s, folder, domain, selector);
	add_tables(&s, folder, domain, selector);
	str_add(&s, "systemctl restart opendkim\n");
	add_milter(&s, "inet:127.0.0.1:8891");
	str_addf(&s, "cat %s/%s/%s.txt\n", folder, domain, selector);
	return s.p;
}

/* EPEL's comes as a verifier with one key for all. */
static const char *
opendkim_rpm(struct arena *a, const char *domain, const char *selector)
{
	static const char folder[] = "/etc/opendkim/keys";
	struct str s = str_in(a, TEXT_MAX);

	str_add(&s, "dnf install epel-release\n"
	    "dnf install opendkim opendkim-tools\n");
	add_key(&s, folder, domain, selector);
	str_add(&s, "sed -i -e 's/^Mode.*/Mode sv/' -e 's/^KeyFile/#&/' -e 's/^Socket/#&/' /etc/opendkim.conf\n");
	add_tables(&s, folder, domain, selector);
	str_add(&s, "systemctl enable --now opendkim\n"
	    "systemctl restart opendkim\n");
	add_milter(&s, "inet:127.0.0.1:8891");
	str_addf(&s, "cat %s/%s/%s.txt\n", folder, domain, selector);
	return s.p;
}

static const char *
rspamd(struct arena *a, const char *domain, const char *selector)
{
	struct str s = str_in(a, TEXT_MAX);

	str_add(&s, "install -d -o _rspamd -g _rspamd -m 0750 /var/lib/rspamd/dkim\n");
	str_addf(&s, "rspamadm dkim_keygen -b 2048 -d %s -s %s -k /var/lib/rspamd/dkim/%s.%s.key\n", domain,
	    selector, domain, selector);
	str_addf(&s, "chown _rspamd:_rspamd /var/lib/rspamd/dkim/%s.%s.key\n", domain, selector);
	str_addf(&s, "cat > /etc/rspamd/local.d/dkim_signing.conf <<'END'\n"
	    "path = \"/var/lib/rspamd/dkim/$domain.$selector.key\";\n"
	    "selector = \"%s\";\n"
	    "use_domain = \"header\";\n"
	    "allow_username_mismatch = true;\n"
	    "sign_authenticated = true;\n"
	    "sign_local = true;\n"
	    "END\n"
	    "systemctl restart rspamd\n", selector);
	return s.p;
}

static bool
has_rspamd(const struct json *mail_server)
{
	size_t at;

	return json_str(json_get(mail_server, "services"), "rspamd") != NULL ||
	    text_find(text_of(json_str(mail_server, "milter")), text_of(":11332"), &at);
}

bool
signer_commands(struct plan_run *r, const char *domain, const char *selector, const char **ret)
{
	const struct json *mail = NULL;
	const struct ev_failure *why = NULL;
	enum family family;
	struct str s;
	size_t at;

	if (!distribution(r, &family))
		return false;
	if (ev_has_panel(r->ev) && (mail = ev_fact_any(r->ev, "mail_server", NULL, &why)) == NULL && why == NULL)
		return false;
	if (has_rspamd(mail)) {
		s = str_in(r->arena, TEXT_MAX);
		str_add(&s, rspamd(r->arena, domain, selector));
		if (!text_find(text_of(json_str(mail, "milter")), text_of(":11332"), &at))
			add_milter(&s, "inet:127.0.0.1:11332");
		*ret = s.p;
	} else if (family == FAMILY_RPM)
		*ret = opendkim_rpm(r->arena, domain, selector);
	else if (family == FAMILY_DEBIAN)
		*ret = opendkim_debian(r->arena, domain, selector);
	else
		*ret = arena_printf(r->arena, "# Debian, Ubuntu\n%s\n# AlmaLinux, Rocky Linux\n%s",
		    opendkim_debian(r->arena, domain, selector), opendkim_rpm(r->arena, domain, selector));
	return true;
}
