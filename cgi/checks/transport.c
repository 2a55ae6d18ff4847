/*
 * Encrypted transport of incoming mail: STARTTLS of this server, MTA-STS (RFC
 * 8461), TLS reports (RFC 8460).  Not to have them is no fault; to have them
 * wrong is.
 */

#include <string.h>
#include <strings.h>

#include "base/arena.h"
#include "base/time.h"
#include "checks/all.h"
#include "checks/mx_home.h"
#include "mail/mta_sts.h"

static const struct finding_row rows[] = {
	{ "transport.mta_sts_broken", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_CUSTOMER, { NULL } },
	{ "transport.tls_rpt_broken", VERDICT_WARNING, SEVERITY_LOW, OWNER_CUSTOMER, { NULL } },
	{ "transport.no_starttls", VERDICT_WARNING, SEVERITY_MEDIUM, OWNER_PROVIDER, { NULL } },
};

static const struct dns_answer *
txt_at(struct run *run, const char *labels)
{
	struct name name;
	const struct truth *t;

	if (!name_prefix(run->arena, labels, run->domain, &name))
		return NULL;
	t = ev_truth(run->ev, run->domain, name, RR_TXT);
	return t == NULL || !ev_need(run->ev, t->answer) ? NULL : t->answer;
}

/* --- MTA-STS ------------------------------------------------------------------------------------------------ */

static struct finding *
report_sts(struct run *run, const char *fault, const struct dns_answer *txt)
{
	struct finding *f = report(run, "transport.mta_sts_broken", NULL);

	finding_value(f, "fault", fault);
	json_put_str(f->data, "fault", fault);
	finding_dns(run, f, txt);
	return f;
}

#define FETCH_MS	8000		/* senders wait a minute (RFC 8461 3.3), people do not */

/* The policy by HTTPS.  NULL = on its way, or nobody knows: what came too late is not what is not there. */
static const struct reply *
fetch_policy(struct run *run)
{
	struct request request = { .kind = REQUEST_HTTP };
	const struct reply *reply;

	request.u.http.door = HTTP_PUBLIC;
	request.u.http.method = "GET";
	request.u.http.path = arena_printf(run->arena, "https://mta-sts.%s/.well-known/mta-sts.txt",
	    run->domain.s);
	request.u.http.max_bytes = STS_POLICY_MAX;
	request.u.http.timeout_ms = FETCH_MS;
	reply = ev_call(run->ev, &request);
	if (reply == NULL || (reply->err.code != ERR_TIMEOUT && reply->err.code != ERR_BUSY))
		return reply;
	ev_fail(run->ev, request.u.http.path, err_word(reply->err.code), reply->err.text);
	return NULL;
}

static void
judge_policy(struct run *run, const struct reply *reply, const struct dns_answer *txt,
    const struct mx_place *place)
{
	struct sts_policy policy;
	enum sts_fault fault;
	size_t i;

	if (reply->err.code != ERR_NONE || reply->u.http.status != 200) {
		struct finding *f = report_sts(run, "not_fetched", txt);

		json_put_str(f->data, "why", reply->err.code != ERR_NONE ?
		    err_word(reply->err.code) : "status");
		return;
	}
	fault = sts_media_type(reply->u.http.content_type) ?
	    sts_policy_parse(reply->u.http.body, &policy) : STS_BAD_TYPE;
	if (fault != STS_FINE) {
		report_sts(run, sts_fault_word(fault), txt);
		return;
	}
	for (i = 0; policy.mode != STS_MODE_NONE && place->mx->outcome == DNS_FOUND &&
	    i < place->mx->count; i++) {
		if (sts_covers(&policy, place->mx->rrs[i].u.mx.exchange))
			continue;
		report_sts(run, "mx_not_covered", txt);
		return;
	}
}

