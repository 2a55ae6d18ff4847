#include "checks/mx_home.h"

#include <string.h>

#include "checks/sending.h"

#define HOSTS_MAX	16	/* of one MX answer that are looked up */

/* Does any of the hosts lead here?  One that could not be looked up may be it. */
static bool
find_home(struct run *run, const struct ip *own, size_t own_count, struct mx_place *ret)
{
	const struct dns_answer *of[HOSTS_MAX][2], *failed = NULL;
	size_t n = ret->mx->count < HOSTS_MAX ? ret->mx->count : HOSTS_MAX, i, j;
	bool waiting = false;

	for (i = 0; i < n; i++) {
		of[i][0] = ev_dns_any(run->ev, ret->mx->rrs[i].u.mx.exchange, RR_A);
		of[i][1] = ev_dns_any(run->ev, ret->mx->rrs[i].u.mx.exchange, RR_AAAA);
		waiting = waiting || of[i][0] == NULL || of[i][1] == NULL;
	}
	if (waiting)
		return false;
	for (i = 0; i < n; i++) {
		for (j = 0; j < 2; j++) {
			if (dns_has_ip(of[i][j], own, own_count)) {
				ret->home = MX_HERE;
				return true;
			}
			if (of[i][j]->outcome == DNS_FAILED)
				failed = of[i][j];
		}
	}
	ret->home = MX_ELSEWHERE;
	return failed == NULL || ev_need(run->ev, failed);
}

bool
mx_place(struct run *run, struct mx_place *ret)
{
	const struct truth *mx = ev_truth(run->ev, run->domain, run->domain, RR_MX);
	const struct ip *own;
	size_t own_count;

	memset(ret, 0, sizeof(*ret));
	if (!server_addresses(run, &own, &own_count) || mx == NULL || !ev_need(run->ev, mx->answer))
		return false;
	ret->mx = mx->answer;
	if (ret->mx->outcome != DNS_FOUND) {
		ret->home = MX_NONE;
		return true;
	}
	if (ret->mx->count == 1 && ret->mx->rrs[0].u.mx.exchange.s[0] == '\0') {
		ret->home = MX_NONE;
		ret->null_mx = true;
		return true;
	}
	if (own_count == 0) {
		ret->home = MX_UNCLEAR;
		return true;
	}
	return find_home(run, own, own_count, ret);
}
