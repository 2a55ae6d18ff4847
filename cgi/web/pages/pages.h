#ifndef WEB_PAGES_H
#define WEB_PAGES_H

/* The pages, one file per subject; routes.c says who may come. */

#include "store/domains.h"
#include "web/page.h"

void	page_home(struct exchange *);
/* Which of the guide's steps a finding belongs to: "configuration", "spam", or NULL. */
const char	*step_of(const char *finding);

void	page_domains(struct exchange *);
void	page_domains_check(struct exchange *);
void	page_domains_turn(struct exchange *);
/* Which domains a form means: target= repeated, or select=filter with the list's own query. */
bool	domains_selected(struct exchange *, const struct fields *, const char *const **names,
	    size_t *count, struct err *);
/* "findings" to choose from: those of one's own domains with their numbers. */
void	view_finding_choices(struct json *filter, const struct exchange *, const char *chosen);

void	page_domain(struct exchange *);
void	page_domain_check(struct exchange *);
void	page_domain_report(struct exchange *);
void	page_domain_acknowledge(struct exchange *);

void	page_server(struct exchange *);
void	page_server_check(struct exchange *);
void	page_server_acknowledge(struct exchange *);

void	page_plan_make(struct exchange *);
void	page_plan(struct exchange *);
void	page_plan_apply(struct exchange *);

void	page_notices(struct exchange *);
void	page_notices_set(struct exchange *);
/* {"enabled","notices":[see store/notices.h],"unseen"}: what the keeper has told this person. */
struct json	*notices_of(struct exchange *, struct err *);

void	page_journal(struct exchange *);
void	page_entry(struct exchange *);
/* An entry of the journal in words, an undo as the undo that it is. */
const char	*entry_title(const struct exchange *, const struct json *entry);
void	view_entry(struct json *view, const struct exchange *, const struct json *entry);
void	page_entry_undo(struct exchange *);

void	page_audit_log(struct exchange *);

void	page_cases(struct exchange *);
void	page_case(struct exchange *);
void	page_case_open(struct exchange *);
void	page_case_note(struct exchange *);
void	page_case_handover(struct exchange *);
void	page_case_close(struct exchange *);
void	page_case_reopen(struct exchange *);
void	page_case_report(struct exchange *);

void	page_guide(struct exchange *);
void	page_guide_section(struct exchange *);
void	page_glossary(struct exchange *);
void	page_tools(struct exchange *);
void	page_codes(struct exchange *);
void	page_lookup(struct exchange *);

/* Web sites of others that do the same, for the partial `outside`; the view of a tool with those of its place. */
void	view_outside(struct json *view, const struct exchange *, const char *place);
struct json	*tool_view(const struct exchange *, const char *place);
/* The addresses that mail leaves from, as the last check of the server knew them, else as configured. */
size_t	sending_addresses(const struct exchange *, const char *const **);
/* Of a provider's id; another word as it is, NULL for NULL. */
const char	*provider_name(const struct exchange *, const char *id);
/* A link that a browser may follow, or NULL. */
const char	*safe_link(const char *url);

void	page_metrics(struct exchange *);

/*
 * Findings, one line each: how many have it, a few by name (a customer's few all), and the way to all of them.
 * lines_alarm: more than that something could not be checked.  lines_view, for the partial `finding_line`, worst
 * first; counts: finding -> for how many domains, where more have it than were added.
 */
#define LINE_NAMES_MAX	5

struct lines;
struct lines	*lines_new(struct arena *);
void	lines_add(struct lines *, const struct exchange *, const char *finding, const char *subject);
size_t	lines_count(const struct lines *);
bool	lines_alarm(const struct lines *);
void	lines_view(struct json *view, const struct exchange *, const struct lines *, const struct json *counts);

/*
 * The three conditions (engine/delist.h): a customer reads whether they are met and what of his own breaks them, not
 * what is wrong with the server.  The view, for the partial `conditions`, is made before anything is hidden.
 */
bool	conditions_view(struct json *view, const struct exchange *x, const struct json *conditions, struct err *);
void	conditions_hide(const struct exchange *x, struct json *answer);

void	page_delist(struct exchange *);
void	page_delist_record(struct exchange *);
void	page_delist_override(struct exchange *);
void	page_hotmail(struct exchange *);
void	page_hotmail_snds(struct exchange *);
/* The days of engine_snds, for the page above. */
void	view_snds(struct json *view, const struct exchange *, const struct json *snds);

void	page_forwarding(struct exchange *);
void	page_wordpress(struct exchange *);
void	page_antivirus(struct exchange *);
void	page_antivirus_scan(struct exchange *);
void	page_blacklists(struct exchange *);
/* {"findings":[FINDING with "domain"],"more"} over the domains, and of the server where `with_server`. */
struct json	*collected_findings(struct exchange *, const char *const *names, bool with_server,
	    struct err *);
/* How many lists say what, by their state; NULL where it is not known. */
const char	*lists_summary(const struct exchange *, const struct json *states);
/* Findings grouped by domain, for the partial `collected`. */
void	collected_view(struct json *view, const struct exchange *, const struct json *answer);

void	page_queue(struct exchange *);
void	page_queue_message(struct exchange *);
void	page_queue_confirm(struct exchange *);
void	page_queue_refresh(struct exchange *);
void	page_queue_hold(struct exchange *);
void	page_queue_release(struct exchange *);
void	page_queue_delete(struct exchange *);

void	page_senders(struct exchange *);

void	page_bounce(struct exchange *);
void	page_bounces(struct exchange *);
void	page_bounce_forget(struct exchange *);
void	page_spf_wizard(struct exchange *);
void	page_password(struct exchange *);
void	page_message_test(struct exchange *);

void	page_bulk(struct exchange *);
void	page_bulk_new(struct exchange *);
void	page_bulk_make(struct exchange *);
void	page_bulk_run(struct exchange *);
void	page_bulk_apply(struct exchange *);
void	page_bulk_pause(struct exchange *);
void	page_bulk_undo(struct exchange *);

#endif
