#include "engine/traffic.h"

#include <string.h>
#include <time.h>

#include "base/arena.h"
#include "base/log.h"
#include "base/map.h"
#include "checks/whose.h"
#include "engine/internal.h"
#include "mail/maillog_hours.h"
#include "net/net.h"
#include "store/traffic.h"

#define DAY_S		86400
#define PIECE_BYTES	(64UL * 1024 * 1024)	/* of the log, kept in memory as counts, written at once */
#define PIECE_ROWS	40000
#define OLDEST		"oldest"		/* where a first reading begins: helper/log.c */
#define JOURNAL		"journal:"		/* how a place in systemd's journal begins there */

/* --- whose they are ----------------------------------------------------------------------------------- */

#define USERS_MAX	60	/* the helper takes so many at once */

struct row {
	const struct maillog_hour	*hour;		/* or */
	const struct maillog_login	*login;
	struct traffic_name		 name;
	bool				 drop;
};

struct naming {
	struct arena	*arena;
	struct row	*rows;
	size_t		 count;
	bool		 cpanel;
};

/* "33": Postfix names a program's user by number. */
static bool
is_number(const char *name)
{
	uint64_t n;

	return text_uint(text_of(name), UINT32_MAX, &n);
}

/* number -> {"name","home"}; what cannot be had is left out.  false = on its way. */
static bool
read_users(struct naming *n, struct evidence *ev, struct map *users)
{
	struct arena *a = evidence_arena(ev);
	struct map *seen = map_new(a);
	const char **args = arena_array(a, USERS_MAX, sizeof(*args));
	struct request r = { .kind = REQUEST_VERB };
	const struct reply *reply;
	struct text out, line;
	struct err bad;

	for (size_t i = 0; i < n->count && map_count(seen) < USERS_MAX; i++) {
		const char *name = n->rows[i].name.name;

		if (strcmp(n->rows[i].name.who, maillog_who_word(MAILLOG_USER)) != 0 || !is_number(name) ||
		    map_get(seen, name) != NULL)
			continue;
		args[map_count(seen)] = arena_strdup(a, name);
		map_put(seen, name, seen);
	}
	if (map_count(seen) == 0)
		return true;
	r.u.verb.verb = "users";
	r.u.verb.args = args;
	r.u.verb.arg_count = map_count(seen);
	if ((reply = ev_call(ev, &r)) == NULL)
		return false;
	for (out = reply->err.code == ERR_NONE ? reply->u.verb.out : (struct text){ "", 0 }; text_line(&out, &line);) {
		struct json *user = json_parse(a, line, &bad);

		if (user != NULL && json_int(user, "uid", -1) >= 0)
			map_put(users, arena_printf(a, "%lld", (long long)json_int(user, "uid", 0)), user);
	}
	return true;
}

static const char *
domain_of_user(const struct naming *n, const struct whose *whose, struct traffic_name *name, const struct json *user)
{
	const char *domain = whose_path(whose, json_str(user, "home"));

	if (json_str(user, "name") != NULL)
		name->name = arena_strdup(n->arena, json_str(user, "name"));
	/* There a user of the system is an account of the panel; elsewhere the two only happen to be alike. */
	return domain == NULL && n->cpanel ? whose_account(whose, name->name) : domain;
}

/* "info@cust.example gmail.com"; to a domain that is here too it is no forwarding. */
static const char *
domain_of_forward(const struct naming *n, const struct whose *whose, const char *name, bool *drop)
{
	const char *to = strrchr(name, ' '), *from;

	if (to == NULL || whose_domain(whose, to + 1) != NULL) {
		*drop = true;
		return NULL;
	}
	from = arena_strndup(n->arena, name, (size_t)(to - name));
	return from[0] == '@' ? whose_domain(whose, from + 1) : whose_address(whose, from);
}

static void
name_row(const struct naming *n, const struct whose *whose, const struct map *users, struct row *row)
{
	struct traffic_name *name = &row->name;
	const char *domain = NULL;
	enum maillog_who who;

	if (!maillog_who_parse(name->who, &who) || who == MAILLOG_SERVER)
		return;
	switch (who) {
	case MAILLOG_MAILBOX:
		domain = whose_account(whose, name->name);
		break;
	case MAILLOG_CLAIMED:
		domain = whose_address(whose, name->name);
		break;
	case MAILLOG_FORWARD:
		domain = domain_of_forward(n, whose, name->name, &row->drop);
		break;
	case MAILLOG_RECEIVED:
	case MAILLOG_DOMAIN:		/* what a script claims to be is not ours to remember */
		domain = whose_domain(whose, name->name);
		row->drop = domain == NULL && whose_knows(whose);
		if (domain != NULL)
			name->name = arena_strdup(n->arena, domain);
		break;
	case MAILLOG_USER:
		domain = domain_of_user(n, whose, name, map_get(users, name->name));
		break;
	case MAILLOG_FILE:
		domain = whose_script(whose, name->name);
		break;
	default:
		break;
	}
	/* "" is known to be nobody's; NULL is not known. */
	name->domain = domain != NULL ? arena_strdup(n->arena, domain) : whose_knows(whose) ? "" : NULL;
	name->subscription = arena_strdup(n->arena, whose_subscription(whose, domain));
	name->owner = arena_strdup(n->arena, whose_owner(whose, domain));
}

