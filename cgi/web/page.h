#ifndef WEB_PAGE_H
#define WEB_PAGE_H

/*
 * What a page is given and what it may answer.  A page asks the engine or the
 * store for its answer (JSON in the contract's shape); page_data() writes it
 * where JSON or CSV was asked for; else the page makes a view of it for its
 * template.  Words: `t.x` in a template is the text pages.PAGE.x or
 * pages.common.x; texts with values are made here with say().
 */

#include "base/csv.h"
#include "engine/engine.h"
#include "engine/identity.h"
#include "store/store.h"
#include "web/face.h"
#include "web/request.h"
#include "web/web.h"

struct response {
	int		 status;
	const char	*content_type;
	struct text	 body;
	const char	*location;
	const char	*etag;
	const char	*title;		/* ASG_FRAME=panel */
	const char	*file_name;	/* to save as */
	bool		 cacheable;	/* static files only */
	int		 retry_after_s;
	const char	*allow;
};

struct exchange {
	struct arena			*arena;
	const struct web_config		*config;
	struct engine			*engine;
	const struct face		*face;
	const struct web_request	*req;
	struct identity			 who;		/* login NULL: nobody yet */
	enum role			 role;		/* in effect: who acts as somebody else is no administrator */
	const char			*lang;		/* always one that we have */
	struct rights			*rights;	/* NULL only where a route needs none */
	struct store_scope		 scope;
	const char			*args[2];	/* of ":x" in the route */
	int64_t				 now;
	const char			*kept_key;	/* set by page_kept; NULL: the page is not kept */
	struct response			 res;
};

/* --- texts and links ---------------------------------------------------------------------------- */

const char	*say(const struct exchange *, const char *id);
const char	*say1(const struct exchange *, const char *id, const char *name, const char *value);
const char	*say2(const struct exchange *, const char *id, const char *name, const char *value,
		    const char *name2, const char *value2);
const char	*say_count(const struct exchange *, const char *id, int64_t count);
/* "pages.common.GROUP.WORD"; the word itself when there is no text (an unknown enum value). */
const char	*say_word(const struct exchange *, const char *group, const char *word);
/* Does this panel know such a thing as "subscription", ...?  A plain server has no subscriptions. */
bool		 panel_has(const struct exchange *, const char *kind);

/* The name of a check, and the title of a finding without its values. */
const char	*say_check(const struct exchange *, const char *check);
const char	*say_finding(const struct exchange *, const char *id);
/* What a fix does, as its button says it; "" for NULL. */
const char	*say_fix(const struct exchange *, const char *fix);
/* What a fix is for: the server in words, else as it stands. */
const char	*say_target(const struct exchange *, const char *target);

/* Mount and path; the arguments are encoded already (url_encode). */
const char	*link_to(const struct exchange *, const char *fmt, ...)
		    __attribute__((format(printf, 2, 3)));

/* "3 minutes ago", and the exact time. */
void		 view_time(struct json *view, const struct exchange *, const char *key, int64_t at);
int64_t		 time_of(const struct json *, const char *key);	/* "2026-..."; 0 = none */

/* --- answers ------------------------------------------------------------------------------------ */

/*
 * True when JSON or CSV was asked for and has been written.  `rows` is the key
 * of the array in `answer` that the CSV shows; NULL = no table.
 */
bool		 page_data(struct exchange *, struct json *answer, const char *rows,
		    const struct column *, size_t column_count);

/* The same, written already: a JSON answer with its "csrf", a table that is saved as NAME.csv. */
void		 page_json(struct exchange *, struct text answer);
void		 page_csv(struct exchange *, const char *name, struct text table);
const char	*page_csrf(const struct exchange *);

/*
 * A page of what the store and the panel's list say, for the same person, in
 * the same minute: made once (web/kept.h).  page_kept has answered with the one
 * that was made before, or, false, the page is made now and page_keep keeps it.
 * While anything is being checked nothing is kept.
 */
bool		 page_kept(struct exchange *);
void		 page_keep(struct exchange *);

