/* SPDX-License-Identifier: MIT
 * Brings applications to the camera's own VAPIX where the camera could not have port 80 of
 * 127.0.0.12: put it into LD_PRELOAD and the port that the camera has there into
 * VIRTUAL_SERVICE_PORT. Every other connection is left alone. */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define SERVICE_ADDRESS 0x7f00000c /* 127.0.0.12 */
#define HTTP_PORT 80

typedef int (*Connect)(int, const struct sockaddr*, socklen_t);

static int isService(const struct sockaddr_in* address) {
    return address->sin_family == AF_INET && address->sin_port == htons(HTTP_PORT) &&
           address->sin_addr.s_addr == htonl(SERVICE_ADDRESS);
}

int connect(int fd, const struct sockaddr* address, socklen_t length) {
    static Connect next;
    const char* port = getenv("VIRTUAL_SERVICE_PORT");
    struct sockaddr_in service;

    if (!next)
        *(void**)&next = dlsym(RTLD_NEXT, "connect");
    if (!port || !address || length < sizeof service)
        return next(fd, address, length);
    memcpy(&service, address, sizeof service);
    if (!isService(&service))
        return next(fd, address, length);
    service.sin_port = htons((in_port_t)strtoul(port, NULL, 10));
    return next(fd, (const struct sockaddr*)&service, sizeof service);
}
