#include "checks/check.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/time.h"

static const char *const verdict_words[] = {
	[VERDICT_OK] = "ok", [VERDICT_INFORMATION] = "information", [VERDICT_WARNING] = "warning",
	[VERDICT_PROBLEM] = "problem", [VERDICT_UNKNOWN] = "unknown",
	[VERDICT_NOT_APPLICABLE] = "not_applicable",
};

const char *
verdict_word(enum verdict verdict)
{
	return verdict_words[verdict];
}

bool
verdict_parse(const char *word, enum verdict *ret)
{
	size_t i;

	for (i = 0; i < sizeof(verdict_words) / sizeof(verdict_words[0]); i++) {
		if (strcmp(verdict_words[i], word) == 0) {
			*ret = (enum verdict)i;
			return true;
		}
	}
	return false;
}

int
verdict_rank(enum verdict verdict)
{
	static const int rank[] = {
		[VERDICT_PROBLEM] = 0, [VERDICT_WARNING] = 1, [VERDICT_UNKNOWN] = 2,
		[VERDICT_INFORMATION] = 3, [VERDICT_OK] = 4, [VERDICT_NOT_APPLICABLE] = 5,
	};

	return rank[verdict];
}

const char *
severity_word(enum severity severity)
{
	static const char *const words[] = {
		[SEVERITY_NONE] = NULL, [SEVERITY_LOW] = "low", [SEVERITY_MEDIUM] = "medium",
		[SEVERITY_HIGH] = "high", [SEVERITY_CRITICAL] = "critical",
	};

	return words[severity];
}

const char *
scope_word(enum scope scope)
{
	static const char *const words[] = {
		[SCOPE_DOMAIN] = "domain", [SCOPE_SERVER] = "server", [SCOPE_ADDRESS] = "address",
		[SCOPE_MAILBOX] = "mailbox", [SCOPE_SITE] = "site",
	};

	return words[scope];
}

const char *
owner_word(enum owner owner)
{
	static const char *const words[] = {
		[OWNER_CUSTOMER] = "customer", [OWNER_RESELLER] = "reseller",
		[OWNER_PROVIDER] = "provider", [OWNER_IP_OWNER] = "ip_owner",
		[OWNER_DNS_OPERATOR] = "dns_operator", [OWNER_RECEIVER] = "receiver",
		[OWNER_LIST_OPERATOR] = "list_operator",
	};

	return words[owner];
}

const struct check *
check_find(const char *name)
{
	size_t i;

	for (i = 0; i < checks_count; i++)
		if (strcmp(checks[i]->name, name) == 0)
			return checks[i];
	return NULL;
}

const struct finding_row *
finding_row_find(const char *id, const struct check **ret_check)
{
	size_t i, j;

	for (i = 0; i < checks_count; i++) {
		for (j = 0; j < checks[i]->row_count; j++) {
			if (strcmp(checks[i]->rows[j].id, id) == 0) {
				if (ret_check != NULL)
					*ret_check = checks[i];
				return &checks[i]->rows[j];
			}
		}
	}
	return NULL;
}

enum verdict
finding_row_verdict(const char *id)
{
	const struct finding_row *row = finding_row_find(id, NULL);

	if (row != NULL)
		return row->verdict;
	return text_ends(text_of(id), ".unknown") ? VERDICT_UNKNOWN : VERDICT_OK;
}

/* --- reporting ------------------------------------------------------------------------------------ */

static const char *
target_subject(struct run *run)
{
	if (run->domain.s == NULL && run->check->run_server != NULL)
		return "server";
	switch (run->check->scope) {
	case SCOPE_SERVER:
		return "server";
	case SCOPE_ADDRESS:
		if (run->address.family != 0)
			return ip_str(run->arena, run->address);
		break;
	case SCOPE_SITE:
		if (run->site != NULL)
			return run->site;
		break;
	default:
		break;
	}
	/* A server without an address that is known is still the server. */
	return run->domain.s == NULL || run->domain.s[0] == '\0' || run->check->scope == SCOPE_ADDRESS ?
	    "server" : run->domain.s;
}

static struct finding *
finding_add(struct run *run, const char *id, const char *subject)
{
	struct finding *f;

	if ((run->finding_count & (run->finding_count + 1)) == 0)	/* 0, 1, 3, 7, ... are full */
		run->findings = arena_grow(run->arena, run->findings, run->finding_count,
		    2 * run->finding_count + 1, sizeof(*run->findings));
	f = &run->findings[run->finding_count++];
	f->check = run->check;
	f->id = id;
	f->text_id = id;
	f->subject = subject == NULL ? target_subject(run) : arena_strdup(run->arena, subject);
	f->data = run->data != NULL ? json_copy(run->arena, run->data) :
	    json_new_object(run->arena);
	f->evidence = run->evidence != NULL ? json_copy(run->arena, run->evidence) :
	    json_new_array(run->arena);
	return f;
}

struct finding *
report(struct run *run, const char *id, const char *subject)
{
	struct finding *f = finding_add(run, id, subject);
	size_t i;

	for (i = 0; i < run->check->row_count; i++) {
		if (strcmp(run->check->rows[i].id, id) == 0) {
			f->row = &run->check->rows[i];
			f->verdict = f->row->verdict;
			f->severity = f->row->severity;
		}
	}
	return f;
}

void
report_not_applicable(struct run *run, const char *why_id)
{
	run->not_applicable = true;
	run->not_applicable_why = why_id;
}

void
report_unknown(struct run *run, const char *reason_word)
{
	struct finding *f = finding_add(run, arena_printf(run->arena, "%s.unknown",
	    run->check->name), NULL);

	f->verdict = VERDICT_UNKNOWN;
	finding_value(f, "reason", reason_word);
	finding_value(f, "what", "");
	finding_value(f, "detail", "");
}

