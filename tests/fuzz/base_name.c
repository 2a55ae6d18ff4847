/* Names and addresses: whatever is accepted comes back from its own text. */

#include <assert.h>
#include <string.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/name.h"

int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
fuzz_name(struct arena *a, struct text t)
{
	struct name name, again;
	uint8_t wire[256];
	struct err err;
	size_t n;

	if (name_parse(a, t, &name)) {
		n = name_to_wire(name, wire, sizeof(wire));
		assert(n >= 1 && n <= 255 && wire[n - 1] == 0);
		assert(strlen(name.s) < NAME_TEXT_MAX);
		if (name.s[0] != '\0') {
			assert(name_parse(a, text_of(name.s), &again) && name_eq(name, again));
			assert(name_is_under(name, name_parent(name)));
			assert(name_labels(name) == name_labels(name_parent(name)) + 1);
		}
		name_display(a, name);
	}
	if (name_from_person(a, t, &name, &err)) {
		assert(strlen(name.s) <= 253 && name.s[0] != '\0');
		assert(name_parse(a, text_of(name.s), &again) && name_eq(name, again));
		assert(name_from_person(a, text_of(name.s), &again, &err));
		assert(name_eq(name, again));
		assert(name_from_person(a, text_of(name_display(a, name)), &again, &err));
		assert(name_eq(name, again));
	} else
		assert(err.text[0] != '\0');
}

static void
fuzz_addr(struct arena *a, struct text t)
{
	struct endpoint e, e2;
	struct ipnet net, net2;
	struct ip ip, ip2;

	if (ip_parse(t, &ip)) {
		assert(ip_parse(text_of(ip_str(a, ip)), &ip2) && ip_eq(ip, ip2));
		ip_is_private(ip);
		ip_reverse_name(a, ip);
	}
	if (ipnet_parse(t, &net)) {
		assert(ipnet_parse(text_of(ipnet_str(a, net)), &net2));
		assert(ipnet_covers(net, net2) && ipnet_covers(net2, net));
		assert(ipnet_has(net, net.ip));
	}
	if (endpoint_parse(t, 53, &e))
		assert(endpoint_parse(text_of(endpoint_str(a, e)), 1, &e2) && endpoint_eq(e, e2));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct text t = { (const char *)data, size };

	fuzz_name(a, t);
	fuzz_addr(a, t);
	text_show(a, t);
	arena_free(a);
	return 0;
}
