/* err.c - the words of failure, and the one fault of a job. */
#include "base/base.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/ban.h"

struct word {
	const char *word, *zh, *en;
	int exit, http;
};

enum { EXIT_THEIRS = 2, EXIT_OURS = 3 };

// clang-format off
static const struct word words[ERR_N] = {
	[OK] = { "ok", "成功", "done", 0, 200 },
	[ERR_USAGE] = { "usage", "命令的用法不对",
		"the command was called in a way it does not know", EXIT_THEIRS, 400 },
	[ERR_SYNTAX] = { "syntax", "内容不符合格式",
		"the content does not follow its format", EXIT_THEIRS, 400 },
	[ERR_ENCODING] = { "encoding", "既不是 UTF-8，也不是 GB18030",
		"the text is neither UTF-8 nor GB18030", EXIT_THEIRS, 400 },
	[ERR_RANGE] = { "range", "数值超出允许的范围",
		"a value is outside what is allowed", EXIT_THEIRS, 422 },
	[ERR_FULL] = { "full", "达到了上限", "a limit was reached", EXIT_THEIRS, 422 },
	[ERR_MEMORY] = { "memory", "内存不足", "there is not enough memory", EXIT_OURS, 503 },
	[ERR_IO] = { "io", "操作系统拒绝了文件操作",
		"the system refused a file operation", EXIT_THEIRS, 500 },
	[ERR_ABSENT] = { "absent", "所指的东西不存在",
		"the thing named does not exist", EXIT_THEIRS, 404 },
	[ERR_EXISTS] = { "exists", "所指的东西已经存在",
		"the thing named exists already", EXIT_THEIRS, 409 },
	[ERR_CORRUPT] = { "corrupt", "存储的文件已损坏",
		"a stored file is damaged", EXIT_THEIRS, 500 },
	[ERR_VERSION] = { "version", "由本程序不能读取的版本写成",
		"written by a version that this one cannot read", EXIT_THEIRS, 422 },
	[ERR_WARRANT] = { "warrant", "没有授权，或授权不含此问题",
		"there is no warrant, or none for this question", EXIT_THEIRS, 403 },
	[ERR_BUSY] = { "busy", "正被占用或系统繁忙，请稍后再试",
		"in use, or too much at once; please try again later", EXIT_THEIRS, 503 },
	[ERR_BUG] = { "bug", "程序自身有错误，请报告",
		"the program itself is wrong; please report it", EXIT_OURS, 500 },
	[ERR_LOGIN] = { "login", "请先登录", "please log in first", EXIT_THEIRS, 401 },
	[ERR_TOTP] = { "totp_needed", "请输入动态验证码",
		"please enter the code of your authenticator", EXIT_THEIRS, 401 },
	[ERR_PASSWORD] = { "password_due", "请先修改口令",
		"please change your password first", EXIT_THEIRS, 403 },
	[ERR_ROLE] = { "role", "您的角色不能这样做",
		"your role may not do this", EXIT_THEIRS, 403 },
	[ERR_FORBIDDEN] = { "forbidden", "此账号无权",
		"this account may not", EXIT_THEIRS, 404 },
	[ERR_ORIGIN] = { "origin", "请求来自别的网站，已拒绝",
		"the request comes from another site and was refused", EXIT_THEIRS, 403 },
	[ERR_METHOD] = { "method", "此地址不接受这种请求方法",
		"this address does not take that method", EXIT_THEIRS, 405 },
	[ERR_CONFLICT] = { "conflict", "内容已变或当前状态不允许，请刷新后再试",
		"it has changed, or its state does not allow this; load it again",
		EXIT_THEIRS, 409 },
	[ERR_TOO_LARGE] = { "too_large", "内容过大",
		"the content is larger than what is accepted", EXIT_THEIRS, 413 },
	[ERR_TYPE] = { "type", "不接受这种类型的内容",
		"content of this type is not taken here", EXIT_THEIRS, 415 },
	[ERR_RATE] = { "rate", "操作过于频繁，请稍后再试",
		"too often; please try again later", EXIT_THEIRS, 429 },
	[ERR_NO_ROOM] = { "no_room", "服务器磁盘已满，什么也没有写入；请腾出空间",
		"the server's disk is full and nothing was written: make room", EXIT_THEIRS, 507 },
};
// clang-format on

/* A number that is no word of ours can only come from our own mistake, and is named so. */
static const struct word *word_of(enum err e)
{
	unsigned i = (unsigned)e;

	return &words[i < ERR_N ? i : (unsigned)ERR_BUG];
}

const char *err_word(enum err e)
{
	return word_of(e)->word;
}

const char *err_zh(enum err e)
{
	return word_of(e)->zh;
}

const char *err_en(enum err e)
{
	return word_of(e)->en;
}

int err_exit(enum err e)
{
	return word_of(e)->exit;
}

int err_http(enum err e)
{
	return word_of(e)->http;
}

/*
 * A fault carries names of files and pieces of input to a terminal and into JSON. Whatever was
 * in them, what leaves here is valid UTF-8 without control bytes, cut between characters.
 */
static void tidy(char *text, size_t room)
{
	size_t n = strlen(text);
	size_t cut = n;

	if (n == room - 1) { /* it may have been cut inside a character */
		while (cut > 0 && ((unsigned char)text[cut - 1] & 0xC0) == 0x80)
			cut--;
		if (cut > 0 && (unsigned char)text[cut - 1] >= 0xC0 &&
		    !str_utf8((struct str){ text + cut - 1, n - cut + 1 }))
			text[n = cut - 1] = '\0';
	}
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] < 0x20 || text[i] == 0x7F)
			text[i] = '?';
	if (str_utf8((struct str){ text, n }))
		return;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)text[i] >= 0x80) {
			size_t k = 1;

			while (k <= 4 && i + k <= n && !str_utf8((struct str){ text + i, k }))
				k++;
			if (k <= 4 && i + k <= n)
				i += k - 1;
			else
				text[i] = '?';
		}
}

enum err fault_set(struct fault *f, enum err code, const char *zh, const char *en, ...)
{
	va_list args;

	assert(code > OK && code < ERR_N);
	if (!f || f->code != OK)
		return code;
	f->code = code;
	va_start(args, en);
	vsnprintf(f->zh, sizeof f->zh, zh, args);
	va_end(args);
	va_start(args, en);
	vsnprintf(f->en, sizeof f->en, en, args);
	va_end(args);
	tidy(f->zh, sizeof f->zh);
	tidy(f->en, sizeof f->en);
	return code;
}

void fault_at(struct fault *f, const char *field, const char *where)
{
	if (!f)
		return;
	if (field && !f->field[0]) {
		snprintf(f->field, sizeof f->field, "%s", field);
		tidy(f->field, sizeof f->field);
	}
	if (where && !f->where[0]) {
		snprintf(f->where, sizeof f->where, "%s", where);
		tidy(f->where, sizeof f->where);
	}
}
