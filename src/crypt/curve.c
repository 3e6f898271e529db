/* curve.c - numbers become keys. */
#include "crypt/curve.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "base/ban.h"

enum { SECRET_BYTES = 32, POINT_BYTES = 65, POINT_UNCOMPRESSED = 4 };

const struct curve curve_sm2 = { "SM2",
				 { 0xFF, 0xFF, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
				   0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x72, 0x03, 0xDF, 0x6B, 0x21, 0xC6,
				   0x05, 0x2B, 0x53, 0xBB, 0xF4, 0x09, 0x39, 0xD5, 0x41, 0x21 } };
const struct curve curve_p256 = { "P-256", { 0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00,
					     0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
					     0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84,
					     0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x4F } };

enum err curve_failed(enum err other)
{
	unsigned long why = ERR_peek_last_error();

	ERR_clear_error();
	return ERR_GET_REASON(why) == ERR_R_MALLOC_FAILURE ? ERR_MEMORY : other;
}

bool curve_fits(const struct curve *c, const uint8_t *secret)
{
	static const uint8_t ZERO[SECRET_BYTES];

	return memcmp(secret, ZERO, sizeof ZERO) != 0 &&
	       memcmp(secret, c->n_less, sizeof c->n_less) <= 0;
}

/* An EVP_PKEY of a point and, if there is one, its secret. */
static enum err assemble(const struct curve *c, const uint8_t *point, const BIGNUM *secret,
			 EVP_PKEY **ret)
{
	OSSL_PARAM_BLD *list = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	EVP_PKEY_CTX *pc =
		EVP_PKEY_CTX_new_from_name(NULL, strcmp(c->name, "SM2") ? "EC" : "SM2", NULL);
	EVP_PKEY *key = NULL;
	bool went = list && pc &&
		    OSSL_PARAM_BLD_push_utf8_string(list, OSSL_PKEY_PARAM_GROUP_NAME, c->name, 0) &&
		    OSSL_PARAM_BLD_push_octet_string(list, OSSL_PKEY_PARAM_PUB_KEY, point,
						     POINT_BYTES) &&
		    (!secret || OSSL_PARAM_BLD_push_BN(list, OSSL_PKEY_PARAM_PRIV_KEY, secret)) &&
		    (params = OSSL_PARAM_BLD_to_param(list)) && EVP_PKEY_fromdata_init(pc) > 0 &&
		    EVP_PKEY_fromdata(pc, &key, secret ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY,
				      params) > 0;

	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(list);
	EVP_PKEY_CTX_free(pc);
	if (!went) {
		EVP_PKEY_free(key);
		return curve_failed(ERR_CORRUPT);
	}
	*ret = key;
	return OK;
}

enum err curve_public(const struct curve *c, const uint8_t *public, EVP_PKEY **ret)
{
	uint8_t point[POINT_BYTES] = { POINT_UNCOMPRESSED };

	memcpy(point + 1, public, POINT_BYTES - 1);
	return assemble(c, point, NULL, ret);
}

enum err curve_key(const struct curve *c, const uint8_t *secret, EVP_PKEY **ret,
		   uint8_t *ret_public)
{
	uint8_t point[POINT_BYTES];
	EC_GROUP *group = EC_GROUP_new_by_curve_name(
		OBJ_sn2nid(strcmp(c->name, "SM2") ? "prime256v1" : "SM2"));
	EC_POINT *at = group ? EC_POINT_new(group) : NULL;
	BIGNUM *d = BN_secure_new();
	enum err e = ERR_MEMORY;

	assert(curve_fits(c, secret));
	if (at && d && BN_bin2bn(secret, SECRET_BYTES, d) &&
	    EC_POINT_mul(group, at, d, NULL, NULL, NULL) &&
	    EC_POINT_point2oct(group, at, POINT_CONVERSION_UNCOMPRESSED, point, sizeof point,
			       NULL) == sizeof point) {
		BN_set_flags(d, BN_FLG_CONSTTIME);
		e = assemble(c, point, d, ret);
	} else {
		e = curve_failed(ERR_MEMORY);
	}
	if (!e)
		memcpy(ret_public, point + 1, POINT_BYTES - 1);
	BN_clear_free(d);
	EC_POINT_free(at);
	EC_GROUP_free(group);
	return e;
}
