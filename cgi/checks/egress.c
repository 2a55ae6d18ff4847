/*
 * How mail leaves: address translation, a relay, outgoing port 25, and IPv6
 * that is not ready to send.
 */

#include "base/arena.h"
#include "base/str.h"
#include "checks/all.h"
#include "checks/ptr_names.h"
#include "mail/data.h"

static const struct finding_row rows[] = {
	{ "egress.port25_blocked", VERDICT_PROBLEM, SEVERITY_CRITICAL, OWNER_IP_OWNER, { NULL } },
	{ "egress.nat", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_PROVIDER, { NULL } },
	{ "egress.relay", VERDICT_INFORMATION, SEVERITY_NONE, OWNER_PROVIDER, { NULL } },
	{ "egress.ipv6_unready", VERDICT_PROBLEM, SEVERITY_HIGH, OWNER_PROVIDER,
	    { "egress.ipv4_only", "ptr.request" } },
};

#define TARGETS_MAX	4	/* large providers that are greeted */

/* false = cannot go on. */
static bool
relay_of(struct run *run, const char **ret)
{
	const struct json *mail;
	const struct ev_failure *why;

	*ret = run->rules->relay;
	if (*ret != NULL || !ev_has_panel(run->ev))
		return true;
	mail = ev_fact_any(run->ev, "mail_server", NULL, &why);
	*ret = json_str(mail, "relay");
	return mail != NULL || why != NULL;
}

/* The panel binds a private address whose public face is this one. */
static bool
report_nat(struct run *run)
{
	const struct json *server, *v;
	const struct ev_failure *why;
	struct ip public, bound;

	if (!ev_has_panel(run->ev))
		return true;
	server = ev_fact_any(run->ev, "server", NULL, &why);
	for (v = json_first(json_get(server, "addresses")); v != NULL; v = json_next(v)) {
		struct finding *f;

		if (!ip_parse(text_of(json_str(v, "public")), &public) ||
		    !ip_parse(text_of(json_str(v, "address")), &bound) ||
		    !ip_eq(public, run->address) || !ip_is_private(bound))
			continue;
		f = report(run, "egress.nat", NULL);
		finding_value(f, "bound", json_str(v, "address"));
		break;
	}
	return server != NULL || why != NULL;
}

/* --- outgoing port 25 ---------------------------------------------------------------------------------- */

/* "host:port" of the configuration; a host may be a name. */
static bool
configured_targets(struct run *run, struct endpoint *list, size_t *count)
{
	bool waiting = false;
	size_t i;

	for (i = 0; i < run->rules->smtp_probe_target_count && *count < TARGETS_MAX; i++) {
		struct text rest = text_of(run->rules->smtp_probe_targets[i]), host;
		const struct dns_answer *a;
		struct name name;
		uint64_t port = 25;

		if (endpoint_parse(rest, 25, &list[*count])) {
			(*count)++;
			continue;
		}
		if (!text_split(&rest, ':', &host) || !name_parse(run->arena, host, &name) ||
		    (rest.n > 0 && !text_uint(rest, 65535, &port)))
			continue;
		if ((a = ev_dns_any(run->ev, name, RR_A)) == NULL)
			waiting = true;
		else if (a->outcome == DNS_FOUND)
			list[(*count)++] = (struct endpoint){ a->rrs[0].u.ip, (uint16_t)port };
	}
	return !waiting;
}

/* The first mail server of large providers, by their own MX. */
static bool
provider_targets(struct run *run, struct endpoint *list, size_t *count)
{
	const struct data *data = run->rules->data;
	bool waiting = false;
	size_t i, tried = 0;

	for (i = 0; data != NULL && i < data->provider_count && tried < TARGETS_MAX; i++) {
		const struct provider *p = &data->providers[i];
		const struct dns_answer *mx, *a;
		struct name name;

		if (p->order == 0 || p->domains.count == 0 ||
		    !name_parse(run->arena, text_of(p->domains.v[0]), &name))
			continue;
		tried++;
		if ((mx = ev_dns_any(run->ev, name, RR_MX)) == NULL) {
			waiting = true;
			continue;
		}
		if (mx->outcome != DNS_FOUND || mx->rrs[0].u.mx.exchange.s[0] == '\0')
			continue;
		a = ev_dns_any(run->ev, mx->rrs[0].u.mx.exchange, RR_A);
		if (a == NULL)
			waiting = true;
		else if (a->outcome == DNS_FOUND)
			list[(*count)++] = (struct endpoint){ a->rrs[0].u.ip, 25 };
	}
	return !waiting;
}

/* "port25" of the data is null where it was not tried.  false = cannot go on. */
static bool
report_port25(struct run *run)
{
	struct endpoint targets[2 * TARGETS_MAX];
	struct str list = str_in(run->arena, 512);
	size_t count = 0, i, failed = 0;
	bool waiting = false;

	json_put_null(run_data(run), "port25");
	if (!run->rules->smtp_probe || run->address.family != 4)
		return true;
	if (run->rules->smtp_probe_target_count > 0 ?
	    !configured_targets(run, targets, &count) : !provider_targets(run, targets, &count))
		return false;
	for (i = 0; i < count; i++) {
		struct request_smtp smtp = { .server = targets[i],
		    .own = run->rules->smtp_probe_target_count > 0 };
		const struct reply *reply = ev_smtp_any(run->ev, &smtp);

		if (reply == NULL)
			waiting = true;
		else if (reply->err.code == ERR_TIMEOUT || reply->err.code == ERR_UNREACHABLE) {
			failed++;
			str_addf(&list, "%s%s", list.n == 0 ? "" : ", ",
			    endpoint_str(run->arena, targets[i]));
		}
	}
	if (waiting)
		return false;
	if (count > 0)
		json_put_str(run_data(run), "port25", failed == count ? "blocked" : "open");
	if (count > 0 && failed == count) {
		struct finding *f = report(run, "egress.port25_blocked", NULL);

		finding_value(f, "targets", list.p);
		for (i = 0; i < count; i++)
			finding_smtp(run, f, &targets[i], NULL);
	}
	return true;
}

static void
check(struct run *run)
{
	struct ptr_names names;
	const char *relay;
	struct finding *f;

	if (!relay_of(run, &relay))
		return;
	json_put_str(run_data(run), "relay", relay);
	if ((relay == NULL && !report_port25(run)) || !report_nat(run))
		return;
	if (relay != NULL) {
		f = report(run, "egress.relay", NULL);
		finding_value(f, "relay", relay);
		return;			/* what leaves through a relay is the relay's to answer for */
	}
	if (run->address.family != 6 || !ptr_names(run, run->address, &names))
		return;
	if (names.confirmed_count == 0) {
		f = report(run, "egress.ipv6_unready", NULL);
		finding_dns(run, f, names.ptr);
		finding_parent(run, f, names.ptr->outcome == DNS_FOUND ? "ptr.unconfirmed" :
		    "ptr.missing", f->subject);
	}
}

const struct check check_egress = {
	"egress", SCOPE_ADDRESS, "ip", rows, sizeof(rows) / sizeof(rows[0]), check,
};
