#include "serve/config.h"

#include <ini.h>
#include <string.h>

#include "base/ban.h"

#define AT(member) offsetof(struct config, member), sizeof(((struct config *)0)->member)

// clang-format off
const struct config_key config_keys[] = {
	{ "house", "name", CONFIG_TEXT, AT(name), "前哨 Outpost", 0, 0,
	  "单位的名称，显示在每一页上", "what this house is called, shown on every page" },
	{ "house", "zone", CONFIG_TEXT, AT(zone), "Asia/Shanghai", 0, 0,
	  "时区：决定一天从何时起", "the time zone: where a local day begins" },
	{ "house", "area", CONFIG_TEXT, AT(area), "0", 0, 0,
	  "本单位负责的区划代码，0 为全国", "code of the area this house serves; 0 is the nation" },
	{ "house", "demo", CONFIG_YES, AT(demo), "no", 0, 0,
	  "每一页都注明数据是合成的", "every page says that the data is synthetic" },

	{ "db", "url", CONFIG_TEXT, AT(url), "", 0, 0,
	  "postgresql://… ；空为本文件夹中的 SQLite", "postgresql://...; empty: SQLite in this folder" },
	{ "db", "readers", CONFIG_NUMBER, AT(readers), "4", 1, 256,
	  "同时读的连接数", "reading transactions at a time" },

	{ "http", "listen", CONFIG_TEXT, AT(listen), "127.0.0.1:8080", 0, 0,
	  "监听的地址与端口；本机以外必须有 TLS", "address and port; TLS is needed beyond loopback" },
	{ "http", "names", CONFIG_WORDS, AT(names), "", 0, 0,
	  "浏览器用来访问的主机名", "host names by which browsers reach this server" },
	{ "http", "behind_proxy", CONFIG_YES, AT(behind_proxy), "no", 0, 0,
	  "相信本机代理的 X-Forwarded-For", "believe X-Forwarded-For of a proxy on this machine" },
	{ "http", "threads", CONFIG_NUMBER, AT(threads), "2", 1, 64,
	  "接收连接的线程数", "threads that serve connections" },
	{ "http", "connections", CONFIG_NUMBER, AT(connections), "4096", 16, 100000,
	  "连接总数上限", "most connections at a time" },
	{ "http", "per_address", CONFIG_NUMBER, AT(per_address), "64", 0, 100000,
	  "每个地址的连接上限，0 为不限", "most connections from one address; 0: no limit" },
	{ "http", "header_kb", CONFIG_NUMBER, AT(header_kb), "16", 4, 256,
	  "请求头的大小上限", "most bytes of a request's headers" },
	{ "http", "body_mb", CONFIG_NUMBER, AT(body_mb), "64", 1, 1024,
	  "请求正文的大小上限", "most bytes of a request's body" },
	{ "http", "header_s", CONFIG_NUMBER, AT(header_s), "10", 1, 600,
	  "收完请求头的总时限", "total time for a request's headers" },
	{ "http", "body_s", CONFIG_NUMBER, AT(body_s), "120", 1, 3600,
	  "收完正文的总时限", "total time for a request's body" },
	{ "http", "reply_s", CONFIG_NUMBER, AT(reply_s), "120", 1, 3600,
	  "发完回复的总时限", "total time for sending a reply" },
	{ "http", "memory_mb", CONFIG_NUMBER, AT(memory_mb), "512", 16, 65536,
	  "所有请求合计的内存上限", "most memory of all requests together" },
	{ "http", "streams", CONFIG_NUMBER, AT(streams), "2000", 1, 100000,
	  "实时事件流的上限", "most live event streams" },

	{ "session", "idle_min", CONFIG_NUMBER, AT(idle_min), "15", 1, 1440,
	  "无操作多少分钟后须重新登录", "minutes without a request after which a session ends" },
	{ "session", "absolute_h", CONFIG_NUMBER, AT(absolute_h), "12", 1, 168,
	  "登录多少小时后必须重新登录", "hours after which a session ends whatever happens" },

	{ "ledger", "head_s", CONFIG_NUMBER, AT(head_s), "60", 1, 3600,
	  "每隔多少秒签一次账头", "seconds from one signed head to the next" },
	{ "ledger", "head_entries", CONFIG_NUMBER, AT(head_entries), "1000", 1, 1000000,
	  "每多少条记录签一次账头", "entries after which a head is signed at once" },
	{ "ledger", "copies", CONFIG_WORDS, AT(copies), "", 0, 0,
	  "另存账头的文件夹（最好在另一块盘或另一台机器上）",
	  "folders that get a copy of every head, best on another disk or machine" },

	{ "trace", "by", CONFIG_TEXT, AT(trace_by), "engine", 0, 0,
	  "engine 用本机的引擎追踪，sql 由 PostgreSQL 检索（到访分布在多台服务器时）",
	  "engine traces in this process; sql has PostgreSQL search, of several servers" },

	{ "vault", "uid", CONFIG_NUMBER, AT(vault_uid), "0", 0, 2147483647,
	  "以 root 启动时，保险库进程改用的用户号；0 为不改",
	  "the user that the vault's process becomes when started as root; 0: stay" },

	{ "evidence", "file_mb", CONFIG_NUMBER, AT(file_mb), "16", 1, 32,
	  "任务附件的大小上限", "most megabytes of a file that proves a task" },

	{ "keep", "ledger_days", CONFIG_NUMBER, AT(ledger_days), "400", 184, 36500,
	  "台账保存天数；法定不少于六个月", "days the ledger is kept; the law asks for six months" },

	{ "notice", "link", CONFIG_TEXT, AT(notice_link), "", 0, 0,
	  "通知里给出的本系统网址，如 https://outpost.example.gov.cn；空为不给",
	  "address of this console in messages, as https://outpost.example.gov.cn; empty: none" },
	{ "notice", "tries", CONFIG_NUMBER, AT(notice_tries), "6", 1, 20,
	  "一条消息发多少次仍不成就改告替补", "tries of a message before the fall-back is told" },
	{ "notice", "timeout_s", CONFIG_NUMBER, AT(notice_timeout_s), "20", 1, 300,
	  "发一次的总时限", "total time for one try" },
	{ "notice", "threads", CONFIG_NUMBER, AT(notice_threads), "2", 1, 8,
	  "每个渠道发送消息的线程数", "threads that send messages, of each channel" },
	{ "notice", "ca", CONFIG_TEXT, AT(notice_ca), "", 0, 0,
	  "信任的证书文件（PEM）；空为系统自带的",
	  "file of certificates to trust (PEM); empty: those of the system" },

	{ "mail", "url", CONFIG_TEXT, AT(mail_url), "", 0, 0,
	  "邮件服务器，如 smtps://mail.example.gov.cn:465；空为不发邮件",
	  "mail server, as smtps://mail.example.gov.cn:465; empty: no mail is sent" },
	{ "mail", "from", CONFIG_TEXT, AT(mail_from), "", 0, 0,
	  "发件地址", "address that mail comes from" },
	{ "mail", "tls", CONFIG_YES, AT(mail_tls), "yes", 0, 0,
	  "smtp:// 必须转为 TLS（STARTTLS）", "of smtp://: STARTTLS, or nothing is sent" },
	{ "mail", "credentials", CONFIG_TEXT, AT(mail_credentials), "", 0, 0,
	  "文件：第一行账号，第二行口令；只有本程序的用户可读；空为不登录",
	  "file with a line of user and a line of password, readable by this program's user "
	  "alone; empty: no log-in" },

	{ "webhook", "url", CONFIG_TEXT, AT(webhook_url), "", 0, 0,
	  "每条消息 POST 到的地址，如短信网关；空为不用",
	  "address that each message is posted to, an SMS gateway say; empty: none" },
	{ "webhook", "template", CONFIG_TEXT, AT(webhook_template), "", 0, 0,
	  "正文模板文件，其中 ${to} ${text} ${message} 等会被替换",
	  "file with the body's template, in which ${to} ${text} ${message} and more are "
	  "replaced" },
	{ "webhook", "type", CONFIG_TEXT, AT(webhook_type), "application/json", 0, 0,
	  "正文类型：JSON、表单、XML 或纯文本", "content type: JSON, a form, XML or plain text" },
	{ "webhook", "secret", CONFIG_TEXT, AT(webhook_secret), "", 0, 0,
	  "签名密钥文件：对方凭 Outpost-Signature 头核对正文；空为不签",
	  "file with the key of the header Outpost-Signature; empty: not signed" },
};
// clang-format on
const size_t config_n_keys = ARRAY_LEN(config_keys);

