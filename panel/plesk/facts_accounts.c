/* Who is there: administrator, resellers, customers. */

#include <string.h>

#include "base/map.h"
#include "panel/plesk/internal.h"

static const char *
role_of(const char *type)
{
	if (type != NULL && (strcmp(type, "admin") == 0 || strcmp(type, "reseller") == 0))
		return type;
	return "customer";
}

/* login -> owner's login, of customers (XML customer.get). */
static struct map *
customer_owners(struct arena *a, const struct xml *packet)
{
	const struct xml *result = xml_path(packet, "customer/get/result");
	struct map *owners = map_new(a);

	for (; result != NULL; result = xml_again(result, "result")) {
		const struct xml *gen = xml_path(result, "data/gen_info");
		const char *login = xml_str(a, gen, "login"), *owner = xml_str(a, gen, "owner-login");

		if (login != NULL && owner != NULL && *owner != '\0' && strcmp(login, owner) != 0)
			map_put(owners, login, arena_strdup(a, owner));
	}
	return owners;
}

static bool
says_owner(const struct json *client)
{
	const char *owner = json_str(client, "owner_login");

	return owner != NULL && *owner != '\0';
}

static void
add_account(struct json *list, const struct json *client, const char *admin, const struct map *owners)
{
	const char *role = role_of(json_str(client, "type")), *login = json_str(client, "login");
	const char *parent = says_owner(client) ? json_str(client, "owner_login") : NULL;
	struct json *row;

	if (login == NULL)
		return;
	if (strcmp(role, "admin") == 0)
		parent = NULL;
	else if (parent == NULL && (owners == NULL || (parent = map_get(owners, login)) == NULL))
		parent = admin;
	row = json_add_object(list);
	json_put_str(row, "login", login);
	json_put_str(row, "role", role);
	json_put_str(row, "parent", parent);
	json_put_str(row, "email", json_str(client, "email"));
	json_put_str(row, "locale", json_str(client, "locale"));
	json_put_bool(row, "active", json_int(client, "status", -1) == 0);
	json_put_int(row, "id", json_int(client, "id", 0));
}

const struct json *
plesk_fact_accounts(struct evidence *ev, struct arena *a, const char *arg, const struct panel_params *params)
{
	const struct json *clients, *c;
	const struct xml *packet = NULL;
	const char *admin = "admin";
	struct map *owners = NULL;
	struct json *list;
	struct err err;
	bool missing = false;

	(void)arg;
	(void)params;
	if (!plesk_need(ev, "panel clients", plesk_ask_rest(ev, a, PLESK_REST "/clients", &clients, &err), &err))
		return NULL;
	if (!json_is_array(clients)) {
		ev_fail(ev, "panel clients", "protocol", "the list of clients is none");
		return NULL;
	}
	for (c = json_first(clients); c != NULL; c = json_next(c)) {
		const char *role = role_of(json_str(c, "type"));

		if (strcmp(role, "admin") == 0 && json_str(c, "login") != NULL)
			admin = json_str(c, "login");
		else if (strcmp(role, "customer") == 0 && !says_owner(c))
			missing = true;
	}
	if (missing) {
		struct str ask = packet_begin(a);
		enum got got;

		str_add(&ask, "<customer><get><filter/><dataset><gen_info/></dataset></get></customer>");
		if ((got = plesk_ask_packet(ev, a, &ask, &packet, &err)) == GOT_WAIT)
			return NULL;
		if (got == GOT_IT)
			owners = customer_owners(a, packet);
	}
	list = json_new_array(a);
	for (c = json_first(clients); c != NULL; c = json_next(c))
		add_account(list, c, admin, owners);
	return list;
}
