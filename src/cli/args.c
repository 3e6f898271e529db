/*
 * args.c - the table of options, the reader that follows it, and the help printed from it.
 */
#include "cli/args.h"

#include <string.h>

#include "profile/profile.h"

#include "base/ban.h"

enum takes { TAKES_NOTHING, TAKES_TEXT, TAKES_MANY, TAKES_SETS, TAKES_NUMBER };

struct option_row {
	const char *word, *value;
	enum takes takes;
	int64_t min, max;
	const char *zh, *en;
};

// clang-format off
static const struct option_row ROWS[CLI_OPTION_N] = {
	[CLI_VISITS] = { "--visits", "FILE", TAKES_MANY, 0, 0,
		"到访记录（CSV 或 xlsx）：person,place,from,to，可选 kind,seat,role；"
		"可给多次，- 为标准输入",
		"visits (CSV or xlsx): person,place,from,to and optional kind,seat,role; may be "
		"given several times; - is standard input" },
	[CLI_SEGMENTS] = { "--segments", "DIR", TAKES_TEXT, 0, 0,
		"用 outpost seal 封存的文件夹代替 --visits",
		"a folder made by outpost seal, instead of --visits" },
	[CLI_CASES] = { "--cases", "FILE", TAKES_TEXT, 0, 0,
		"病例：person，可选 case；from,to 给出窗口，或 onset、positive、isolated 由规则算出",
		"cases: person, optional case, and either from,to (a window) or onset, positive, "
		"isolated (the profile gives the window)" },
	[CLI_NAMED] = { "--named", "FILE", TAKES_TEXT, 0, 0,
		"点名的接触：a,b，可选 from,to,kind；kind 为 infected 表示 a 传染了 b",
		"named contacts: a,b and optional from,to,kind; kind infected: a infected b" },
	[CLI_PROFILE] = { "--profile", "ID|FILE", TAKES_TEXT, 0, 0,
		"疾病规则：编号（见 outpost profiles）、文件，或 文件#编号",
		"disease profile: an id (see outpost profiles), a file, or FILE#ID" },
	[CLI_GENERATIONS] = { "--generations", "N", TAKES_NUMBER, 1, INT64_MAX,
		"追到第几代，默认 1", "how many generations to follow; 1 unless given" },
	[CLI_OUT] = { "--out", "FILE", TAKES_TEXT, 0, 0,
		"结果写到文件；不给则写到标准输出", "write the result here, not to standard output" },
	[CLI_OUT_DIR] = { "--out", "DIR", TAKES_TEXT, 0, 0,
		"写到这个文件夹", "the folder to write to" },
	[CLI_FORMAT] = { "--format", "csv|json|xlsx", TAKES_TEXT, 0, 0,
		"结果的格式，默认 csv", "the shape of the result; csv unless given" },
	[CLI_TABLE_FORMAT] = { "--format", "csv|xlsx", TAKES_TEXT, 0, 0,
		"文件的格式，默认 csv", "the shape of the file; csv unless given" },
	[CLI_GRAPH_FORMAT] = { "--format", "json|graphml|dot|csv", TAKES_TEXT, 0, 0,
		"图的格式，默认 json", "the shape of the graph; json unless given" },
	[CLI_ENCOUNTERS] = { "--encounters", "FILE", TAKES_TEXT, 0, 0,
		"证据：每次算数的相遇一行（CSV）", "the proof: a row for each counted encounter (CSV)" },
	[CLI_REFUSED] = { "--refused", "FILE", TAKES_TEXT, 0, 0,
		"被拒绝的行：行号与原因（CSV）", "refused rows with row number and reason (CSV)" },
	[CLI_JSON] = { "--json", NULL, TAKES_NOTHING, 0, 0,
		"账目以一个 JSON 对象写在标准错误的最后一行",
		"the account as one JSON object on the last line of standard error" },
	[CLI_MIN_OVERLAP] = { "--min-overlap", "MIN", TAKES_NUMBER, 0, PROFILE_OVERRIDE_MIN_MAX,
		"最短重叠（分钟），取代规则里的；0 为至少一秒",
		"shortest overlap in minutes, instead of the profile's; 0: at least a second" },
	[CLI_LAG] = { "--lag", "MIN", TAKES_NUMBER, 0, PROFILE_OVERRIDE_MIN_MAX,
		"离开后场所仍有危险的分钟数，取代规则里的",
		"minutes a place stays dangerous after the case left, instead of the profile's" },
	[CLI_PRE_DAYS] = { "--pre-days", "N", TAKES_NUMBER, 0, PROFILE_OVERRIDE_DAYS_MAX,
		"窗口在发病或阳性前几天打开，取代规则里的",
		"days before onset or positive at which the window opens, instead of the "
		"profile's" },
	[CLI_TZ] = { "--tz", "ZONE", TAKES_TEXT, 0, 0,
		"时区，默认 Asia/Shanghai", "time zone; Asia/Shanghai unless given" },
	[CLI_SHEET] = { "--sheet", "NAME", TAKES_TEXT, 0, 0,
		"xlsx 的工作表，默认第一个", "sheet of an xlsx file; the first unless given" },
	[CLI_TOP] = { "--top", "N", TAKES_NUMBER, 1, INT64_MAX,
		"每类最多写几行", "write at most this many rows of each sort" },
	[CLI_ROWS] = { "--rows", "N", TAKES_NUMBER, 1000, 1000000000,
		"合成到访的行数（约），默认 1000000",
		"synthetic visits to make, about; 1000000 unless given" },
	[CLI_SEED] = { "--seed", "N", TAKES_NUMBER, 0, INT64_MAX,
		"随机数种子，默认 42", "seed of the synthetic data; 42 unless given" },
	[CLI_THREADS] = { "--threads", "N", TAKES_NUMBER, 1, 64,
		"最多用几个线程，默认 2", "threads to use at most; 2 unless given" },
	[CLI_DB] = { "--db", "URL", TAKES_TEXT, 0, 0,
		"postgresql://… ；不给则为文件夹中的 SQLite",
		"postgresql://...; SQLite in the folder unless given" },
	[CLI_SUITE] = { "--suite", "world|sm", TAKES_TEXT, 0, 0,
		"密码算法：world（SHA-256、Ed25519 等）或 sm（SM2、SM3、SM4），默认 world",
		"algorithms: world (SHA-256, Ed25519 ...) or sm (SM2, SM3, SM4); world unless "
		"given" },
	[CLI_SET] = { "--set", "SECTION.KEY=VALUE", TAKES_SETS, 0, 0,
		"outpost.ini 里的一项，可给多次", "a setting of outpost.ini; may be given several times" },
	[CLI_RENEW] = { "--renew", NULL, TAKES_NOTHING, 0, 0,
		"只给已有的文件夹换一张服务器证书",
		"only a new certificate of the server, for a house that is there" },
	[CLI_LISTEN] = { "--listen", "ADDRESS:PORT", TAKES_TEXT, 0, 0,
		"取代 outpost.ini 里的监听地址；端口 0 为任选空闲端口",
		"instead of the address in outpost.ini; port 0 picks a free one" },
	[CLI_TRACE] = { "--trace", "engine|sql", TAKES_TEXT, 0, 0,
		"取代 outpost.ini 里的追踪方式；sql 由 PostgreSQL 检索",
		"instead of how outpost.ini says that a trace goes; sql: PostgreSQL searches" },
	[CLI_MAP] = { "--map", "FILE", TAKES_TEXT, 0, 0,
		"列的对应：JSON，{\"列名\":\"字段\"}；会记住",
		"which column is which field: JSON, {\"column\":\"field\"}; it is remembered" },
	[CLI_AREA] = { "--area", "CODE", TAKES_TEXT, 0, 0,
		"导入：没有写区划的行属于这里；导出：只要这里的",
		"import: where rows lie that do not say it; export: only what lies in it" },
	[CLI_UNDER] = { "--under", "CODE", TAKES_TEXT, 0, 0,
		"只要这个区划及其上下级", "only this area, what lies in it and what it lies in" },
	[CLI_FROM] = { "--from", "DATE", TAKES_TEXT, 0, 0,
		"更名从哪天起", "the day on which new names begin" },
	[CLI_DRY_RUN] = { "--dry-run", NULL, TAKES_NOTHING, 0, 0,
		"只出账目，什么也不写", "give the account and write nothing" },
	[CLI_SOURCE] = { "--source", "TEXT", TAKES_TEXT, 0, 0,
		"边界由谁绘制，显示在地图一角", "who drew the outlines; shown in the corner of the map" },
	[CLI_REVIEW] = { "--review", "TEXT", TAKES_TEXT, 0, 0,
		"审图号或许可，显示在地图一角", "number of the map's review or its licence; shown there too" },
	[CLI_KEYS] = { "--keys", "DIR", TAKES_TEXT, 0, 0,
		"存放密钥的文件夹；不给则用备份里记下的那一个",
		"the folder with the keys; the one that the backup names unless given" },
	[CLI_AGAINST] = { "--against", "HEADS", TAKES_TEXT, 0, 0,
		"另存在别处的账头文件", "a file of heads that was kept elsewhere" },
	[CLI_FINGERPRINT] = { "--fingerprint", "HEX", TAKES_TEXT, 0, 0,
		"建立时抄下的公钥指纹", "the fingerprint written down when the house was founded" },
	[CLI_ALIVE] = { "--alive", NULL, TAKES_NOTHING, 0, 0,
		"服务应正在运行：最近的账头过旧即为缺尾",
		"the house should be running: an old last head means that the tail is missing" },
	[CLI_APPROVE] = { "--approve", "LOGIN,LOGIN", TAKES_TEXT, 0, 0,
		"两位不同职责的管理员批准台账退回；各自的口令与验证码各一行，由标准输入给出",
		"two administrators of different offices approve that the ledger goes back; "
		"standard input has the password and the code of each, a line each" },
	[CLI_ROLES] = { "--roles", "ROLE,...", TAKES_TEXT, 0, 0,
		"角色，用逗号隔开", "roles, parted by commas" },
	[CLI_NAME] = { "--name", "TEXT", TAKES_TEXT, 0, 0,
		"姓名；不给则同登录名", "the person's name; the login name unless given" },
	[CLI_MAN] = { "--man", NULL, TAKES_NOTHING, 0, 0,
		"显示手册页（roff）", "show the manual page (roff)" },
	[CLI_LANG] = { "--lang", "zh|en", TAKES_TEXT, 0, 0,
		"信息的语言；不给则看 LANG", "language of messages; by LANG unless given" },
	[CLI_HELP] = { "--help", NULL, TAKES_NOTHING, 0, 0,
		"显示这段说明", "show this text" },
};
// clang-format on

