/* SPDX-License-Identifier: MIT
 * Sends syslog messages to the virtual camera instead of the machine's log, for applications that
 * run without a /dev/log of their own: put it into LD_PRELOAD and the path of the camera's datagram
 * socket into VIRTUAL_SYSLOG_SOCKET. Messages have the format of syslog(3): <PRI>TIME IDENT[PID]:
 * TEXT. */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define MAX_MESSAGE 8192
#define MONTHS "JanFebMarAprMayJunJulAugSepOctNovDec" /* whatever the locale */

void __syslog_chk(int priority, int flag, const char* format, ...);
void __vsyslog_chk(int priority, int flag, const char* format, va_list arguments);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char* ident; /* the application's text, as openlog(3) keeps it; guarded by lock */
static int options;       /* guarded by lock */
static int facility = LOG_USER;
static int mask = 0xff;
static int logSocket = -1;

static void connectSocket(void) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const char* path = getenv("VIRTUAL_SYSLOG_SOCKET");

    if (logSocket >= 0 || !path || strlen(path) >= sizeof address.sun_path)
        return;
    strcpy(address.sun_path, path);
    logSocket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (logSocket >= 0 && connect(logSocket, (struct sockaddr*)&address, sizeof address) < 0) {
        close(logSocket);
        logSocket = -1;
    }
}

static void sendLine(const char* line, size_t length) {
    connectSocket();
    if (logSocket >= 0 && send(logSocket, line, length, MSG_NOSIGNAL) >= 0)
        return;
    /* The camera may have made its socket anew. */
    if (logSocket >= 0)
        close(logSocket);
    logSocket = -1;
    connectSocket();
    if (logSocket >= 0)
        send(logSocket, line, length, MSG_NOSIGNAL);
}

static size_t writeHeader(char* line, size_t size, int priority) {
    struct tm now;
    char stamp[32];
    time_t seconds = time(NULL);
    int level = priority & LOG_FACMASK ? priority : priority | facility;
    const char* name = ident ? ident : program_invocation_short_name;

    localtime_r(&seconds, &now);
    snprintf(stamp, sizeof stamp, "%.3s %2d %02d:%02d:%02d", &MONTHS[3 * now.tm_mon], now.tm_mday,
             now.tm_hour, now.tm_min, now.tm_sec);
    int length = options & LOG_PID
                     ? snprintf(line, size, "<%d>%s %s[%d]: ", level, stamp, name, (int)getpid())
                     : snprintf(line, size, "<%d>%s %s: ", level, stamp, name);
    return length < 0 ? 0 : (size_t)length < size ? (size_t)length : size - 1;
}

void vsyslog(int priority, const char* format, va_list arguments) {
    int savedError = errno; /* for %m, and kept as the C library keeps it */
    char line[MAX_MESSAGE];

    pthread_mutex_lock(&lock);
    if (mask & LOG_MASK(LOG_PRI(priority))) {
        size_t start = writeHeader(line, sizeof line, priority);
        errno = savedError;
        int added = vsnprintf(line + start, sizeof line - start, format, arguments);
        size_t length = start + (added > 0 ? (size_t)added : 0);
        if (length >= sizeof line)
            length = sizeof line - 1;
        sendLine(line, length);
        if (options & LOG_PERROR)
            fprintf(stderr, "%.*s\n", (int)(length - start), line + start);
    }
    pthread_mutex_unlock(&lock);
    errno = savedError;
}

void syslog(int priority, const char* format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsyslog(priority, format, arguments);
    va_end(arguments);
}

void __vsyslog_chk(int priority, int flag, const char* format, va_list arguments) {
    (void)flag;
    vsyslog(priority, format, arguments);
}

void __syslog_chk(int priority, int flag, const char* format, ...) {
    va_list arguments;

    (void)flag;
    va_start(arguments, format);
    vsyslog(priority, format, arguments);
    va_end(arguments);
}

void openlog(const char* name, int option, int category) {
    pthread_mutex_lock(&lock);
    ident = name;
    options = option;
    if (category & LOG_FACMASK)
        facility = category;
    pthread_mutex_unlock(&lock);
}

void closelog(void) {
    pthread_mutex_lock(&lock);
    if (logSocket >= 0)
        close(logSocket);
    logSocket = -1;
    ident = NULL;
    pthread_mutex_unlock(&lock);
}

int setlogmask(int newMask) {
    pthread_mutex_lock(&lock);
    int before = mask;
    if (newMask)
        mask = newMask;
    pthread_mutex_unlock(&lock);
    return before;
}
