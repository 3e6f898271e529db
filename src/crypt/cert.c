/* cert.c - X.509 through OpenSSL. */
#include "crypt/cert.h"
#include "crypt/curve.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "base/ban.h"

enum { SERIAL_BYTES = 16, HOST_BYTES_MAX = 253, LABEL_BYTES_MAX = 63, NAME_BYTES_MAX = 256 };

void cert_pem_release(struct cert_pem *p)
{
	if (p->key.p)
		crypt_wipe(p->key.p, p->key.cap);
	buf_release(&p->key);
	buf_release(&p->cert);
}

/* ---- PEM ---- */

static enum err take_bio(BIO *b, struct buf *out)
{
	char *p = NULL;
	long n = BIO_get_mem_data(b, &p);

	if (n > 0)
		buf_put(out, p, (size_t)n);
	return out->failed;
}

static enum err write_pem(EVP_PKEY *key, X509 *cert, struct cert_pem *ret)
{
	BIO *b = BIO_new(BIO_s_secmem()), *c = BIO_new(BIO_s_mem());
	enum err e = ERR_MEMORY;

	if (b && c && PEM_write_bio_PrivateKey(b, key, NULL, NULL, 0, NULL, NULL) &&
	    PEM_write_bio_X509(c, cert)) {
		e = take_bio(b, &ret->key);
		if (!e)
			e = take_bio(c, &ret->cert);
	}
	BIO_free(b);
	BIO_free(c);
	return e;
}

/* A key under a password is none of ours, and nobody is asked for the password. */
static int no_password(char *p, int n, int writes, void *arg)
{
	(void)p;
	(void)n;
	(void)writes;
	(void)arg;
	return -1;
}

static BIO *bio_of(struct str s)
{
	return s.n && s.n <= INT32_MAX ? BIO_new_mem_buf(s.p, (int)s.n) : NULL;
}

static X509 *read_cert(struct str pem)
{
	BIO *b = bio_of(pem);
	X509 *cert = b ? PEM_read_bio_X509(b, NULL, no_password, NULL) : NULL;

	BIO_free(b);
	ERR_clear_error();
	return cert;
}

static EVP_PKEY *read_key(struct str pem)
{
	BIO *b = bio_of(pem);
	EVP_PKEY *key = b ? PEM_read_bio_PrivateKey(b, NULL, no_password, NULL) : NULL;

	BIO_free(b);
	ERR_clear_error();
	return key;
}

/* ---- names ---- */

/* Letters, digits, hyphens and dots as DNS has them; one star may stand for the first label. */
static bool is_host(struct str s)
{
	size_t label = 0;

	if (s.n > 2 && s.p[0] == '*' && s.p[1] == '.')
		s = (struct str){ s.p + 2, s.n - 2 };
	if (s.n == 0 || s.n > HOST_BYTES_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];
		bool end = i + 1 == s.n || s.p[i + 1] == '.';
		bool alone =
			(c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (c == '.') {
			if (label == 0 || end)
				return false;
			label = 0;
		} else if (!alone && (c != '-' || label == 0 || end)) {
			return false;
		} else if (++label > LABEL_BYTES_MAX) {
			return false;
		}
	}
	return true;
}

/* Length of the address in network order, or 0. */
static int address_of(struct str s, uint8_t ret[16])
{
	char text[INET6_ADDRSTRLEN];

	if (s.n >= sizeof text || memchr(s.p, '\0', s.n))
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (inet_pton(AF_INET, text, ret) == 1)
		return 4;
	return inet_pton(AF_INET6, text, ret) == 1 ? 16 : 0;
}

/* One general name; NULL when there is no memory. */
static GENERAL_NAME *name_new(struct str s)
{
	uint8_t address[16];
	int n = address_of(s, address);
	GENERAL_NAME *g = GENERAL_NAME_new();
	ASN1_STRING *text = ASN1_STRING_type_new(n ? V_ASN1_OCTET_STRING : V_ASN1_IA5STRING);

	if (!g || !text ||
	    !ASN1_STRING_set(text, n ? (const void *)address : s.p, n ? n : (int)s.n)) {
		GENERAL_NAME_free(g);
		ASN1_STRING_free(text);
		return NULL;
	}
	GENERAL_NAME_set0_value(g, n ? GEN_IPADD : GEN_DNS, text);
	return g;
}