static bool text_of(const struct config_key *k, struct str value, void *at)
{
	char *to = at;

	if (value.n >= k->bytes || memchr(value.p, '\0', value.n) || !str_utf8(value))
		return false;
	memset(to, 0, k->bytes);
	memcpy(to, value.p, value.n);
	return true;
}

static bool words_of(struct str value, struct config_list *ret)
{
	struct config_list list = { 0 };
	size_t i = 0;

	while (i < value.n) {
		size_t start = i;

		while (i < value.n && value.p[i] != ' ' && value.p[i] != '\t')
			i++;
		if (i > start) {
			if (list.n == CONFIG_LIST_MAX || i - start >= sizeof list.v[0])
				return false;
			memcpy(list.v[list.n++], value.p + start, i - start);
		}
		i++;
	}
	*ret = list;
	return true;
}

static bool set_value(const struct config_key *k, struct str value, struct config *c)
{
	void *at = (char *)c + k->at;
	int64_t number;

	switch (k->type) {
	case CONFIG_TEXT: return text_of(k, value, at);
	case CONFIG_WORDS: return str_utf8(value) && words_of(value, at);
	case CONFIG_YES:
		if (!str_eq(value, STR("yes")) && !str_eq(value, STR("no")))
			return false;
		*(bool *)at = value.n == 3;
		return true;
	case CONFIG_NUMBER:
		if (str_i64(value, &number) || number < k->min || number > k->max)
			return false;
		*(int64_t *)at = number;
		return true;
	}
	return false;
}

