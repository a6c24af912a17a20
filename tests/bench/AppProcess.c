/* SPDX-License-Identifier: MIT */
#include "AppProcess.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "Harness.h"

enum { LOOK_US = 100 * 1000, IDLE_LOOKS = 3, MOST_LOOKS = 200 };

static void runProgram(const char* program, const char* folder) {
    g_autofree char* socket = g_build_filename(folder, "fcgi", NULL);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    g_setenv("FCGI_SOCKET_NAME", socket, TRUE);
    if (chdir(folder) == 0)
        execl(program, program, NULL);
    _exit(127);
}

AppProcess* startAppProcess(const char* program, const char* config) {
    AppProcess* app = g_new0(AppProcess, 1);

    app->folder = newWorkFolder();
    g_autofree char* data = g_build_filename(app->folder, "localdata", NULL);
    g_autofree char* path = g_build_filename(data, "config.json", NULL);
    if (g_mkdir(data, 0700) != 0 || !g_file_set_contents(path, config, -1, NULL))
        fail("cannot write %s", path);
    app->pid = fork();
    if (app->pid == 0)
        runProgram(program, app->folder);
    if (app->pid < 0)
        fail("cannot start %s", program);
    return app;
}

void stopAppProcess(AppProcess* app) {
    g_autofree char* data = g_build_filename(app->folder, "localdata", NULL);
    int status = 0;

    kill(app->pid, SIGTERM);
    waitpid(app->pid, &status, 0);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("the app ended with status %d", status);
    removeWorkFolder(g_steal_pointer(&data));
    removeWorkFolder(app->folder);
    g_free(app);
}

static char* readProc(const AppProcess* app, const char* name) {
    g_autofree char* path = g_strdup_printf("/proc/%d/%s", app->pid, name);
    char* text = NULL;

    if (!g_file_get_contents(path, &text, NULL, NULL) || !text[0])
        fail("the app has ended");
    return text;
}

static guint readStatus(const AppProcess* app, const char* field) {
    g_autofree char* text = readProc(app, "status");
    const char* line = strstr(text, field);
    guint value = 0;

    if (!line || sscanf(line + strlen(field), "%u", &value) != 1)
        fail("/proc/%d/status has no %s", app->pid, field);
    return value;
}

guint residentKib(const AppProcess* app) {
    return readStatus(app, "\nVmRSS:");
}

guint countThreads(const AppProcess* app) {
    return readStatus(app, "\nThreads:");
}

gint64 processorUs(const AppProcess* app) {
    g_autofree char* text = readProc(app, "stat");
    unsigned long user = 0, system = 0;
    const char* name = strrchr(text, ')'); /* the fields after the program's name are numbers */

    if (!name || sscanf(name + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                        &system) != 2)
        fail("/proc/%d/stat cannot be read", app->pid);
    return (gint64)(user + system) * 1000000 / sysconf(_SC_CLK_TCK);
}

void waitUntilIdle(const AppProcess* app) {
    gint64 before = -1;
    guint idle = 0;

    for (guint i = 0; i < MOST_LOOKS && idle < IDLE_LOOKS; i++) {
        gint64 used = processorUs(app);
        idle = used == before ? idle + 1 : 0;
        before = used;
        g_usleep(LOOK_US);
    }
    if (idle < IDLE_LOOKS)
        fail("the app does not come to rest");
}