const char *cli_option_word(enum cli_option o)
{
	return ROWS[o].word;
}

struct cli_option_help cli_option_help(enum cli_option o)
{
	return (struct cli_option_help){ ROWS[o].word, ROWS[o].value, ROWS[o].zh, ROWS[o].en };
}

/* Of the verb's options the one called `word`; CLI_OPTION_N if it has none. */
static enum cli_option option_of(const struct cli_verb *v, struct str word)
{
	for (int o = 0; o < CLI_OPTION_N; o++)
		if ((v->options & CLI_BIT(o)) && str_eq(word, str_of(ROWS[o].word)))
			return (enum cli_option)o;
	return CLI_OPTION_N;
}

static enum err take_number(const struct option_row *r, const char *value, int64_t *ret,
			    struct fault *f)
{
	int64_t v;

	if (str_i64(str_of(value), &v) != OK || v < r->min || v > r->max)
		return fault_set(f, ERR_USAGE, "%s 要一个 %lld 到 %lld 的整数，给的是 %.60s",
				 "%s needs a whole number from %lld to %lld, not %.60s", r->word,
				 (long long)r->min, (long long)r->max, value);
	*ret = v;
	return OK;
}

static enum err take_one_more(const struct option_row *r, const char *value, const char **v,
			      size_t *n, size_t max, struct fault *f)
{
	if (*n == max)
		return fault_set(f, ERR_USAGE, "%s 最多给 %zu 次",
				 "%s may be given %zu times at most", r->word, max);
	v[(*n)++] = value;
	return OK;
}