void config_defaults(struct config *ret)
{
	memset(ret, 0, sizeof *ret);
	for (size_t i = 0; i < config_n_keys; i++) {
		bool fits = set_value(&config_keys[i], str_of(config_keys[i].preset), ret);

		assert(fits);
	}
}

struct reading {
	struct str left; /* of the file */
	int line;        /* the one read last */
	struct config *c;
	const char *path;
	struct fault *f;
	enum err e;
	bool told[64]; /* by key: it was there */
};

static enum err refuse_value(const struct reading *r, const struct config_key *k)
{
	int line = r->line;

	switch (k->type) {
	case CONFIG_NUMBER:
		return fault_set(r->f, ERR_RANGE, "%s 第 %d 行：%s 应为 %lld 到 %lld 的整数",
				 "%s line %d: %s is a whole number from %lld to %lld", r->path,
				 line, k->name, (long long)k->min, (long long)k->max);
	case CONFIG_YES:
		return fault_set(r->f, ERR_RANGE, "%s 第 %d 行：%s 只能是 yes 或 no",
				 "%s line %d: %s is yes or no", r->path, line, k->name);
	case CONFIG_TEXT:
	case CONFIG_WORDS: break;
	}
	return fault_set(r->f, ERR_RANGE, "%s 第 %d 行：%s 太长，或不是 UTF-8",
			 "%s line %d: %s is too long, or no UTF-8", r->path, line, k->name);
}

/* inih takes lines from here, as from fgets; NULL is the end. A line too long would be cut. */
static char *next_line(char *to, int room, void *arg)
{
	struct reading *r = arg;
	const char *end;
	size_t n;

	if (!r->left.n || r->e)
		return NULL;
	r->line++;
	end = memchr(r->left.p, '\n', r->left.n);
	n = end ? (size_t)(end - r->left.p) + 1 : r->left.n;
	if (n >= (size_t)room) {
		r->e = fault_set(r->f, ERR_SYNTAX, "%s 第 %d 行超过 %d 字节",
				 "%s line %d is longer than %d bytes", r->path, r->line, room - 1);
		return NULL;
	}
	memcpy(to, r->left.p, n);
	to[n] = '\0';
	r->left = (struct str){ r->left.p + n, r->left.n - n };
	return to;
}

