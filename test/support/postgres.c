/* postgres.c - see postgres.h. The cluster is copied from one that the build folder keeps. */
#include "postgres.h"

#include <dirent.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_BYTES = 256 };

static struct {
	pid_t owner, server;
	char bin[PATH_BYTES]; /* of its programs */
	char dir[PATH_BYTES]; /* its socket and its data */
	unsigned databases;
} cluster;

static void die(const char *what)
{
	fprintf(stderr, "postgres: %s\n", what);
	abort();
}

static void joined(char ret[PATH_BYTES], const char *a, const char *b)
{
	int n = snprintf(ret, PATH_BYTES, "%s/%s", a, b);

	if (n < 0 || n >= PATH_BYTES)
		die("a path is too long");
}

static void find_programs(void)
{
	const char *asked = getenv("OUTPOST_POSTGRES");
	const char *above = "/usr/lib/postgresql";
	struct dirent **found = NULL;
	int n;

	if (asked) {
		snprintf(cluster.bin, sizeof(cluster.bin), "%s", asked);
		return;
	}
	n = scandir(above, &found, NULL, versionsort);
	if (n <= 2)
		die("there is no PostgreSQL; `make deps` installs it");
	snprintf(cluster.bin, sizeof(cluster.bin), "%s/%.32s/bin", above, found[n - 1]->d_name);
	while (n > 0)
		free(found[--n]);
	free(found);
}

/* In a child: nobody who is root, and gone when the test is. */
static void become_postgres(void)
{
	struct passwd *who = geteuid() == 0 ? getpwnam("postgres") : NULL;

	if (who && (setgid(who->pw_gid) || setuid(who->pw_uid)))
		_exit(126);
	if (geteuid() == 0)
		_exit(125);
	prctl(PR_SET_PDEATHSIG, SIGQUIT);
}

static void must_run(bool as_postgres, const char *program, char *const argv[])
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int nothing = open("/dev/null", O_WRONLY);

		if (as_postgres)
			become_postgres();
		dup2(nothing, STDOUT_FILENO);
		execv(program, argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		die(program);
}

static void give_to_postgres(const char *dir)
{
	struct passwd *who = geteuid() == 0 ? getpwnam("postgres") : NULL;

	if (who && chown(dir, who->pw_uid, who->pw_gid))
		die("cannot give a folder away");
}

/* As who we are: the build folder may be closed to others. Owners are kept. */
static void copy_folder(const char *from, const char *to)
{
	must_run(false, "/bin/cp", (char *[]){ "cp", "-a", (char *)from, (char *)to, NULL });
}

/* initdb takes seconds, a copy of what it made does not. */
static void make_template(char ret[PATH_BYTES])
{
	const char *build = getenv("OUTPOST_BUILD");
	char program[PATH_BYTES], mine[PATH_BYTES], data[PATH_BYTES], own[32];
	struct stat st;

	joined(ret, build ? build : cluster.dir, "postgres.template");
	if (stat(ret, &st) == 0)
		return;
	joined(mine, cluster.dir, "making");
	if (mkdir(mine, 0755))
		die("cannot make a folder");
	give_to_postgres(mine);
	joined(data, mine, "data");
	joined(program, cluster.bin, "initdb");
	must_run(true, program,
		 (char *[]){ program, "-D", data, "-A", "trust", "-U", "postgres", "-E", "UTF8",
			     "--locale=C", "--no-sync", NULL });
	if (!build) {
		snprintf(ret, PATH_BYTES, "%s", mine);
		return;
	}
	/* Whole or not at all: others look for it meanwhile, or make it, too. */
	snprintf(own, sizeof(own), "postgres.%d", (int)getpid());
	joined(data, build, own);
	copy_folder(mine, data);
	if (rename(data, ret) != 0)
		must_run(false, "/bin/rm", (char *[]){ "rm", "-rf", data, NULL });
}

