/* SPDX-License-Identifier: MIT */
/* An app that the tests of the virtual camera install: it answers what it sees, and misbehaves on
 * request. Arguments: --ignore-sigterm, --exit STATUS. */

#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#define THREADS 16
#define CHUNK 4096
#define CARD "/var/spool/storage/SD_DISK/areas/test_app"

static int listener;
static pthread_mutex_t acceptLock = PTHREAD_MUTEX_INITIALIZER;
static pthread_mutex_t gateLock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gateChanged = PTHREAD_COND_INITIALIZER;
static int gateOpen;
static int waiting;

static const char* param(FCGX_Request* request, const char* name) {
    const char* value = FCGX_GetParam(name, request->envp);
    return value ? value : "";
}

static long query(FCGX_Request* request, const char* name, long fallback) {
    const char* found = strstr(param(request, "QUERY_STRING"), name);
    return found && found[strlen(name)] == '=' ? atol(found + strlen(name) + 1) : fallback;
}

/* Which of our endpoints was asked for: what follows the last slash of the script's name. */
static const char* endpoint(FCGX_Request* request) {
    const char* slash = strrchr(param(request, "SCRIPT_NAME"), '/');
    return slash ? slash + 1 : "";
}

/* Everything that an app can see: a line NAME=value each, then the request's body. */
static void answerWithSurroundings(FCGX_Request* request) {
    char folder[CHUNK];
    char piece[CHUNK];
    int size;

    FCGX_FPrintF(request->out, "Status: 200 OK\r\nContent-Type: text/plain\r\nX-App: yes\r\n\r\n");
    FCGX_FPrintF(request->out, "uid=%d\npid=%d\n", (int)getuid(), (int)getpid());
    FCGX_FPrintF(request->out, "cwd=%s\n", getcwd(folder, sizeof(folder)) ? folder : "?");
    for (char** entry = request->envp; *entry; entry++)
        FCGX_FPrintF(request->out, "param.%s\n", *entry);
    for (char** entry = environ; *entry; entry++)
        FCGX_FPrintF(request->out, "env.%s\n", *entry);
    FCGX_FPrintF(request->out, "\n");
    while ((size = FCGX_GetStr(piece, sizeof(piece), request->in)) > 0)
        FCGX_PutStr(piece, size, request->out);
}

/* Whether the app may read and write the path that the body names. */
static void answerWithAccess(FCGX_Request* request) {
    char path[CHUNK];
    int size = FCGX_GetStr(path, sizeof(path) - 1, request->in);

    path[size > 0 ? size : 0] = '\0';
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\n");
    FCGX_FPrintF(request->out, "read=%s\n", access(path, R_OK) == 0 ? "yes" : strerror(errno));
    FCGX_FPrintF(request->out, "write=%s\n", access(path, W_OK) == 0 ? "yes" : strerror(errno));
}

/* `chunks` pieces of 4,096 bytes, each sent at once. */
static void answerWithStream(FCGX_Request* request) {
    char piece[CHUNK];
    long chunks = query(request, "chunks", 10);

    memset(piece, 'x', sizeof(piece));
    FCGX_FPrintF(request->out, "Content-Type: application/octet-stream\r\n\r\n");
    for (long i = 0; i < chunks; i++) {
        FCGX_PutStr(piece, sizeof(piece), request->out);
        FCGX_FFlush(request->out);
    }
}

/* A long poll: answers when open.cgi is asked for. */
static void answerWhenOpened(FCGX_Request* request) {
    pthread_mutex_lock(&gateLock);
    waiting++;
    while (!gateOpen)
        pthread_cond_wait(&gateChanged, &gateLock);
    waiting--;
    pthread_mutex_unlock(&gateLock);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nopened\n");
}

static void answerWithGate(FCGX_Request* request, int open) {
    int found;

    pthread_mutex_lock(&gateLock);
    found = waiting;
    gateOpen = gateOpen || open;
    pthread_cond_broadcast(&gateChanged);
    pthread_mutex_unlock(&gateLock);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nwaiting=%d\n", found);
}

static void answerWithLog(FCGX_Request* request) {
    long lines = query(request, "lines", 1);

    for (long i = 0; i < lines; i++)
        syslog(LOG_WARNING, "line %ld of %ld", i + 1, lines);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nlogged\n");
}

/* Puts the body into the file `stored` and says how that went, then what the file holds: in
 * localdata, or with ?card=1 on the SD card. */
static void answerWithStore(FCGX_Request* request) {
    char text[CHUNK];
    const char* path = query(request, "card", 0) ? CARD "/stored" : "localdata/stored";
    int size = FCGX_GetStr(text, sizeof(text) - 1, request->in);
    int file = open(path, O_RDWR | O_CREAT, 0600);
    int stored = file >= 0 && (size == 0 || write(file, text, (size_t)size) == size);

    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\n%s\n",
                 stored ? "stored" : strerror(errno));
    if (file >= 0)
        close(file);
    file = open(path, O_RDONLY);
    ssize_t found = file >= 0 ? read(file, text, sizeof(text)) : 0;
    FCGX_PutStr(text, found > 0 ? (int)found : 0, request->out);
    if (file >= 0)
        close(file);
}

/* Connects to ?port=N of this machine, or without it uses that connection again: sends the body and
 * answers what comes back within a moment, or what went wrong. */