static enum err take(enum cli_option o, const char *value, struct cli_args *a, struct fault *f)
{
	const struct option_row *r = &ROWS[o];

	if (r->takes == TAKES_MANY || r->takes == TAKES_SETS) {
		bool many = r->takes == TAKES_MANY;

		a->text[o] = value;
		return take_one_more(r, value, many ? a->visits : a->sets,
				     many ? &a->n_visits : &a->n_sets,
				     many ? CLI_VISITS_MAX : CLI_SETS_MAX, f);
	}
	if (a->text[o] && r->takes != TAKES_NOTHING)
		return fault_set(f, ERR_USAGE, "%s 只能给一次", "%s may be given only once",
				 r->word);
	a->text[o] = value;
	return r->takes == TAKES_NUMBER ? take_number(r, value, &a->number[o], f) : OK;
}

/* One option at words[*i], with its value; moves *i past them. */
static enum err read_option(const struct cli_verb *v, int n, char *const *words, int *i,
			    struct cli_args *a, struct fault *f)
{
	const char *word = words[(*i)++], *equals = strchr(word, '=');
	struct str name = { word, equals ? (size_t)(equals - word) : strlen(word) };
	enum cli_option o = option_of(v, name);

	if (o == CLI_OPTION_N)
		return fault_set(f, ERR_USAGE, "%s 没有 %.*s 这个选项", "%s has no option %.*s",
				 v->word, (int)min_size(name.n, 60), name.p);
	if (ROWS[o].takes == TAKES_NOTHING) {
		if (equals)
			return fault_set(f, ERR_USAGE, "%s 不带值", "%s takes no value",
					 ROWS[o].word);
		return take(o, "", a, f);
	}
	if (equals)
		return take(o, equals + 1, a, f);
	if (*i == n)
		return fault_set(f, ERR_USAGE, "%s 后面缺 %s", "%s needs a %s after it",
				 ROWS[o].word, ROWS[o].value);
	return take(o, words[(*i)++], a, f);
}