/* Wait for the line that says so. What it writes later is little, and is not read. */
static void wait_ready(int from)
{
	static const char ready[] = "ready to accept connections";
	char text[8192];
	size_t n = 0;

	for (;;) {
		ssize_t got = read(from, text + n, sizeof(text) - 1 - n);

		if (got <= 0) {
			text[n] = '\0';
			die(text);
		}
		n += (size_t)got;
		text[n] = '\0';
		if (strstr(text, ready))
			return;
	}
}

static void stop(void)
{
	if (cluster.owner != getpid() || cluster.server <= 0)
		return;
	kill(cluster.server, SIGQUIT);
	waitpid(cluster.server, NULL, 0);
	cluster.server = 0;
}

static void run_server(const char *data)
{
	char program[PATH_BYTES];
	int ends[2];

	joined(program, cluster.bin, "postgres");
	if (pipe2(ends, O_CLOEXEC))
		die("no pipe");
	cluster.owner = getpid();
	cluster.server = fork();
	if (cluster.server == 0) {
		become_postgres();
		dup2(ends[1], STDERR_FILENO);
		execl(program, program, "-D", data, "-k", cluster.dir, "-c",
		      "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off", "-c",
		      "shared_buffers=32MB", "-c", "max_connections=400", "-c",
		      "log_min_messages=log", "-c", "log_checkpoints=off", "-c",
		      "log_min_error_statement=panic", "-c", "autovacuum=off", (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	if (cluster.server < 0)
		die("no process");
	atexit(stop);
	wait_ready(ends[0]);
}

static void as(char ret[POSTGRES_URL_BYTES], const char *who, const char *database)
{
	snprintf(ret, POSTGRES_URL_BYTES, "postgresql://%s@/%s?host=%s", who, database,
		 cluster.dir);
}

static void must_do(const char *text)
{
	char url[POSTGRES_URL_BYTES];
	PGconn *h;
	PGresult *result;

	as(url, "postgres", "postgres");
	h = PQconnectdb(url);
	result = PQexec(h, text);
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		die(PQerrorMessage(h));
	PQclear(result);
	PQfinish(h);
}

static void start(void)
{
	const char *tmp = getenv("TMPDIR");
	char template[PATH_BYTES], data[PATH_BYTES], from[PATH_BYTES];

	find_programs();
	joined(cluster.dir, tmp ? tmp : "/tmp", "pg-XXXXXX");
	if (!mkdtemp(cluster.dir))
		die("cannot make a folder");
	/* The folder of a test is closed to others, and the server is somebody else. */
	if (geteuid() == 0 && tmp && chmod(tmp, 0711))
		die("cannot open the folder");
	give_to_postgres(cluster.dir);
	if (chmod(cluster.dir, 0755))
		die("cannot open the folder");
	make_template(template);
	joined(from, template, "data");
	joined(data, cluster.dir, "data");
	copy_folder(from, data);
	run_server(data);
	must_do("CREATE ROLE outpost LOGIN");
}

static void make_database(const char *like, char url[POSTGRES_URL_BYTES])
{
	char name[32], text[128];

	snprintf(name, sizeof(name), "d%u", ++cluster.databases);
	snprintf(text, sizeof(text), "CREATE DATABASE %s TEMPLATE %.32s OWNER outpost", name, like);
	must_do(text);
	as(url, "outpost", name);
}

void postgres_database(char url[POSTGRES_URL_BYTES])
{
	if (cluster.owner != getpid() || cluster.server <= 0)
		start();
	make_database("template0", url);
}

void postgres_copy(const char *of, char url[POSTGRES_URL_BYTES])
{
	const char *name = strstr(of, "@/") + 2;
	char like[32];

	snprintf(like, sizeof(like), "%.*s", (int)strcspn(name, "?"), name);
	make_database(like, url);
}

void postgres_as_superuser(const char *url, char ret[POSTGRES_URL_BYTES])
{
	snprintf(ret, POSTGRES_URL_BYTES, "postgresql://postgres%s", strchr(url, '@'));
}
