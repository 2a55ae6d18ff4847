/*
 * Mail addresses of cPanel in the form of the fact `mailboxes`.
 *
 * A mailbox that has a forwarder too keeps a copy; there is no other switch for it.
 * A forwarder is a line each: `dest` is the address here, `forward` where it goes,
 * which may also be a refusal (":fail: text"), nothing (":blackhole:"), a program
 * ("|/path") or the account's own name.  Of these the last is told as a target
 * here; the others are not addresses, and are left alone.
 */

#include <string.h>

#include "panel/cpanel/internal.h"

#define USUAL_REFUSAL	"No Such User Here"	/* what the panel itself writes */

bool
cp_is_address(const char *address)
{
	const char *at = strchr(address, '@');

	if (at == NULL || at == address || at[1] == '\0' || strchr(at + 1, '@') != NULL || *address == '-')
		return false;
	for (const char *p = address; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f || strchr(",\"<>|:;\\/", *p) != NULL)
			return false;
	return true;
}

const char *
cp_domain_part(const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? NULL : at + 1;
}

const char *
cp_local_part(struct arena *a, const char *address)
{
	const char *at = strrchr(address, '@');

	return at == NULL ? address : arena_strndup(a, address, (size_t)(at - address));
}

/* The name of an account: letters, digits and a few signs. */
static bool
is_login(const char *s)
{
	for (const char *p = s; *p != '\0'; p++)
		if (!ascii_isalnum((unsigned char)*p) && *p != '_' && *p != '-' && *p != '.')
			return false;
	return *s != '\0';
}

bool
cp_is_target(const char *s)
{
	return cp_is_address(s) || is_login(s);
}

/* --- the default address ------------------------------------------------------------------------------- */

/* Quotes may stand around it, and often do. */
static struct text
unquoted(struct text text)
{
	text = text_trim(text);
	if (text.n >= 2 && text.p[0] == '"' && text.p[text.n - 1] == '"')
		text = text_trim(text_head(text_skip(text, 1), text.n - 2));
	return text;
}

void
cp_put_default_address(struct json *into, struct arena *a, const char *said)
{
	struct text text = unquoted(text_of(said)), message;
	struct json *row;

	if (text.n == 0) {
		json_put_null(into, "catch_all");
		return;
	}
	row = json_put_object(into, "catch_all");
	if (text_istarts(text, ":fail:")) {
		message = text_trim(text_skip(text, strlen(":fail:")));
		json_put_str(row, "kind", "reject");
		json_put_str(row, "target", message.n == 0 || text_is(message, USUAL_REFUSAL) ? NULL :
		    text_show(a, message));
	} else if (text_istarts(text, ":blackhole:") || text_is(text, "/dev/null")) {
		json_put_str(row, "kind", "discard");
		json_put_null(row, "target");
	} else {
		json_put_str(row, "kind", "forward");
		json_put_str(row, "target", text_show(a, text));
	}
}

/* --- rows ------------------------------------------------------------------------------------------------ */

static struct json *
add_row(struct json *rows, const char *address, const char *kind, int enabled)
{
	struct json *row = json_add_object(rows);

	json_put_str(row, "address", address);
	json_put_str(row, "kind", kind);
	cp_put_flag(row, "enabled", enabled);
	json_put_array(row, "targets");
	json_put_null(row, "keeps_copy");
	json_put_null(row, "limit");
	return row;
}

static bool
is_in(const char *address, const char *domain)
{
	return address != NULL && cp_domain_part(address) != NULL && text_iis(text_of(cp_domain_part(address)), domain);
}

static bool
is_off(const struct json *pop)
{
	return cp_flag(pop, "suspended_login") == 1 || cp_flag(pop, "suspended_incoming") == 1;
}

static const struct json *
pop_of(const struct json *pops, const char *address)
{
	for (const struct json *v = json_first(pops); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "email")), address))
			return v;
	return NULL;
}

static void
add_pops(struct json *rows, const char *domain, const struct json *pops)
{
	for (const struct json *v = json_first(pops); v != NULL; v = json_next(v)) {
		const char *email = json_str(v, "email");
		struct json *row;

		if (!is_in(email, domain))	/* the account's own mailbox has no domain */
			continue;
		row = add_row(rows, email, "mailbox", !is_off(v));
		if (cp_flag(v, "suspended_outgoing") == 1)
			json_put_int(row, "limit", 0);
	}
}

/* All lines of one address make one row. */
static bool
is_first(const struct json *forwarders, const struct json *line)
{
	const struct json *v = json_first(forwarders);

	while (v != line && !(text_iis(text_of(json_str(v, "dest")), json_str(line, "dest")) &&
	    json_str(v, "forward") != NULL && cp_is_target(json_str(v, "forward"))))
		v = json_next(v);
	return v == line;
}

static void
add_forward(struct json *rows, struct arena *a, const struct json *pops, const struct json *forwarders,
    const char *address, const char *domain)
{
	const struct json *pop = pop_of(pops, address), *targets;
	struct json *list = json_new_array(a), *row;
	const char *only;

	for (const struct json *v = json_first(forwarders); v != NULL; v = json_next(v))
		if (text_iis(text_of(json_str(v, "dest")), address) && json_str(v, "forward") != NULL &&
		    cp_is_target(json_str(v, "forward")))
			json_add_str(list, json_str(v, "forward"));
	targets = list;
	only = json_value_str(json_first(targets));
	if (pop == NULL && json_count(targets) == 1 && is_in(only, domain)) {
		row = add_row(rows, address, "alias", 1);
		json_put_copy(row, "targets", targets);
		return;
	}
	row = add_row(rows, address, "forward", 1);
	json_put_copy(row, "targets", targets);
	json_put_bool(row, "keeps_copy", pop != NULL);
	if (pop != NULL && cp_flag(pop, "suspended_outgoing") == 1)
		json_put_int(row, "limit", 0);
}

static void
add_catch_all(struct json *rows, struct arena *a, const char *domain, const char *default_address)
{
	struct json *said = json_new_object(a), *row;
	const char *kind, *target;

	cp_put_default_address(said, a, default_address);
	kind = json_str(json_get(said, "catch_all"), "kind");
	target = json_str(json_get(said, "catch_all"), "target");
	if (kind == NULL || strcmp(kind, "forward") != 0 || target == NULL)
		return;
	row = add_row(rows, arena_printf(a, "*@%s", domain), "catch_all", 1);
	if (cp_is_target(target))
		json_add_str(json_edit(row, "targets"), target);
}

const struct json *
cp_mail_rows(struct arena *a, const char *domain, const struct json *pops, const struct json *forwarders,
    const char *default_address)
{
	struct json *rows = json_new_array(a);

	add_pops(rows, domain, pops);
	for (const struct json *v = json_first(forwarders); v != NULL; v = json_next(v)) {
		const char *dest = json_str(v, "dest"), *to = json_str(v, "forward");

		if (is_in(dest, domain) && to != NULL && cp_is_target(to) && is_first(forwarders, v))
			add_forward(rows, a, pops, forwarders, dest, domain);
	}
	add_catch_all(rows, a, domain, default_address);
	return rows;
}