/* The frame of every view: base, csrf, who, nav, provider; `nav` is the place marked as current. */
struct json	*page_view(const struct exchange *, const char *nav);
/* Render the template `page` with `view`, which gets the title; status 0 becomes 200. */
void		 page_html(struct exchange *, const char *page, const char *title, struct json *view);
void		 page_html_raw(struct exchange *, const char *page, const char *title,
		    struct json *view, const struct mustache_raw *, size_t count);

void		 page_redirect(struct exchange *, const char *link);	/* 303 */
/* A page or JSON with the text pages.error.STATUS in the person's language. */
void		 page_error(struct exchange *, int status);
/* From an engine's or store's error: 404, 409, 422, 503... and the log. */
void		 page_err(struct exchange *, const struct err *);
/* With words of its own (422 with the reason, 409). */
void		 page_error_text(struct exchange *, int status, const char *code, const char *text);

/* The panel's list is read for the first time: a page that looks again by itself. */
void		 page_reading(struct exchange *);

/* 409 with the "reason" of an answer of apply or undo. */
void		 page_conflict(struct exchange *, const struct json *answer);

/* The address of "POST back here after": a path of ours, else dflt. */
const char	*page_return(const struct exchange *, const char *dflt);

/* --- shared pieces of views --------------------------------------------------------------------- */

/* {"verdict","word","symbol"}: symbol, word and colour always together. */
void		 view_verdict(struct json *view, const struct exchange *, const char *verdict);
/* The same with its number: "2 warnings". */
void		 view_counted(struct json *view, const struct exchange *, const char *verdict, int64_t n);
/* Counts of a summary as a list, worst first, zeros left out. */
void		 view_summary(struct json *view, const struct exchange *, const struct json *summary);
/* Findings of a REPORT for the partial `finding`. */
void		 view_findings(struct json *view, const struct exchange *, const struct json *report);
/* What a check that is going on has decided so far (engine_progress), for the partial `arriving`. */
void		 view_arriving(struct json *view, const struct exchange *, const struct json *progress);
/* When which check's verdict became another. */
void		 view_history(struct json *view, const struct exchange *, const struct json *history);
/* "ID@SUBJECT" in words: id (the reference), the verdict, title, subject, and `of` as it stood.
 * Returns the finding's id. */
const char	*view_reference(struct json *view, const struct exchange *, const char *reference);
/* "acknowledged" of a report for the partial `accepted`. */
void		 view_acknowledged(struct json *view, const struct exchange *, const struct json *acknowledged);
/* {"code","severity","message"} of a tool, under `key`: {"code","message"} and the verdict that fits. */
void		 view_problems(struct json *view, const struct exchange *, const char *key, const struct json *problems);
/* Changes of a plan or entry for the partial `changes`: what goes, comes and stays (changes.c). */
void		 view_changes(struct json *view, const struct exchange *, const struct json *changes);
/* A fix of a finding's "fixes" for the partial `fix`; ascii: whose report it is, data: the finding's. */
void		 view_fix(struct json *list, const struct exchange *, const struct json *fix, const char *subject,
		    const char *ascii, const struct json *data);
/* Records to copy ("copy" of the contract, one or a list) for the partial `records`. */
void		 view_records(struct json *view, const struct exchange *, const struct json *copies,
		    const struct json *removed);
/* "inputs" of a fix: what a person must or may say, for the partial `inputs`; values: what stands in them at first,
 * data: the finding's.  Both may be NULL. */
void		 view_inputs(struct json *view, const struct exchange *, const char *fix, const struct json *values,
		    const struct json *data);
/* A state with its word and verdict-like tone. */
void		 view_state(struct json *view, const struct exchange *, const char *state);
/* Links "previous", "next" and "page n of m" for `total` rows. */
void		 view_pages(struct json *view, const struct exchange *, const char *path,
		    size_t page, size_t per_page, size_t total);

/* Note in the audit: what, about what, how it ended. */
void		 page_audit(const struct exchange *, const char *action, const char *object,
		    const char *domain, const char *outcome);

/* The wall clock (pages show ages). */
int64_t		 web_now(void);

#endif
