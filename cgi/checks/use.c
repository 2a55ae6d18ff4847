#include "checks/use.h"

#include "evidence/panel_facts.h"

/* No MX, or the null MX of RFC 7505. */
static bool
takes_no_mail(const struct dns_answer *mx)
{
	return mx->outcome != DNS_FOUND || (mx->count == 1 && mx->rrs[0].u.mx.exchange.s[0] == '\0');
}

/* Without a panel nobody knows the mailboxes; mail may still arrive at the
 * domain's own address (RFC 5321 5.1). */
static bool
has_no_address(struct run *run, bool *ret)
{
	const struct truth *a = ev_truth(run->ev, run->domain, run->domain, RR_A);
	const struct truth *aaaa = ev_truth(run->ev, run->domain, run->domain, RR_AAAA);

	if (a == NULL || aaaa == NULL)
		return false;
	*ret = a->answer->outcome != DNS_FOUND && a->answer->outcome != DNS_FAILED &&
	    aaaa->answer->outcome != DNS_FOUND && aaaa->answer->outcome != DNS_FAILED;
	return true;
}

bool
domain_is_parked(struct run *run, bool *ret)
{
	const struct truth *mx = ev_truth(run->ev, run->domain, run->domain, RR_MX);
	const struct json *mailboxes;

	*ret = false;
	if (mx == NULL || !ev_need(run->ev, mx->answer))
		return false;
	if (!takes_no_mail(mx->answer))
		return true;
	if (ev_has_panel(run->ev)) {
		if ((mailboxes = ev_mailboxes(run->ev, run->domain)) == NULL)
			return false;
		*ret = json_count(mailboxes) == 0;
		return true;
	}
	if (mx->answer->outcome == DNS_FOUND) {		/* null MX: said outright */
		*ret = true;
		return true;
	}
	return has_no_address(run, ret);
}

bool
domain_sends_here(struct run *run, bool *ret)
{
	const struct json *mail, *mailboxes;

	*ret = true;
	if (!ev_has_panel(run->ev) || run->options->address_count > 0)
		return true;
	if ((mail = ev_domain_mail(run->ev, run->domain)) == NULL)
		return false;
	if (json_tristate(mail, "service") != 0)
		return true;
	if ((mailboxes = ev_mailboxes(run->ev, run->domain)) == NULL)
		return false;
	*ret = json_count(mailboxes) > 0;
	return true;
}