static bool add_names(X509 *cert, const struct cert_ask *ask)
{
	GENERAL_NAMES *all = GENERAL_NAMES_new();
	bool went = all != NULL;

	for (size_t i = 0; went && i < ask->n_names; i++) {
		GENERAL_NAME *g = name_new(ask->names[i]);

		went = g && sk_GENERAL_NAME_push(all, g) > 0;
		if (!went)
			GENERAL_NAME_free(g);
	}
	went = went &&
	       X509_add1_ext_i2d(cert, NID_subject_alt_name, all, 0, X509V3_ADD_DEFAULT) > 0;
	GENERAL_NAMES_free(all);
	return went;
}

/* ---- the certificate ---- */

static bool add_text(X509 *cert, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX c;
	X509_EXTENSION *x;
	bool went;

	X509V3_set_ctx(&c, issuer, cert, NULL, NULL, 0);
	x = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	went = x && X509_add_ext(cert, x, -1);
	X509_EXTENSION_free(x);
	return went;
}

static bool set_serial(X509 *cert, const struct crypt_random *r)
{
	uint8_t raw[SERIAL_BYTES];
	BIGNUM *n;
	bool went;

	crypt_random_fill(r, raw, sizeof raw);
	raw[0] = (raw[0] & 0x3F) | 0x40; /* positive, and always as long */
	n = BN_bin2bn(raw, sizeof raw, NULL);
	went = n && BN_to_ASN1_INTEGER(n, X509_get_serialNumber(cert));
	BN_free(n);
	return went;
}

static bool set_life(X509 *cert, struct utc_s from, int days)
{
	time_t t = (time_t)from.v;

	return X509_time_adj_ex(X509_getm_notBefore(cert), 0, 0, &t) &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), days, 0, &t);
}

static bool set_name(X509 *cert, struct str name)
{
	return X509_NAME_add_entry_by_NID(X509_get_subject_name(cert), NID_commonName,
					  MBSTRING_UTF8, (const unsigned char *)name.p, (int)name.n,
					  -1, 0);
}

static enum err new_key(const struct crypt_random *r, EVP_PKEY **ret)
{
	uint8_t secret[CRYPT_RAW_BYTES], public[CRYPT_PUBLIC_BYTES - 1];
	enum err e;

	do
		crypt_random_fill(r, secret, sizeof secret);
	while (!curve_fits(&curve_p256, secret));
	e = curve_key(&curve_p256, secret, ret, public);
	crypt_wipe(secret, sizeof secret);
	return e;
}

static bool set_common(X509 *cert, EVP_PKEY *key, const struct crypt_random *r, struct utc_s from,
		       int days)
{
	return X509_set_version(cert, X509_VERSION_3) && X509_set_pubkey(cert, key) &&
	       set_serial(cert, r) && set_life(cert, from, days);
}

static bool span_is_well(struct utc_s from, int days)
{
	/* GeneralizedTime ends with the year 9999 and time_t may not be asked for more. */
	return from.v >= 0 && days > 0 && from.v < 250000000000 - (int64_t)days * 86400;
}

enum err cert_authority(const struct crypt_random *r, struct str name, struct utc_s from, int days,
			struct cert_pem *ret, struct fault *f)
{
	EVP_PKEY *key = NULL;
	X509 *cert = NULL;
	enum err e;

	if (name.n == 0 || name.n > NAME_BYTES_MAX || !str_utf8(name) || !span_is_well(from, days))
		return fault_set(f, ERR_RANGE, "证书机构的名称或有效期不对",
				 "the authority's name or span of life cannot be");
	e = new_key(r, &key);
	if (!e) {
		cert = X509_new();
		if (cert && !set_name(cert, name))
			e = curve_failed(ERR_RANGE); /* over 64 characters */
		else if (!cert || !set_common(cert, key, r, from, days) ||
			 !X509_set_issuer_name(cert, X509_get_subject_name(cert)) ||
			 !add_text(cert, cert, NID_basic_constraints,
				   "critical,CA:TRUE,pathlen:0") ||
			 !add_text(cert, cert, NID_key_usage, "critical,keyCertSign,cRLSign") ||
			 !add_text(cert, cert, NID_subject_key_identifier, "hash") ||
			 !X509_sign(cert, key, EVP_sha256()))
			e = curve_failed(ERR_MEMORY);
		else
			e = write_pem(key, cert, ret);
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return e ? fault_set(f, e, "无法建立证书机构", "cannot make the certificate authority")
		 : OK;
}

/* ---- issuing ---- */

static enum err check_names(const struct cert_ask *ask, struct fault *f)
{
	uint8_t address[16];

