#include "engine/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/map.h"

static void
accounts_read(struct snapshot *s, const struct json *accounts)
{
	for (const struct json *v = json_first(accounts); v != NULL; v = json_next(v)) {
		const char *login = json_str(v, "login"), *role = json_str(v, "role");
		struct account *one;

		if (login == NULL)
			continue;
		one = arena_zalloc(s->arena, sizeof(*one));
		one->login = arena_strdup(s->arena, login);
		if (json_str(v, "parent") != NULL)
			one->parent = arena_strdup(s->arena, json_str(v, "parent"));
		one->role = role != NULL && strcmp(role, "admin") == 0 ? ROLE_ADMIN :
		    role != NULL && strcmp(role, "reseller") == 0 ? ROLE_RESELLER : ROLE_CUSTOMER;
		one->suspended = !json_bool(v, "active", true);
		map_put(s->accounts, login, one);
	}
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct owned *)a)->name, ((const struct owned *)b)->name);
}

static void
rows_read(struct snapshot *s, const struct json *domains)
{
	s->rows = arena_array(s->arena, json_count(domains) + 1, sizeof(*s->rows));
	for (const struct json *v = json_first(domains); v != NULL; v = json_next(v)) {
		struct owned *row = &s->rows[s->count];
		const char *name = json_str(v, "name"), *ascii = json_str(v, "ascii");
		struct name canonical;

		if (!name_from_person(s->arena, text_of(ascii != NULL ? ascii : name), &canonical, NULL))
			continue;	/* nothing that could be checked */
		row->name = canonical.s;
		row->display = name_display(s->arena, canonical);
		row->owner = arena_strdup(s->arena, json_str(v, "owner"));
		row->reseller = arena_strdup(s->arena, json_str(v, "reseller"));
		s->count++;
	}
	qsort(s->rows, s->count, sizeof(*s->rows), by_name);
}

static struct set *
set_of(struct snapshot *s, const char *login)
{
	struct set *set = map_get(s->sets, login);

	if (set == NULL) {
		set = arena_zalloc(s->arena, sizeof(*set));
		map_put(s->sets, login, set);
	}
	return set;
}

static void
set_add(struct snapshot *s, struct set *set, const struct owned *row)
{
	if (set->count > 0 && set->rows[set->count - 1] == row)
		return;			/* twice in one chain */
	if (set->count == set->room) {
		size_t room = set->room == 0 ? 4 : 2 * set->room;

		set->rows = arena_grow(s->arena, set->rows, set->count, room, sizeof(*set->rows));
		set->names = arena_grow(s->arena, set->names, set->count, room, sizeof(*set->names));
		set->room = room;
	}
	set->rows[set->count] = row;
	set->names[set->count++] = row->name;
}

/*
 * The owner, then who is above him, up to the administrator: each sees the
 * domain.  The highest reseller becomes the row's column.
 */
static void
chain_follow(struct snapshot *s, struct owned *row)
{
	const char *login = row->owner, *seen[CHAIN_MAX];
	const char *said = row->reseller;
	bool among = false;
	size_t n = 0;

	row->reseller = NULL;
	for (; login != NULL && n < CHAIN_MAX; n++) {
		const struct account *account = map_get(s->accounts, login);

		for (size_t i = 0; i < n; i++)
			if (strcmp(seen[i], login) == 0)
				return;		/* accounts in a circle: the panel is confused */
		if (account != NULL && account->role == ROLE_ADMIN)
			break;
		seen[n] = login;
		among = among || (said != NULL && strcmp(said, login) == 0);
		set_add(s, set_of(s, login), row);
		if (account != NULL && account->role == ROLE_RESELLER)
			row->reseller = account->login;
		login = account != NULL ? account->parent : NULL;
	}
	/* The domain's own row may say more than the accounts: cPanel's reseller owns the account of another
	 * reseller, but not what is below that one. */
	if (said != NULL && !among) {
		row->reseller = said;
		set_add(s, set_of(s, said), row);
	}
}

static bool
is_of(const char *owner, const char *login)
{
	return owner != NULL && strcmp(owner, login) == 0;
}

struct snapshot *
snapshot_new(const struct json *domains, const struct json *accounts, bool open)
{
	struct arena *a = arena_new();
	struct snapshot *s = arena_zalloc(a, sizeof(*s));

	s->arena = a;
	s->refs = 1;
	s->open = open;
	s->accounts = map_new(a);
	s->sets = map_new(a);
	accounts_read(s, accounts);
	rows_read(s, domains);
	for (size_t i = 0; i < s->count; i++) {
		if (i > 0 && strcmp(s->rows[i].name, s->rows[i - 1].name) == 0)
			continue;
		set_add(s, &s->all, &s->rows[i]);
		chain_follow(s, &s->rows[i]);
	}
	for (size_t i = 0; i < map_count(s->sets); i++) {
		const char *login;
		struct set *set = map_at(s->sets, i, &login);

		for (size_t j = 0; j < set->count; j++) {
			set->as_owner += is_of(set->rows[j]->owner, login);
			set->as_reseller += is_of(set->rows[j]->reseller, login);
		}
	}
	return s;
}

void
snapshot_unref(void *p)
{
	struct snapshot *s = p;

	if (s != NULL && --s->refs == 0)
		arena_free(s->arena);		/* the snapshot itself lives there */
}

/*
 * A reseller may be an account as well (cPanel): who comes as a customer, as a web site of his
 * does, has that account's domains and nothing of those below it.
 */
const struct set *
set_owned(struct arena *a, const struct set *set, const char *login)
{
	struct set *own;

	if (set == NULL || set->as_owner == set->count)
		return set;
	own = arena_zalloc(a, sizeof(*own));
	own->rows = arena_array(a, set->as_owner + 1, sizeof(*own->rows));
	own->names = arena_array(a, set->as_owner + 1, sizeof(*own->names));
	for (size_t i = 0; i < set->count; i++)
		if (is_of(set->rows[i]->owner, login)) {
			own->rows[own->count] = set->rows[i];
			own->names[own->count++] = set->names[i];
		}
	own->as_owner = own->count;
	return own;
}