/* inih calls this for every key; 0 says that it is wrong. */
static int take(void *arg, const char *section, const char *name, const char *value)
{
	struct reading *r = arg;
	int line = r->line;

	if (r->e)
		return 0;

	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];

		if (strcmp(k->section, section) != 0 || strcmp(k->name, name) != 0)
			continue;
		if (r->told[i])
			r->e = fault_set(r->f, ERR_SYNTAX, "%s 第 %d 行：%s 写了两次，删去一处",
					 "%s line %d: %s is told twice; remove one", r->path, line,
					 name);
		else if (!set_value(k, str_of(value), r->c))
			r->e = refuse_value(r, k);
		r->told[i] = true;
		return r->e == OK;
	}
	r->e = fault_set(r->f, ERR_USAGE, "%s 第 %d 行：没有 [%.40s] %.40s 这一项",
			 "%s line %d: there is no key [%.40s] %.40s", r->path, line, section, name);
	return 0;
}

enum err config_read(struct str text, const char *path, struct config *ret, struct fault *f)
{
	struct config c;
	struct fault first = { 0 };
	struct reading r = { .left = text, .c = &c, .path = path, .f = &first };
	int line;

	_Static_assert(ARRAY_LEN(config_keys) <= ARRAY_LEN(r.told), "a mark for each key");
	if (memchr(text.p ? text.p : "", '\0', text.n))
		return fault_set(f, ERR_SYNTAX, "%s 不是文本文件", "%s is no text file", path);
	config_defaults(&c);
	line = ini_parse_stream(next_line, &r, take, &r);
	/* inih goes on behind a line it cannot read, and then finds fault with the next one. */
	if (r.e && (line <= 0 || line == r.line)) {
		if (f && !f->code)
			*f = first;
		return r.e;
	}
	if (line)
		return fault_set(f, ERR_SYNTAX, "%s 第 %d 行读不懂：应为 [节] 或 键 = 值",
				 "%s line %d is neither [section] nor key = value", path, line);
	*ret = c;
	return OK;
}

enum err config_set(struct config *c, struct str key, struct str value, struct fault *f)
{
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];
		size_t n = strlen(k->section);

		if (key.n != n + 1 + strlen(k->name) || memcmp(key.p, k->section, n) != 0 ||
		    key.p[n] != '.' || memcmp(key.p + n + 1, k->name, key.n - n - 1) != 0)
			continue;
		if (set_value(k, value, c))
			return OK;
		return fault_set(f, ERR_RANGE, "%s 不能是这个值", "%s cannot have this value",
				 k->name);
	}
	return fault_set(f, ERR_USAGE, "没有 %.*s 这一项设置", "there is no setting %.*s",
			 (int)min_size(key.n, 80), key.p);
}

static void value_write(const struct config_key *k, const struct config *c, struct buf *out)
{
	const void *at = (const char *)c + k->at;
	const struct config_list *list = at;

	switch (k->type) {
	case CONFIG_TEXT: buf_lit(out, at); return;
	case CONFIG_NUMBER: buf_i64(out, *(const int64_t *)at); return;
	case CONFIG_YES: buf_lit(out, *(const bool *)at ? "yes" : "no"); return;
	case CONFIG_WORDS:
		for (size_t i = 0; i < list->n; i++) {
			if (i)
				buf_char(out, ' ');
			buf_lit(out, list->v[i]);
		}
		return;
	}
}

void config_write(const struct config *c, struct buf *out)
{
	const char *section = "";

	buf_lit(out, "; Outpost 的设置；删去一项，即为程序自带的值。\n"
		     "; Settings of Outpost; a key left out has the value of the program.\n");
	for (size_t i = 0; i < config_n_keys; i++) {
		const struct config_key *k = &config_keys[i];

		if (strcmp(section, k->section) != 0) {
			section = k->section;
			buf_fmt(out, "\n[%s]\n", section);
		}
		buf_fmt(out, "; %s\n; %s", k->zh, k->en);
		if (k->type == CONFIG_NUMBER)
			buf_fmt(out, " (%lld .. %lld)", (long long)k->min, (long long)k->max);
		buf_fmt(out, "\n%s = ", k->name);
		value_write(k, c, out);
		buf_char(out, '\n');
	}
}