static bool
naming_question(void *ctx, struct evidence *ev, struct arena *a)
{
	struct naming *n = ctx;
	struct map *users = map_new(a);
	struct whose *whose;

	if (!whose_open(ev, a, &whose) || !read_users(n, ev, users))
		return false;
	for (size_t i = 0; i < n->count; i++)
		name_row(n, whose, users, &n->rows[i]);
	return true;
}

/* --- one piece of the log ------------------------------------------------------------------------------- */

struct reading {
	struct engine		*engine;
	struct arena		*arena;		/* of this piece */
	struct maillog_hours	*hours;
	struct traffic_position	 from, to;
	size_t			 bytes;
	int64_t			 now;
};

static void
rows_of(struct reading *r, struct naming *n)
{
	size_t hours = maillog_hours_count(r->hours), logins = maillog_logins_count(r->hours);

	n->count = hours + logins;
	n->rows = arena_array(r->arena, n->count + 1, sizeof(*n->rows));
	for (size_t i = 0; i < hours; i++) {
		const struct maillog_hour *h = maillog_hours_at(r->hours, i);

		n->rows[i].hour = h;
		n->rows[i].name = (struct traffic_name){ .who = maillog_who_word(h->who),
		    .name = text_show(r->arena, text_of(h->name)) };
	}
	for (size_t i = 0; i < logins; i++) {
		const struct maillog_login *l = maillog_logins_at(r->hours, i);

		n->rows[hours + i].login = l;
		n->rows[hours + i].name = (struct traffic_name){ .who = maillog_who_word(MAILLOG_MAILBOX),
		    .name = text_show(r->arena, text_of(l->account)) };
	}
}

static bool
write_rows(struct traffic_writer *w, const struct naming *n, struct err *err)
{
	for (size_t i = 0; i < n->count; i++) {
		const struct row *row = &n->rows[i];
		const struct maillog_hour *h = row->hour;
		bool ok;

		if (row->drop)
			continue;
		if (h != NULL) {
			struct traffic_count c = { h->messages, h->rejected, h->limited, h->failed };

			ok = traffic_add(w, &row->name, h->hour, &c, err);
		} else
			ok = traffic_login(w, &row->name, row->login->hour, row->login->network, row->login->count, err);
		if (!ok)
			return false;
	}
	return true;
}

/* Counts and position together; ERR_STALE: somebody else has read it meanwhile. */
static bool
write_piece(struct reading *r, struct err *err)
{
	struct engine *e = r->engine;
	struct naming n = { .arena = r->arena, .cpanel = strcmp(e->setup.rules->panel_kind, "cpanel") == 0 };
	struct maillog_span span = maillog_hours_span(r->hours);
	struct traffic_writer *w;

	rows_of(r, &n);
	if (n.count > 0)
		engine_ask(e, naming_question, &n, 0);
	r->to.lines += (int64_t)span.lines;
	r->to.more = r->to.more || span.more;
	if (span.since >= 0 && (r->to.since < 0 || span.since < r->to.since))
		r->to.since = span.since;
	if (span.until > r->to.until)
		r->to.until = span.until;
	if ((w = traffic_begin(e->setup.store, &r->from, err)) == NULL)
		return false;
	return traffic_end(w, write_rows(w, &n, err), &r->to, r->now, err);
}

static int64_t
zone_of(int64_t now)
{
	time_t t = (time_t)now;
	struct tm tm;

	return localtime_r(&t, &tm) == NULL ? 0 : tm.tm_gmtoff;
}