static void answerWithDial(FCGX_Request* request) {
    static int line = -1;
    const struct timeval moment = {.tv_usec = 300000};
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    long port = query(request, "port", 0);
    char text[CHUNK];
    int size = FCGX_GetStr(text, sizeof(text), request->in);
    ssize_t found = -1;

    address.sin_port = htons((in_port_t)port);
    if (port) {
        if (line >= 0)
            close(line);
        line = socket(AF_INET, SOCK_STREAM, 0);
        setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &moment, sizeof(moment));
        setsockopt(line, SOL_SOCKET, SO_SNDTIMEO, &moment, sizeof(moment));
    }
    if ((!port || connect(line, (struct sockaddr*)&address, sizeof(address)) == 0) &&
        send(line, text, (size_t)size, MSG_NOSIGNAL) == size)
        found = recv(line, text, sizeof(text), 0);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\n");
    if (found < 0)
        FCGX_FPrintF(request->out, "%s", strerror(errno));
    else
        FCGX_PutStr(text, (int)found, request->out);
}

/* What the clocks say, in seconds: a line "wall monotonic". */
static void answerWithClocks(FCGX_Request* request) {
    struct timespec wall;
    struct timespec monotonic;

    clock_gettime(CLOCK_REALTIME, &wall);
    clock_gettime(CLOCK_MONOTONIC, &monotonic);
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\n%lld.%09ld %lld.%09ld\n",
                 (long long)wall.tv_sec, wall.tv_nsec, (long long)monotonic.tv_sec,
                 monotonic.tv_nsec);
}

/* Leaves a process behind that has left the app's session. */
static void answerWithFork(FCGX_Request* request) {
    pid_t child = fork();

    if (child == 0) {
        setsid();
        signal(SIGTERM, SIG_IGN);
        for (;;)
            pause();
    }
    FCGX_FPrintF(request->out, "Content-Type: text/plain\r\n\r\nchild=%d\n", (int)child);
}

static void answer(FCGX_Request* request) {
    const char* name = endpoint(request);

    if (strcmp(name, "crash.cgi") == 0)
        abort();
    if (strcmp(name, "exit.cgi") == 0)
        _exit((int)query(request, "status", 0));
    if (strcmp(name, "access.cgi") == 0)
        answerWithAccess(request);
    else if (strcmp(name, "stream.cgi") == 0)
        answerWithStream(request);
    else if (strcmp(name, "wait.cgi") == 0)
        answerWhenOpened(request);
    else if (strcmp(name, "open.cgi") == 0)
        answerWithGate(request, 1);
    else if (strcmp(name, "waiting.cgi") == 0)
        answerWithGate(request, 0);
    else if (strcmp(name, "log.cgi") == 0)
        answerWithLog(request);
    else if (strcmp(name, "fork.cgi") == 0)
        answerWithFork(request);
    else if (strcmp(name, "store.cgi") == 0)
        answerWithStore(request);
    else if (strcmp(name, "dial.cgi") == 0)
        answerWithDial(request);
    else if (strcmp(name, "clocks.cgi") == 0)
        answerWithClocks(request);
    else if (strcmp(name, "missing.cgi") == 0)
        FCGX_FPrintF(request->out, "Status: 404 Not Here\r\nContent-Type: text/plain\r\n\r\nno\n");
    else if (strcmp(name, "broken.cgi") == 0)
        FCGX_FPrintF(request->out, "this is no header\r\n\r\n");
    else if (strcmp(name, "silent.cgi") != 0)
        answerWithSurroundings(request);
}

static void* serve(void* unused) {
    FCGX_Request request;

    (void)unused;
    FCGX_InitRequest(&request, listener, 0);
    for (;;) {
        int result;

        pthread_mutex_lock(&acceptLock);
        result = FCGX_Accept_r(&request);
        pthread_mutex_unlock(&acceptLock);
        if (result < 0)
            return NULL;
        answer(&request);
        FCGX_Finish_r(&request);
    }
}

/* A web server of the app's own on a unix socket in its private /tmp, for the reverse proxy: it
 * answers with the first line of the request. */
static void* serveSocket(void* unused) {
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/tmp/proxy.sock"};
    int server = socket(AF_UNIX, SOCK_STREAM, 0);

    (void)unused;
    if (bind(server, (struct sockaddr*)&address, sizeof(address)) < 0 || listen(server, 5) < 0)
        return NULL;
    for (;;) {
        int client = accept(server, NULL, NULL);
        char request[CHUNK];
        ssize_t size = read(client, request, sizeof(request) - 1);

        request[size > 0 ? size : 0] = '\0';
        request[strcspn(request, "\r\n")] = '\0';
        dprintf(client, "HTTP/1.0 200 OK\r\nContent-Length: %zu\r\n\r\n%s", strlen(request),
                request);
        close(client);
    }
}

/* One more line in localdata/starts for each start. */
static void countStart(void) {
    FILE* starts = fopen("localdata/starts", "a");

    if (!starts) {
        syslog(LOG_ERR, "localdata cannot be written: %s", strerror(errno));
        return;
    }
    fputs("started\n", starts);
    fclose(starts);
}

int main(int argc, char** argv) {
    const char* path = getenv("FCGI_SOCKET_NAME");
    pthread_t threads[THREADS];
    int ignoresTerm = 0;

    for (int i = 1; i < argc; i++) {
        ignoresTerm = ignoresTerm || strcmp(argv[i], "--ignore-sigterm") == 0;
        if (strcmp(argv[i], "--exit") == 0 && i + 1 < argc)
            return atoi(argv[i + 1]);
    }
    printf("hello from stdout\n");
    fflush(stdout);
    fprintf(stderr, "hello from stderr\n");
    syslog(LOG_INFO, "hello from syslog");
    countStart();
    if (FCGX_Init() != 0 || !path || (listener = FCGX_OpenSocket(path, 5)) < 0)
        return 1;
    chmod(path, 0777);
    signal(SIGTERM, ignoresTerm ? SIG_IGN : SIG_DFL); /* FCGX_Init took it for itself */
    pthread_create(&threads[0], NULL, serveSocket, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, serve, NULL);
    pthread_join(threads[0], NULL);
    return 1;
}