	if (ask->n_names == 0 || ask->n_names > CERT_NAMES_MAX ||
	    !span_is_well(ask->from, ask->days))
		return fault_set(f, ERR_RANGE, "证书要有 1 到 %d 个名称和正的有效期",
				 "a certificate has 1 to %d names and a positive span of life",
				 CERT_NAMES_MAX);
	for (size_t i = 0; i < ask->n_names; i++)
		if (!address_of(ask->names[i], address) && !is_host(ask->names[i]))
			return fault_set(f, ERR_RANGE, "%.*s 既不是主机名也不是地址",
					 "%.*s is neither a host name nor an address",
					 (int)min_size(ask->names[i].n, 80), ask->names[i].p);
	return OK;
}

static bool fill_server(X509 *cert, X509 *issuer, EVP_PKEY *key, const struct crypt_random *r,
			const struct cert_ask *ask)
{
	/* The names are in the extension; a subject longer than 64 characters could not be. */
	return set_common(cert, key, r, ask->from, ask->days) && set_name(cert, STR("Outpost")) &&
	       X509_set_issuer_name(cert, X509_get_subject_name(issuer)) && add_names(cert, ask) &&
	       add_text(cert, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
	       add_text(cert, issuer, NID_key_usage, "critical,digitalSignature") &&
	       add_text(cert, issuer, NID_ext_key_usage, "serverAuth") &&
	       add_text(cert, issuer, NID_subject_key_identifier, "hash") &&
	       add_text(cert, issuer, NID_authority_key_identifier, "keyid:always");
}

static enum err issue(X509 *issuer, EVP_PKEY *issuer_key, const struct crypt_random *r,
		      const struct cert_ask *ask, struct cert_pem *ret)
{
	EVP_PKEY *key = NULL;
	X509 *cert = X509_new();
	enum err e = cert ? new_key(r, &key) : ERR_MEMORY;

	if (!e) {
		if (fill_server(cert, issuer, key, r, ask) &&
		    X509_sign(cert, issuer_key, EVP_sha256()))
			e = write_pem(key, cert, ret);
		else
			e = curve_failed(ERR_MEMORY);
	}
	X509_free(cert);
	EVP_PKEY_free(key);
	return e;
}

enum err cert_issue(const struct crypt_random *r, const struct cert_ask *ask, struct cert_pem *ret,
		    struct fault *f)
{
	X509 *issuer = NULL;
	EVP_PKEY *key = NULL;
	enum err e = check_names(ask, f);

	if (e)
		return e;
	issuer = read_cert(ask->authority_cert);
	key = read_key(ask->authority_key);
	if (!issuer || !key)
		e = ERR_SYNTAX;
	else if (X509_check_private_key(issuer, key) != 1 || X509_check_ca(issuer) < 1)
		e = curve_failed(ERR_CORRUPT);
	else
		e = issue(issuer, key, r, ask, ret);
	X509_free(issuer);
	EVP_PKEY_free(key);
	return e ? fault_set(f, e, "无法用这个证书机构签发证书",
			     "cannot issue a certificate from this authority")
		 : OK;
}

enum err cert_ends(struct str cert_pem, struct utc_s *ret)
{
	X509 *cert = read_cert(cert_pem);
	ASN1_TIME *epoch = ASN1_TIME_set(NULL, 0);
	int days = 0, seconds = 0;
	enum err e = ERR_SYNTAX;

	if (cert && epoch && ASN1_TIME_diff(&days, &seconds, epoch, X509_get0_notAfter(cert))) {
		ret->v = (int64_t)days * 86400 + seconds;
		e = OK;
	}
	X509_free(cert);
	ASN1_TIME_free(epoch);
	return e;
}