/* One answer of a verb that reads a log: its lines are counted, the position moves on.  *more: ask again. */
static bool
read_lines(struct reading *r, const char *verb, const char **file, int64_t *offset, bool *more, bool *lost, struct err *err)
{
	struct request request = { .kind = REQUEST_VERB };
	const char *args[2] = { *file != NULL ? *file : OLDEST, NULL };
	struct arena *a = arena_new();
	struct reply reply;
	struct text out, line;
	const struct json *head = NULL;
	bool ok = false;

	args[1] = arena_printf(a, "%lld", (long long)*offset);
	request.u.verb.verb = verb;
	request.u.verb.args = args;
	request.u.verb.arg_count = 2;
	engine_call(r->engine, a, &request, &reply);
	*more = false;
	if (reply.err.code != ERR_NONE)
		*err = reply.err;
	else if (reply.u.verb.status != 0)
		err_set(err, ERR_IO, "%s", text_show(a, text_head(text_trim(reply.u.verb.err), 200)));
	else if (out = reply.u.verb.out, !text_line(&out, &line) || (head = json_parse(a, line, err)) == NULL ||
	    json_str(head, "file") == NULL)
		err_set(err, ERR_PROTOCOL, "the helper's answer is none");
	else
		ok = true;
	if (ok) {
		*file = arena_strdup(r->arena, json_str(head, "file"));
		*offset = json_int(head, "offset", 0);
		*lost = json_bool(head, "lost", false);
		*more = json_bool(head, "more", false);
		r->bytes += out.n;
		while (text_line(&out, &line))
			maillog_hours_add(r->hours, line);
	}
	arena_free(a);
	return ok;
}

static bool
has_room(const struct reading *r, int64_t until_ms)
{
	return r->bytes < PIECE_BYTES && maillog_hours_count(r->hours) < PIECE_ROWS &&
	    monotonic_ms() < until_ms && !engine_ending(r->engine);
}

static bool
read_mail(struct reading *r, int64_t until_ms, bool *more, struct err *err)
{
	bool lost;

	do {
		if (!read_lines(r, "mail-log-read", &r->to.file, &r->to.offset, more, &lost, err))
			return false;
		if (lost)
			r->to.lost_at = r->now;
	} while (*more && has_room(r, until_ms));
	return true;
}

/* PHP's own lines; the journal has them beside the others.  Without a helper, or such a log, there are none. */
static void
read_scripts(struct reading *r, int64_t until_ms, bool *more)
{
	struct err none;
	bool lost;

	*more = false;
	if (text_starts(text_of(r->to.file), JOURNAL))
		return;
	do
		if (!read_lines(r, "script-log-read", &r->to.script_file, &r->to.script_offset, more, &lost, &none))
			return;
	while (*more && has_room(r, until_ms));
}

static bool
moved(const char *file, int64_t offset, const char *to_file, int64_t to_offset)
{
	return offset != to_offset || (file == NULL) != (to_file == NULL) || (file != NULL && strcmp(file, to_file) != 0);
}

/* The next piece, read and written.  *more: there is another; *any: there was something new. */
static bool
read_piece(struct engine *e, int64_t until_ms, bool *more, bool *any, struct err *err)
{
	struct arena *a = arena_new();
	struct reading r = { .engine = e, .arena = a, .now = (int64_t)time(NULL) };
	bool ok;

	ok = store_traffic_position(e->setup.store, a, &r.from, err);
	r.to = r.from;
	r.hours = maillog_hours_new(a, r.now, zone_of(r.now));
	ok = ok && read_mail(&r, until_ms, more, err);
	if (ok && !*more)
		read_scripts(&r, until_ms, more);
	*any = ok && (moved(r.from.file, r.from.offset, r.to.file, r.to.offset) ||
	    moved(r.from.script_file, r.from.script_offset, r.to.script_file, r.to.script_offset));
	if (*any)
		ok = write_piece(&r, err);
	if (r.to.lost_at != r.from.lost_at && ok)
		log_line(LOG_WARNING, "engine", "the mail log was cut or rotated away before it was read to its end");
	arena_free(a);
	return ok;
}

/* --- from time to time -------------------------------------------------------------------------------------- */

bool
engine_traffic_read(struct engine *e, uint32_t time_ms, bool *more, struct err *err)
{
	int64_t until_ms = monotonic_ms() + time_ms;
	struct store_lock *lock;
	bool left = true, any, changed = false, ok = true;

	if (more != NULL)
		*more = false;
	if (e->setup.store == NULL || e->net == NULL || (e->setup.net->mail_log == NULL &&
	    (e->setup.panel_params == NULL || !e->setup.panel_params->local)))
		return err_set(err, ERR_UNSUPPORTED, "the mail log is on another machine, or nothing is kept");
	if ((lock = store_lock(e->setup.store, "mail-log", 0, err)) == NULL)
		return err->code == ERR_BUSY;
	while (ok && left && !engine_ending(e) && monotonic_ms() < until_ms) {
		ok = read_piece(e, until_ms, &left, &any, err);
		changed = changed || (ok && any);
	}
	if (more != NULL)
		*more = ok && left;
	if (ok)
		ok = traffic_use_keep(e, (int64_t)time(NULL), changed, err);
	else if (err->code == ERR_STALE)
		ok = true;
	store_unlock(lock);
	return ok;
}

bool
engine_traffic_purge(struct engine *e, int64_t now, struct err *err)
{
	return store_traffic_purge(e->setup.store, now - TRAFFIC_DAYS * DAY_S, err);
}
