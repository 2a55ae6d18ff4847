#include "checks/ptr_names.h"

#include <string.h>

#include "base/arena.h"

/* In the order of the alphabet: what is said of them does not depend on the answer's order. */
static void
add_confirmed(struct ptr_names *names, struct name name)
{
	size_t i = names->confirmed_count++;

	for (; i > 0 && strcmp(names->confirmed[i - 1].s, name.s) > 0; i--)
		names->confirmed[i] = names->confirmed[i - 1];
	names->confirmed[i] = name;
}

bool
ptr_names(struct run *run, struct ip address, struct ptr_names *ret)
{
	enum rrtype type = address.family == 4 ? RR_A : RR_AAAA;
	const struct dns_answer *failed = NULL;
	struct name reverse;
	bool waiting = false;
	size_t i, j;

	memset(ret, 0, sizeof(*ret));
	name_parse(run->arena, text_of(ip_reverse_name(run->arena, address)), &reverse);
	if ((ret->ptr = ev_dns(run->ev, reverse, RR_PTR)) == NULL)
		return false;
	if (ret->ptr->outcome != DNS_FOUND)
		return true;
	for (i = 0; i < ret->ptr->count && i < PTR_NAMES_MAX; i++) {
		const struct dns_answer *forward = ev_dns_any(run->ev, ret->ptr->rrs[i].u.name, type);

		waiting = waiting || forward == NULL;
		ret->forward[ret->forward_count++] = forward;
	}
	if (waiting)
		return false;
	for (i = 0; i < ret->forward_count; i++) {
		if (ret->forward[i]->outcome == DNS_FAILED)
			failed = ret->forward[i];
		for (j = 0; ret->forward[i]->outcome == DNS_FOUND && j < ret->forward[i]->count; j++) {
			if (!ip_eq(ret->forward[i]->rrs[j].u.ip, address))
				continue;
			add_confirmed(ret, ret->ptr->rrs[i].u.name);
			break;
		}
	}
	return ret->confirmed_count > 0 || failed == NULL || ev_need(run->ev, failed);
}