static void
check_sts(struct run *run, const struct dns_answer *txt, const struct mx_place *place)
{
	enum sts_fault fault = sts_record(txt);
	const struct reply *reply;

	if (fault == STS_NONE)
		return;
	if (fault != STS_FINE)
		report_sts(run, sts_fault_word(fault), txt);
	else if ((reply = fetch_policy(run)) != NULL)
		judge_policy(run, reply, txt, place);
}

/* --- STARTTLS of the own server -------------------------------------------------------------------------- */

static bool
name_fits(const struct json *names, const char *host)
{
	const struct json *v;

	for (v = json_first(names); v != NULL; v = json_next(v)) {
		const char *name = json_value_str(v), *dot = strchr(host, '.');

		if (name != NULL && (strcasecmp(name, host) == 0 || (strncmp(name, "*.", 2) == 0 &&
		    dot != NULL && strcasecmp(name + 2, dot + 1) == 0)))
			return true;
	}
	return false;
}

/* NULL = nothing wrong with it. */
static const char *
certificate_fault(struct run *run, const struct json *tls, const struct dns_answer *mx)
{
	int64_t not_after;
	size_t i;

	if (!json_is_object(tls))
		return "not_offered";
	if (json_count(json_get(tls, "names")) == 0 && !json_bool(tls, "ok", false))
		return "handshake";
	if (json_str(tls, "not_after") != NULL &&
	    time_parse(text_of(json_str(tls, "not_after")), &not_after) && not_after < run->now)
		return "expired";
	for (i = 0; i < mx->count; i++)
		if (name_fits(json_get(tls, "names"), mx->rrs[i].u.mx.exchange.s))
			return NULL;
	return "other_name";
}

/* It let us in and told what it can do.  One that is busy, or breaks off, has not said what it offers. */
static bool
has_told(const struct json *smtp)
{
	int64_t ehlo = json_int(smtp, "ehlo_code", 250);

	return json_int(smtp, "code", 220) == 220 && json_str(smtp, "failed") == NULL && ehlo / 100 != 4;
}

static void
check_starttls(struct run *run, const struct mx_place *place)
{
	struct request_smtp smtp = { .server = run->rules->smtp_connect, .starttls = true };
	const struct json *told;
	const char *fault;
	struct finding *f;

	if (place->home != MX_HERE || !run->rules->smtp_probe)
		return;
	smtp.tls_name = place->mx->rrs[0].u.mx.exchange.s;
	if ((told = ev_smtp(run->ev, &smtp)) == NULL)
		return;
	if (!has_told(told)) {
		ev_fail(run->ev, arena_printf(run->arena, "smtp %s", endpoint_str(run->arena, smtp.server)),
		    json_str(told, "failed") != NULL ? json_str(told, "failed") : "busy", json_str(told, "greeting"));
		return;
	}
	fault = certificate_fault(run, json_get(told, "tls"), place->mx);
	if (fault == NULL)
		return;
	f = report(run, "transport.no_starttls", NULL);
	finding_value(f, "fault", fault);
	json_put_str(f->data, "fault", fault);
	finding_smtp(run, f, &run->rules->smtp_connect, told);
}

static void
check(struct run *run)
{
	struct mx_place place;
	const struct dns_answer *sts, *rpt;
	bool ready;

	ready = mx_place(run, &place);
	sts = txt_at(run, "_mta-sts");
	rpt = txt_at(run, "_smtp._tls");
	if (!ready || sts == NULL || rpt == NULL)
		return;
	/* What is wrong is said, whatever could not be looked at beside it. */
	check_sts(run, sts, &place);
	check_starttls(run, &place);
	if (tls_rpt_record(run->arena, rpt) > STS_NONE)
		finding_dns(run, report(run, "transport.tls_rpt_broken", NULL), rpt);
}

const struct check check_transport = {
	"transport", SCOPE_DOMAIN, "basic-configuration", rows, sizeof(rows) / sizeof(rows[0]), check, NULL,
};