enum err cli_args_read(const struct cli_verb *v, int n, char *const *words, struct cli_args *ret,
		       struct fault *f)
{
	struct cli_args a = { 0 };
	bool options = true;
	enum err e;

	for (size_t o = 0; o < CLI_OPTION_N; o++)
		a.number[o] = CLI_UNSET;
	for (int i = 0; i < n;) {
		const char *word = words[i];

		if (options && strcmp(word, "--") == 0) {
			options = false;
			i++;
		} else if (options && strcmp(word, "-h") == 0) {
			a.text[CLI_HELP] = "";
			i++;
		} else if (options && word[0] == '-' && word[1]) {
			if ((e = read_option(v, n, words, &i, &a, f)))
				return e;
		} else if (!v->operand || a.n_operands == (v->operands_max ? v->operands_max : 1)) {
			return fault_set(f, ERR_USAGE, "%s 不认识 %.60s", "%s does not know %.60s",
					 v->word, word);
		} else {
			a.operand[a.n_operands++] = word;
			i++;
		}
	}
	*ret = a;
	return OK;
}

void cli_args_help(const struct cli_verb *v, enum cli_lang lang, struct buf *out)
{
	buf_fmt(out, "%s outpost %s%s%s%s%s%s\n\n%s\n",
		lang == CLI_ZH ? "用法：" : "Usage:", v->word, v->operand ? " " : "",
		v->operand ? v->operand : "", v->usage[0] ? " " : "", v->usage,
		lang == CLI_ZH ? " [选项]" : " [options]", lang == CLI_ZH ? v->zh : v->en);
	if (v->more_en)
		buf_fmt(out, "\n%s\n", lang == CLI_ZH ? v->more_zh : v->more_en);
	buf_lit(out, lang == CLI_ZH ? "\n选项：\n" : "\nOptions:\n");
	for (int o = 0; o < CLI_OPTION_N; o++) {
		const struct option_row *r = &ROWS[o];
		size_t width = strlen(r->word) + (r->value ? strlen(r->value) + 1 : 0);

		if (!(v->options & CLI_BIT(o)))
			continue;
		buf_fmt(out, "  %s%s%s%*s  %s\n", r->word, r->value ? " " : "",
			r->value ? r->value : "", width < 24 ? (int)(24 - width) : 0, "",
			lang == CLI_ZH ? r->zh : r->en);
	}
}
