/* SPDX-License-Identifier: MIT
 * Lets applications for another processor start programs for that processor: what they execute is
 * given to the emulator. Put it into LD_PRELOAD, and into VIRTUAL_EXEC_MACHINE the number that such
 * programs have in their header, into VIRTUAL_EXEC_EMULATOR and VIRTUAL_EXEC_SYSROOT where the
 * emulator and its libraries lie. Programs of this machine are executed as they are. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_ARGUMENTS 4096
#define HEADER 20
#define FIRST_OWN 5 /* emulator, -L, sysroot, -0, the program's own name; then its path */

typedef int (*Execve)(const char*, char* const[], char* const[]);
typedef int (*Spawn)(pid_t*, const char*, const posix_spawn_file_actions_t*,
                     const posix_spawnattr_t*, char* const[], char* const[]);

static int needsEmulator(const char* path) {
    const char* machine = getenv("VIRTUAL_EXEC_MACHINE");
    unsigned char header[HEADER];

    if (!machine || !getenv("VIRTUAL_EXEC_EMULATOR") || !getenv("VIRTUAL_EXEC_SYSROOT"))
        return 0;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? 0 : read(file, header, sizeof header);
    if (file >= 0)
        close(file);
    return size == HEADER && memcmp(header, "\177ELF", 4) == 0 &&
           (header[18] | header[19] << 8) == atoi(machine);
}

static size_t countArguments(char* const* arguments) {
    size_t count = 0;

    while (arguments && arguments[count])
        count++;
    return count;
}

/* The arguments for the emulator, in a block to free; NULL when it is not needed. target has room
 * for PATH_MAX bytes and is used. */
static char** forEmulator(const char* path, char* const* arguments, char* target) {
    size_t count = countArguments(arguments);

    snprintf(target, PATH_MAX, "%s", path);
    if (strcmp(path, "/proc/self/exe") == 0) {
        ssize_t length = readlink(path, target, PATH_MAX - 1);
        target[length > 0 ? length : 0] = '\0';
    }
    if (!needsEmulator(target))
        return NULL;
    char** own = calloc(count + FIRST_OWN + 2, sizeof *own);
    if (!own)
        return NULL;
    own[0] = getenv("VIRTUAL_EXEC_EMULATOR");
    own[1] = "-L";
    own[2] = getenv("VIRTUAL_EXEC_SYSROOT");
    own[3] = "-0";
    own[4] = count > 0 ? arguments[0] : target;
    own[FIRST_OWN] = target;
    for (size_t i = 1; i < count; i++)
        own[FIRST_OWN + i] = arguments[i];
    return own;
}

static void* next(const char* name) {
    return dlsym(RTLD_NEXT, name);
}

int execve(const char* path, char* const argv[], char* const envp[]) {
    Execve run;
    char target[PATH_MAX];
    char** own = forEmulator(path, argv, target);

    *(void**)&run = next("execve");
    run(own ? own[0] : path, own ? own : argv, envp);
    int reason = errno;
    free(own);
    errno = reason;
    return -1;
}

int execv(const char* path, char* const argv[]) {
    return execve(path, argv, environ);
}

/* The file that a name without a slash stands for, in found (PATH_MAX bytes) or as it is. */
static const char* searchPath(const char* file, char* found) {
    const char* folders = getenv("PATH");

    if (strchr(file, '/') || !*file)
        return file;
    for (const char* at = folders ? folders : "/bin:/usr/bin"; *at;) {
        size_t length = strcspn(at, ":");
        snprintf(found, PATH_MAX, "%.*s/%s", (int)length, at, file);
        if (length > 0 && access(found, X_OK) == 0)
            return found;
        at += length + (at[length] == ':');
    }
    return file;
}

int execvpe(const char* file, char* const argv[], char* const envp[]) {
    char found[PATH_MAX];
    const char* path = searchPath(file, found);

    if (needsEmulator(path))
        return execve(path, argv, envp);
    int (*run)(const char*, char* const[], char* const[]);
    *(void**)&run = next("execvpe"); /* it also runs files without #! */
    return run(file, argv, envp);
}

int execvp(const char* file, char* const argv[]) {
    return execvpe(file, argv, environ);
}

static void collect(char** arguments, const char* first, va_list more) {
    size_t count = 0;

    arguments[count++] = (char*)first;
    while (arguments[count - 1] && count < MAX_ARGUMENTS)
        arguments[count++] = va_arg(more, char*);
    arguments[count - 1] = NULL;
}

int execl(const char* path, const char* arg, ...) {
    char* arguments[MAX_ARGUMENTS];
    va_list more;

    va_start(more, arg);
    collect(arguments, arg, more);
    va_end(more);
    return execve(path, arguments, environ);
}

int execlp(const char* file, const char* arg, ...) {
    char* arguments[MAX_ARGUMENTS];
    va_list more;

    va_start(more, arg);
    collect(arguments, arg, more);
    va_end(more);
    return execvpe(file, arguments, environ);
}

int execle(const char* path, const char* arg, ...) {
    char* arguments[MAX_ARGUMENTS];
    va_list more;

    va_start(more, arg);
    collect(arguments, arg, more);
    char* const* environment = va_arg(more, char* const*);
    va_end(more);
    return execve(path, arguments, environment);
}

static int spawn(const char* name, pid_t* pid, const char* path,
                 const posix_spawn_file_actions_t* actions, const posix_spawnattr_t* attributes,
                 char* const argv[], char* const envp[]) {
    Spawn run;
    char found[PATH_MAX], target[PATH_MAX];
    const char* program = strcmp(name, "posix_spawnp") == 0 ? searchPath(path, found) : path;
    char** own = forEmulator(program, argv, target);

    *(void**)&run = next(name);
    int result = run(pid, own ? own[0] : path, actions, attributes, own ? own : argv, envp);
    free(own);
    return result;
}

int posix_spawn(pid_t* pid, const char* path, const posix_spawn_file_actions_t* actions,
                const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]) {
    return spawn("posix_spawn", pid, path, actions, attributes, argv, envp);
}

int posix_spawnp(pid_t* pid, const char* file, const posix_spawn_file_actions_t* actions,
                 const posix_spawnattr_t* attributes, char* const argv[], char* const envp[]) {
    return spawn("posix_spawnp", pid, file, actions, attributes, argv, envp);
}