void
finding_value(struct finding *f, const char *name, const char *value)
{
	size_t i;

	for (i = 0; i < f->value_count && strcmp(f->values[i].name, name) != 0; i++)
		;
	if (i == FINDING_VALUES_MAX)
		return;
	f->values[i] = (struct finding_value){ name, value == NULL ? "" : value };
	if (i == f->value_count)
		f->value_count++;
}

void
finding_value_int(struct run *run, struct finding *f, const char *name, int64_t value)
{
	finding_value(f, name, arena_printf(run->arena, "%lld", (long long)value));
}

void
finding_severity(struct finding *f, enum severity severity)
{
	f->severity = severity;
}

void
finding_verdict(struct finding *f, enum verdict verdict, enum severity severity)
{
	f->verdict = verdict;
	f->severity = severity;
}

void
finding_variant(struct run *run, struct finding *f, const char *variant)
{
	f->text_id = arena_printf(run->arena, "%s.%s", f->id, variant);
}

void
finding_parent(struct run *run, struct finding *f, const char *id, const char *subject)
{
	f->parent = arena_printf(run->arena, "%s@%s", id, subject);
}

/* --- evidence as found -------------------------------------------------------------------------- */

static void
rr_show(struct json *values, const struct rr *rr, enum rrtype type)
{
	char buf[NAME_TEXT_MAX + 8];

	switch (type) {
	case RR_A:
	case RR_AAAA:
		json_add_str(values, ip_text(rr->u.ip, buf));
		break;
	case RR_NS:
	case RR_CNAME:
	case RR_PTR:
		json_add_str(values, rr->u.name.s);
		break;
	case RR_MX:
		snprintf(buf, sizeof(buf), "%u %s", rr->u.mx.preference,
		    rr->u.mx.exchange.s[0] == '\0' ? "." : rr->u.mx.exchange.s);
		json_add_str(values, buf);
		break;
	case RR_TXT:
	case RR_SPF:
		json_add_text(values, rr->u.txt.joined);
		break;
	case RR_SOA:
		snprintf(buf, sizeof(buf), "%s %s %u", rr->u.soa.mname.s, rr->u.soa.rname.s,
		    rr->u.soa.serial);
		json_add_str(values, buf);
		break;
	default:
		json_add_text(values, rr->u.raw);
	}
}

static const char *
rcode_word(const struct dns_answer *answer)
{
	switch (answer->outcome) {
	case DNS_FOUND:
	case DNS_NODATA:
		return "NOERROR";
	case DNS_NXDOMAIN:
		return "NXDOMAIN";
	case DNS_FAILED:
		break;
	}
	switch (answer->failure) {
	case DNS_SERVFAIL:
		return "SERVFAIL";
	case DNS_REFUSED:
		return "REFUSED";
	case DNS_FORMERR:
		return "FORMERR";
	case DNS_NOTIMP:
		return "NOTIMP";
	default:
		return NULL;
	}
}

#define EVIDENCE_VALUES_MAX	64	/* enough for a person; a hostile set has thousands */

static void
dns_show(struct json *evidence, const struct dns_answer *answer)
{
	struct json *e = json_add_object(evidence), *values;
	char at[TIME_TEXT_MAX], server[IP_TEXT_MAX];
	size_t i;

	json_put_str(e, "kind", "dns");
	json_put_str(e, "name", answer->name.s);
	json_put_str(e, "type", rrtype_word(answer->type));
	values = json_put_array(e, "values");
	for (i = 0; i < answer->count && i < EVIDENCE_VALUES_MAX; i++)
		rr_show(values, &answer->rrs[i], answer->type);
	json_put_str(e, "rcode", rcode_word(answer));
	json_put_str(e, "failure", answer->outcome == DNS_FAILED ?
	    dns_failure_word(answer->failure) : NULL);
	json_put_str(e, "cname", answer->cname.s);
	json_put_str(e, "server", answer->server.ip.family == 0 ? NULL :
	    ip_text(answer->server.ip, server));
	json_put_int(e, "ttl", answer->ttl_s);
	json_put_bool(e, "authoritative", answer->authoritative);
	json_put_str(e, "at", time_text(answer->at, at));
}

void
finding_dns(struct run *run, struct finding *f, const struct dns_answer *answer)
{
	(void)run;
	dns_show(f->evidence, answer);
}

void
run_dns(struct run *run, const struct dns_answer *answer)
{
	if (run->evidence == NULL)
		run->evidence = json_new_array(run->arena);
	dns_show(run->evidence, answer);
}

struct json *
run_data(struct run *run)
{
	if (run->data == NULL)
		run->data = json_new_object(run->arena);
	return run->data;
}

void
finding_smtp(struct run *run, struct finding *f, const struct endpoint *server, const struct json *reply)
{
	struct json *e = json_add_object(f->evidence);
	char at[TIME_TEXT_MAX];

	json_put_str(e, "kind", "smtp");
	json_put_str(e, "server", endpoint_str(run->arena, *server));
	json_put_str(e, "greeting", json_str(reply, "greeting"));
	json_put_str(e, "ehlo_name", json_str(reply, "ehlo_name"));
	if (json_get(reply, "tls") != NULL)
		json_put_copy(e, "tls", json_get(reply, "tls"));
	json_put_str(e, "at", time_text(run->now, at));
}

void
finding_panel(struct run *run, struct finding *f, const char *fact, const struct json *value)
{
	struct json *e = json_add_object(f->evidence);
	char at[TIME_TEXT_MAX];

	json_put_str(e, "kind", "panel");
	json_put_str(e, "fact", fact);
	if (value != NULL)
		json_put_copy(e, "value", value);
	else
		json_put_null(e, "value");
	json_put_str(e, "at", time_text(run->now, at));
}
