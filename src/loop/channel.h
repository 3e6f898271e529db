/*
 * channel.h - the ways out of the house: mail by SMTP, and a webhook, behind which may stand an
 * SMS gateway. Off unless the settings name a server; nothing but that server is connected to.
 *
 * Threads of their own take messages (notice_inside.h), send them by libcurl outside of any
 * transaction, and write down how it went. What is under way when the process ends is tried again:
 * a message has one id in all its tries, as Message-ID or as the header Outpost-Message.
 *
 * Life:     channels_open (files are read, nothing is connected) -> channels_begin ->
 *           channels_wake each second -> channels_close, which lets no try finish.
 * Units:    milliseconds for timeouts.
 * Memory:   a thread has an arena; an answer is thrown away as it comes.
 * Threads:  begin, wake and close belong to one thread.
 * Errors:   channels_open: ERR_USAGE a setting that does not hold, with the key; what file.h says.
 *           A server that fails is no error here: the message is tried again.
 * Source:   docs/adr/0028-notices.md; RFC 5321, 5322, 2047, 3834
 */
#ifndef LOOP_CHANNEL_H
#define LOOP_CHANNEL_H
#include "base/base.h"
#include "base/dice.h"
#include "base/text.h"
#include "crypt/crypt.h"

struct notices;

struct channel_options {
	/* "" switches a channel off */
	const char *mail_url;         /* smtps://HOST:PORT, or smtp:// */
	const char *mail_from;        /* a bare address */
	bool mail_tls;                /* of smtp://: STARTTLS or nothing */
	const char *mail_credentials; /* path: a line of user, a line of password; "": none */
	const char *webhook_url;      /* https://..., or http:// to this machine */
	const char *webhook_template; /* path */
	const char *webhook_type;     /* content type */
	const char *webhook_secret;   /* path: the key of the signature; "": none */
	const char *ca;               /* path: certificates to trust; "": the system's */
	int64_t timeout_ms;           /* of one try, all in all */
	unsigned threads;             /* of each channel that is on */
	enum crypt_suite suite;       /* of the signature */
	struct clock wall;
	/* A line of JSON for the log: channel, message, try, how it went; no names. May be NULL. */
	void (*log)(void *arg, struct str line);
	void *log_arg;
};

struct channels;
MUST_CHECK enum err channels_open(const struct channel_options *o, struct channels **ret,
				  struct fault *f);
bool channels_mail(const struct channels *c); /* are they on? */
bool channels_webhook(const struct channels *c);
bool channels_phone(const struct channels *c); /* the template wants a telephone number */
MUST_CHECK enum err channels_begin(struct channels *c, struct notices *n, struct fault *f);
void channels_wake(struct channels *c);
void channels_close(struct channels **c); /* for CLEANUP() */
/* Tries that were taken by the other side, and that were not. */
int64_t channels_told(void *channels);
int64_t channels_failed(void *channels);
#endif
