/*
 * config.h - outpost.ini: every key once, with its default, its bounds and what it is for.
 *
 * The file is read whole and believed whole or not at all: an unknown section, an unknown key, a
 * key told twice, a value out of bounds are each a fault with the line and what to do, because a
 * limit with a spelling mistake is a limit that is not there.
 *
 * Life:     config_defaults or config_read -> a plain value; text lives in the struct.
 * Units:    as the key's name says (_s seconds, _min minutes, _h hours, _kb, _mb).
 * Errors:   ERR_SYNTAX, ERR_RANGE, ERR_USAGE with file, line and key.
 */
#ifndef SERVE_CONFIG_H
#define SERVE_CONFIG_H
#include "base/base.h"
#include "base/text.h"

enum { CONFIG_TEXT_BYTES = 512, CONFIG_LIST_MAX = 8 };

struct config_list { /* words of one value, parted by blanks */
	size_t n;
	char v[CONFIG_LIST_MAX][CONFIG_TEXT_BYTES / 2];
};

struct config {
	/* [house] */
	char name[CONFIG_TEXT_BYTES];
	char zone[64];
	char area[16]; /* the area this house serves; "0" the nation */
	bool demo;     /* every page says that the data is synthetic */
	/* [db] */
	char url[CONFIG_TEXT_BYTES]; /* "": SQLite in the house's own folder */
	int64_t readers;
	/* [http] */
	char listen[128];
	struct config_list names;
	bool behind_proxy;
	int64_t threads, connections, per_address, header_kb, body_mb, header_s, body_s, reply_s;
	int64_t memory_mb, streams;
	/* [session] */
	int64_t idle_min, absolute_h;
	/* [ledger] */
	int64_t head_s, head_entries;
	struct config_list copies; /* folders that get a copy of every head */
	/* [trace] */
	char trace_by[16]; /* "engine" or "sql" */
	/* [vault] */
	int64_t vault_uid;
	/* [evidence] */
	int64_t file_mb;
	/* [keep] */
	int64_t ledger_days;
	/* [notice] */
	char notice_link[CONFIG_TEXT_BYTES];
	int64_t notice_tries, notice_threads;
	char notice_ca[CONFIG_TEXT_BYTES];
	/* [mail] */
	char mail_url[CONFIG_TEXT_BYTES]; /* "": no mail is sent */
	char mail_from[CONFIG_TEXT_BYTES];
	bool mail_tls;
	char mail_credentials[CONFIG_TEXT_BYTES];
	/* [webhook] */
	char webhook_url[CONFIG_TEXT_BYTES]; /* "": none is called */
	char webhook_template[CONFIG_TEXT_BYTES];
	char webhook_type[128];
	char webhook_secret[CONFIG_TEXT_BYTES];
	int64_t notice_timeout_s;
};

enum config_type { CONFIG_TEXT, CONFIG_NUMBER, CONFIG_YES, CONFIG_WORDS };

/* One row a key; help, validation, man page and the sample file come from this table. */
struct config_key {
	const char *section, *name;
	enum config_type type;
	size_t at, bytes; /* offset in struct config; room for text */
	const char *preset;
	int64_t min, max;
	const char *zh, *en; /* one sentence */
};
extern const struct config_key config_keys[];
extern const size_t config_n_keys;

void config_defaults(struct config *ret);
/* Read the text of a file; `path` is for the sentence of a fault. */
MUST_CHECK enum err config_read(struct str text, const char *path, struct config *ret,
				struct fault *f);
/* A whole outpost.ini: every key as it is in `c`, explained in both languages. */
void config_write(const struct config *c, struct buf *out);
/* Set one key as the file would, for --set; "section.name". ERR_USAGE, ERR_RANGE. */
MUST_CHECK enum err config_set(struct config *c, struct str key, struct str value, struct fault *f);
#endif
