/* `python`, where a fork server waits (forked/server.py): hand it all that this process inherited, and end as the
 * program ends. Where the server refuses, or none answers, become the plain interpreter, which comes next on PATH. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define OWN_FOLDER "/opt/p2c/warm"
#define ADDRESS "\0p2c-python"
#define LIMITS 16
#define SIGNALS 64

extern char **environ;

struct header { /* as HEADER in forked/becoming.py */
    uint32_t bytes, words, variables, mask, nice, unused;
    uint64_t ignored, blocked, limits[2 * LIMITS];
};

static sigset_t inherited;

/* What a shell calls `_`: the interpreter that comes next on PATH, not us. */
static void set_last_word(const char *name) {
    char *last = getenv("_"), *path = getenv("PATH"), place[4096];
    if (!last || !path || strncmp(last, OWN_FOLDER "/", strlen(OWN_FOLDER "/")))
        return;
    for (size_t size; *path; path += size + (path[size] == ':')) {
        size = strcspn(path, ":");
        snprintf(place, sizeof place, "%.*s/%s", (int)size, path, name);
        if (size && !access(place, X_OK)) {
            setenv("_", place, 1);
            return;
        }
    }
}

/* Take our own folder out of the variables: for the plain interpreter, and for the program. */
static void clean_variables(const char *name) {
    char *path = getenv("PATH");
    char *own = path ? strstr(path, OWN_FOLDER ":") : NULL;
    if (own)
        memmove(own, own + strlen(OWN_FOLDER ":"), strlen(own + strlen(OWN_FOLDER ":")) + 1);
    set_last_word(name);
}

static void plain(char **argv) {
    sigprocmask(SIG_SETMASK, &inherited, NULL);
    execvp(argv[0], argv);
    fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
    _exit(errno == ENOENT ? 127 : 126);
}

static char *add(char *to, char **strings) {
    for (; *strings; strings++)
        to = stpcpy(to, *strings) + 1;
    return to;
}

static size_t length(char **strings, uint32_t *count) {
    size_t bytes = 0;
    for (*count = 0; strings[*count]; ++*count)
        bytes += strlen(strings[*count]) + 1;
    return bytes;
}

static uint64_t ignored(void) {
    uint64_t found = 0;
    for (int number = 1; number <= SIGNALS; number++) {
        struct sigaction action;
        if (!sigaction(number, NULL, &action) && action.sa_handler == SIG_IGN)
            found |= UINT64_C(1) << (number - 1);
    }
    return found;
}

static uint64_t blocked(void) {
    uint64_t found = 0;
    for (int number = 1; number <= SIGNALS; number++)
        if (sigismember(&inherited, number) == 1)
            found |= UINT64_C(1) << (number - 1);
    return found;
}

/* Whether the three standard descriptors are open and no other is: more than those cannot be handed on. */
static int has_three(void) {
    DIR *folder = opendir("/proc/self/fd");
    if (!folder)
        return 0;
    int found = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != dirfd(folder))
            found |= fd < 3 ? 1 << fd : 8;
    }
    closedir(folder);
    return found == 7;
}

static int send_all(int fd, const char *data, size_t size) {
    while (size) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            return 0;
        data += sent;
        size -= sent;
    }
    return 1;
}

static int ask(int fd, char **argv) {
    struct header header = {0};
    size_t bytes = length(argv, &header.words);
    bytes += length(environ, &header.variables);
    header.bytes = bytes;
    header.mask = umask(022);
    umask(header.mask);
    int nice = getpriority(PRIO_PROCESS, 0);
    header.nice = nice > 0 ? nice : 0;
    header.ignored = ignored();
    header.blocked = blocked();
    for (int number = 0; number < LIMITS; number++) {
        struct rlimit limit = {0, 0};
        getrlimit(number, &limit);
        header.limits[2 * number] = limit.rlim_cur;
        header.limits[2 * number + 1] = limit.rlim_max;
    }
    char *text = malloc(bytes);
    int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (!text || folder < 0)
        return 0;
    add(add(text, argv), environ);
    int fds[4] = {0, 1, 2, folder};
    union { char bytes[CMSG_SPACE(sizeof fds)]; struct cmsghdr align; } control = {{0}};
    struct iovec part = {&header, sizeof header};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(sizeof fds);
    memcpy(CMSG_DATA(rights), fds, sizeof fds);
    int done = sendmsg(fd, &message, MSG_NOSIGNAL) == sizeof header && send_all(fd, text, bytes);
    close(folder);
    free(text);
    char answer = 'N';
    return done && read(fd, &answer, 1) == 1 && answer == 'Y';
}

static void end_by(int number) {
    sigset_t only;
    signal(number, SIG_DFL);
    sigemptyset(&only);
    sigaddset(&only, number);
    kill(getpid(), number);
    sigprocmask(SIG_UNBLOCK, &only, NULL);
    _exit(128 + number);
}

/* Pass signals on until the end is told. */
static void follow(int fd, const sigset_t *all) {
    int signals = signalfd(-1, all, SFD_CLOEXEC);
    struct pollfd waiting[2] = {{fd, POLLIN, 0}, {signals, POLLIN, 0}};
    for (;;) {
        if (poll(waiting, 2, -1) < 0)
            continue;
        if (waiting[1].revents & POLLIN) {
            struct signalfd_siginfo info;
            if (read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD) {
                unsigned char number = info.ssi_signo;
                send(fd, &number, 1, MSG_NOSIGNAL);
            }
        }
        if (waiting[0].revents) {
            unsigned char end[5];
            if (recv(fd, end, sizeof end, MSG_WAITALL) != sizeof end)
                end_by(SIGKILL); /* the server is gone, and the program with it */
            int status = end[1] | end[2] << 8;
            if (WIFSIGNALED(status))
                end_by(WTERMSIG(status));
            _exit(WEXITSTATUS(status));
        }
    }
}

int main(int argc, char **argv) {
    sigset_t all;
    if (argc < 1)
        return 127;
    char *slash = strrchr(argv[0], '/');
    if (slash)
        argv[0] = slash + 1;
    clean_variables(argv[0]);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &inherited);
    if (!has_three())
        plain(argv);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, ADDRESS, sizeof ADDRESS - 1);
    socklen_t size = offsetof(struct sockaddr_un, sun_path) + sizeof ADDRESS - 1;
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, size) < 0 || !ask(fd, argv)) {
        if (fd >= 0)
            close(fd);
        plain(argv);
    }
    for (int number = 0; number < 3; number++)
        close(number);
    follow(fd, &all);
}
