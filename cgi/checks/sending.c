#include "checks/sending.h"

#include "base/arena.h"
#include "evidence/panel_facts.h"

static void
add_ip(struct ip *list, size_t *count, struct ip ip)
{
	size_t i;

	for (i = 0; i < *count; i++)
		if (ip_eq(list[i], ip))
			return;
	list[(*count)++] = ip;
}

/* What was said outright wins: --address, then server.addresses. */
static bool
stated(const struct run *run, const struct ip **ret, size_t *count)
{
	if (run->options->address_count > 0) {
		*ret = run->options->addresses;
		*count = run->options->address_count;
		return true;
	}
	if (run->rules->address_count > 0) {
		*ret = run->rules->addresses;
		*count = run->rules->address_count;
		return true;
	}
	return false;
}

static struct ip *
from_texts(struct run *run, const struct json *array, size_t *count)
{
	struct ip *list = arena_array(run->arena, json_count(array) + 1, sizeof(*list));
	const struct json *v;
	struct ip ip;

	*count = 0;
	for (v = json_first(array); v != NULL; v = json_next(v))
		if (ip_parse(text_of(json_value_str(v)), &ip))
			add_ip(list, count, ip);
	return list;
}

/* The panel's addresses: the public one where it knows it, never a private one. */
static struct ip *
from_server(struct run *run, const struct json *server, size_t *count)
{
	const struct json *addresses = json_get(server, "addresses"), *v;
	struct ip *list = arena_array(run->arena, json_count(addresses) + 1, sizeof(*list));

	*count = 0;
	for (v = json_first(addresses); v != NULL; v = json_next(v)) {
		const char *text = json_str(v, "public");
		struct ip ip;

		if (text == NULL)
			text = json_str(v, "address");
		if (ip_parse(text_of(text), &ip) && !ip_is_private(ip))
			add_ip(list, count, ip);
	}
	return list;
}

bool
server_sending(struct run *run, const struct ip **ret, size_t *count)
{
	const struct json *mail, *server;
	const struct ev_failure *why;

	*ret = NULL;
	*count = 0;
	if (stated(run, ret, count) || !ev_has_panel(run->ev))
		return true;
	/* Explicit sending addresses replace the server's. */
	mail = ev_fact_any(run->ev, "mail_server", NULL, &why);
	if (mail == NULL && why == NULL)
		return false;
	if (json_count(json_get(mail, "explicit")) > 0) {
		*ret = from_texts(run, json_get(mail, "explicit"), count);
		if (*count > 0)
			return true;
	}
	if ((server = ev_fact(run->ev, "server", NULL)) == NULL)
		return false;
	*ret = from_server(run, server, count);
	return true;
}

bool
domain_sending(struct run *run, const struct ip **ret, size_t *count)
{
	const struct json *mail;

	*ret = NULL;
	*count = 0;
	if (run->options->address_count > 0 || !ev_has_panel(run->ev))
		return server_sending(run, ret, count);
	if ((mail = ev_domain_mail(run->ev, run->domain)) == NULL)
		return false;
	if (json_count(json_get(mail, "sending")) > 0) {
		*ret = from_texts(run, json_get(mail, "sending"), count);
		if (*count > 0)
			return true;
	}
	return server_sending(run, ret, count);
}

bool
server_addresses(struct run *run, const struct ip **ret, size_t *count)
{
	const struct json *server = NULL, *v;
	const struct ev_failure *why = NULL;
	const struct ip *said = NULL;
	struct ip *list, ip;
	size_t said_count = 0, i;

	if (ev_has_panel(run->ev)) {
		server = ev_fact_any(run->ev, "server", NULL, &why);
		if (server == NULL && why == NULL)
			return false;
	}
	stated(run, &said, &said_count);
	list = arena_array(run->arena, 2 * json_count(json_get(server, "addresses")) + said_count + 1,
	    sizeof(*list));
	*count = 0;
	for (i = 0; i < said_count; i++)
		add_ip(list, count, said[i]);
	for (v = json_first(json_get(server, "addresses")); v != NULL; v = json_next(v)) {
		if (ip_parse(text_of(json_str(v, "address")), &ip))
			add_ip(list, count, ip);
		if (ip_parse(text_of(json_str(v, "public")), &ip))
			add_ip(list, count, ip);
	}
	*ret = list;
	return true;
}
