/* Preloaded into a child (LD_PRELOAD): records each write, truncation and sync of the files in one folder, in the order
 * in which they happened, to SHIM_LOG. SHIM_FOLDER is the folder.
 *
 * A write is recorded after it was done, a sync before (B) and after (E) it was done, a write to the file "marks"
 * before it is done: so whatever the record shows to be before a mark was before it, and no sync seems to cover a
 * write that it may have missed.
 *
 * A record: kind (1 byte), file (1 byte), padding (2), length (4), offset (8), then `length` bytes of what was
 * written to the log file or the marks (nothing for other files: length 0). Native byte order. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static int out = -1;
static char folder[4096];

__attribute__((constructor)) static void start(void) {
    const char *log = getenv("SHIM_LOG"), *in = getenv("SHIM_FOLDER");
    if (!log || !in || !realpath(in, folder)) return;
    out = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* 'l' for the log (-wal), 'd' for the database, 'f' for the folder, 'm' for the marks, 'o' for any other file in the folder,
 * 0 for what doesn't matter. */
static char file_of(int fd) {
    char link[64], path[4096];
    if (out < 0 || fd == out) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    size_t f = strlen(folder);
    if (strncmp(path, folder, f) != 0) return 0;
    if (path[f] == 0) return 'f';
    if (strcmp(path + f, "/marks") == 0) return 'm';
    if (strcmp(path + f, "/crash.db") == 0) return 'd';
    if (strcmp(path + f, "/crash.db-wal") == 0) return 'l';
    return path[f] == '/' ? 'o' : 0;
}

static void put(const void *bytes, size_t length) {
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = syscall(SYS_write, out, at, length);
        if (n <= 0) abort();
        at += n;
        length -= (size_t)n;
    }
}

static void record(char kind, char file, int64_t offset, const void *bytes, size_t length) {
    struct { char kind, file, padding[2]; uint32_t length; int64_t offset; } head = {kind, file, {0, 0}, 0, offset};
    if (file == 'd' || file == 'o') length = 0;
    head.length = (uint32_t)length;
    pthread_mutex_lock(&lock);
    put(&head, sizeof head);
    put(bytes, length);
    pthread_mutex_unlock(&lock);
}

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *bytes, size_t length) {
    REAL(ssize_t, "write", int, const void *, size_t);
    char file = file_of(fd);
    off_t offset = file ? lseek(fd, 0, SEEK_CUR) : 0;
    if (file == 'm') record('M', file, offset, bytes, length);
    ssize_t n = real(fd, bytes, length);
    if (file && file != 'm' && n > 0) record('W', file, offset, bytes, (size_t)n);
    return n;
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    REAL(ssize_t, "writev", int, const struct iovec *, int);
    /* SQLite doesn't use it; if it ever does, the test must not go on as if nothing had been written. */
    if (file_of(fd)) abort();
    return real(fd, parts, count);
}

#define PWRITE(name) \
    ssize_t name(int fd, const void *bytes, size_t length, off_t offset) { \
        REAL(ssize_t, #name, int, const void *, size_t, off_t); \
        ssize_t n = real(fd, bytes, length, offset); \
        char file = file_of(fd); \
        if (file && n > 0) record('W', file, offset, bytes, (size_t)n); \
        return n; \
    }
PWRITE(pwrite)
PWRITE(pwrite64)

#define SYNC(name) \
    int name(int fd) { \
        REAL(int, #name, int); \
        char file = file_of(fd); \
        if (file) record('B', file, 0, 0, 0); \
        int result = real(fd); \
        if (file && result == 0) record('E', file, 0, 0, 0); \
        return result; \
    }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name) \
    int name(int fd, off_t length) { \
        REAL(int, #name, int, off_t); \
        int result = real(fd, length); \
        char file = file_of(fd); \
        if (file) record('T', file, length, 0, 0); \
        return result; \
    }
TRUNCATE(ftruncate)
TRUNCATE(ftruncate64)
