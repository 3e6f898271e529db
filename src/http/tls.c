/*
 * tls.c - the certificate that new connections are shown, which may be exchanged while the server
 * is at work.
 *
 * libmicrohttpd keeps what it was started with for ever, so it is given a function instead. GnuTLS
 * uses what the function returned until the handshake is over, and nobody says when that is: so a
 * pair is kept until the server closes. That is a few KB, once a year.
 */
#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <string.h>

#include "http/conn.h"

#include "base/ban.h"

enum { CHAIN_MAX = 8 };

struct http_shown {
	gnutls_pcert_st cert[CHAIN_MAX];
	unsigned n;
	gnutls_privkey_t key;
	struct http_shown *before;
};

static gnutls_datum_t datum_of(struct str s)
{
	return (gnutls_datum_t){ (unsigned char *)(uintptr_t)s.p, (unsigned)s.n };
}

/* One before the first handshake, others when they are renewed; readers look at the newest. */
static int show(gnutls_session_t session, const struct gnutls_cert_retr_st *info,
		gnutls_pcert_st **certs, unsigned *n, gnutls_ocsp_data_st **ocsp, unsigned *n_ocsp,
		gnutls_privkey_t *key, unsigned *flags)
{
	/* The connection is what libmicrohttpd hangs on the session, as for its keys told ahead. */
	struct MHD_Connection *mhd = gnutls_session_get_ptr(session);
	const struct http_conn *c =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT)->socket_context;
	struct http_shown *p;

	(void)info;
	if (!c)
		return -1; /* there was no memory for it */
	p = atomic_load(&c->h->shown);
	*certs = p->cert;
	*n = p->n;
	*key = p->key;
	*ocsp = NULL;
	*n_ocsp = 0;
	*flags = 0;
	return 0;
}

void *http_tls_show(void)
{
	gnutls_certificate_retrieve_function3 *f = show;
	void *ret;

	memcpy(&ret, &f, sizeof ret);
	return ret;
}

static void shown_free(struct http_shown *p)
{
	for (unsigned i = 0; i < p->n; i++)
		gnutls_pcert_deinit(&p->cert[i]);
	if (p->key)
		gnutls_privkey_deinit(p->key);
	mem_drop(p);
}

/* Do the two belong together? GnuTLS asks that of what it is given to keep. */
static bool belong(const gnutls_datum_t *cert, const gnutls_datum_t *key)
{
	gnutls_certificate_credentials_t kept;
	bool well;

	if (gnutls_certificate_allocate_credentials(&kept))
		return false;
	well = gnutls_certificate_set_x509_key_mem(kept, cert, key, GNUTLS_X509_FMT_PEM) >= 0;
	gnutls_certificate_free_credentials(kept);
	return well;
}

enum err http_certificate(struct http *h, struct str cert, struct str key, struct fault *f)
{
	gnutls_datum_t c = datum_of(cert), k = datum_of(key);
	struct http_shown *p = mem_take(1, sizeof *p);
	unsigned n = CHAIN_MAX;

	assert(h->o.tls_cert.n > 0);
	if (!p)
		return fault_set(f, ERR_MEMORY, "内存不足", "there is not enough memory");
	/* The key first: of a certificate that it cannot read GnuTLS leaks something. */
	if (gnutls_privkey_init(&p->key) ||
	    gnutls_privkey_import_x509_raw(p->key, &k, GNUTLS_X509_FMT_PEM, NULL, 0) ||
	    !belong(&c, &k) ||
	    gnutls_pcert_list_import_x509_raw(p->cert, &n, &c, GNUTLS_X509_FMT_PEM, 0)) {
		shown_free(p);
		return fault_set(f, ERR_SYNTAX,
				 "TLS 证书或私钥无法使用，或不是一对；请检查两个 PEM 文件",
				 "the TLS certificate or key cannot be used, or they do not belong "
				 "together; look at the two PEM files");
	}
	p->n = n;
	p->before = atomic_load(&h->shown);
	atomic_store(&h->shown, p);
	return OK;
}

void http_tls_end(struct http *h)
{
	struct http_shown *p = atomic_load(&h->shown);

	while (p) {
		struct http_shown *before = p->before;

		shown_free(p);
		p = before;
	}
}
