#include "net/cert.h"

#include <openssl/x509v3.h>
#include <string.h>
#include <time.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/time.h"

#define NAMES_MAX	100

static bool
unix_time(const ASN1_TIME *t, int64_t *ret)
{
	struct tm tm;

	if (t == NULL || ASN1_TIME_to_tm(t, &tm) != 1)
		return false;
	*ret = timegm(&tm);
	return true;
}

static void
add_string(struct json *names, const ASN1_STRING *s)
{
	json_add_text(names, (struct text){ (const char *)ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s) });
}

static bool
add_alternative_names(struct json *names, struct arena *a, X509 *cert)
{
	GENERAL_NAMES *list = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
	const GENERAL_NAME *name;
	const ASN1_OCTET_STRING *octets;
	struct ip ip;
	int i, n = 0;

	for (i = 0; i < sk_GENERAL_NAME_num(list) && n < NAMES_MAX; i++) {
		name = sk_GENERAL_NAME_value(list, i);
		if (name->type == GEN_DNS) {
			add_string(names, name->d.dNSName);
			n++;
		} else if (name->type == GEN_IPADD) {
			octets = name->d.iPAddress;
			memset(&ip, 0, sizeof(ip));
			if (ASN1_STRING_length(octets) != 4 && ASN1_STRING_length(octets) != 16)
				continue;
			ip.family = ASN1_STRING_length(octets) == 4 ? 4 : 6;
			memcpy(ip.b, ASN1_STRING_get0_data(octets),
			    (size_t)ASN1_STRING_length(octets));
			json_add_str(names, ip_str(a, ip));
			n++;
		}
	}
	GENERAL_NAMES_free(list);
	return n > 0;
}

static const X509_NAME_ENTRY *
name_entry(const X509_NAME *name, int nid)
{
	int at = X509_NAME_get_index_by_NID(name, nid, -1);

	return at < 0 ? NULL : X509_NAME_get_entry(name, at);
}

static void
put_issuer(struct json *into, const X509 *cert)
{
	const X509_NAME *issuer = X509_get_issuer_name(cert);
	const X509_NAME_ENTRY *entry = name_entry(issuer, NID_commonName);
	const ASN1_STRING *s;

	if (entry == NULL)
		entry = name_entry(issuer, NID_organizationName);
	if (entry == NULL) {
		json_put_null(into, "issuer");
		return;
	}
	s = X509_NAME_ENTRY_get_data(entry);
	json_put_text(into, "issuer", (struct text){ (const char *)ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s) });
}

static bool
name_matches(X509 *cert, const char *name)
{
	struct ip ip;

	if (ip_parse(text_of(name), &ip))
		return X509_check_ip_asc(cert, name, 0) == 1;
	return X509_check_host(cert, name, 0, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1;
}

static const char *
reason_of(X509 *cert, long verified, const char *name, int64_t now, int64_t from, int64_t until)
{
	if (now > until)
		return "expired";
	if (now < from)
		return "not_yet_valid";
	if (name != NULL && !name_matches(cert, name))
		return "name_mismatch";
	switch (verified) {
	case X509_V_OK:
		return NULL;
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return "self_signed";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_CERT_UNTRUSTED:
		return "untrusted";
	case X509_V_ERR_CERT_HAS_EXPIRED:	/* one above it in the chain */
		return "expired";
	default:
		return "invalid";
	}
}

void
cert_describe(struct json *into, struct arena *a, const SSL *ssl, const char *name, int64_t now)
{
	X509 *cert = SSL_get1_peer_certificate(ssl);
	const char *reason = "none";
	const X509_NAME_ENTRY *common;
	int64_t from = 0, until = 0;
	struct json *names;
	bool dated;

	if (cert != NULL) {
		dated = unix_time(X509_get0_notBefore(cert), &from) &&
		    unix_time(X509_get0_notAfter(cert), &until);
		reason = !dated ? "invalid" : reason_of(cert, SSL_get_verify_result(ssl), name,
		    now, from, until);
	}
	json_put_bool(into, "ok", reason == NULL);
	json_put_str(into, "reason", reason);
	names = json_put_array(into, "names");
	if (cert == NULL) {
		json_put_null(into, "not_after");
		json_put_null(into, "issuer");
	} else {
		common = name_entry(X509_get_subject_name(cert), NID_commonName);
		if (!add_alternative_names(names, a, cert) && common != NULL)
			add_string(names, X509_NAME_ENTRY_get_data(common));
		json_put_str(into, "not_after", time_str(a, until));
		put_issuer(into, cert);
	}
	json_put_str(into, "protocol", SSL_get_version(ssl));
	X509_free(cert);
}
