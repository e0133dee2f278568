/*
 * Stands between a process and its C library: sees what SQLite and Python do to the files below one folder.
 *
 * What lives here: each call that changes such a file, its size, its name or makes it durable is carried out and
 * written down in its order, under one lock; and any of them can be made to fail. What does not live here: what
 * that means for a disk that loses power; that is told in model.py.
 *
 * The library is loaded into the running process (by Python's ctypes) and `disk_join` then puts the addresses of
 * the functions below into the import tables of SQLite and of the interpreter, as the dynamic linker does
 * for a preloaded library. So no process must be started anew, and the code above is the real one, unchanged.
 *
 * SQLite's "-shm" is shared memory, never synced and made anew from the "-wal": nothing is written down of it.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* --- what is written down; the same numbers stand in operations.py --- */

enum kind {
    CREATED = 1, WRITTEN, RESIZED, SYNCED, SYNC_FAILED, RENAMED, UNLINKED, LINKED,
    FOLDER_MADE, FOLDER_REMOVED, FOLDER_SYNCED, MARKED, NOT_SEEN,
};

enum calls { WRITES = 1, SYNCS = 2, NAMES = 4, READS = 8 };
enum manner { REFUSED = 0, SHORT = 1 };

struct note {
    uint32_t kind;
    uint32_t name_bytes;
    uint64_t file;
    int64_t offset;
    uint64_t data_bytes;
};

#define MOST_FILES 65536

struct known {
    uint64_t file; /* its inode; 0: not below the folder */
    char *folder;  /* its path, when it is a folder */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static volatile int is_watching;
static char root[PATH_MAX];
static size_t root_bytes;
static struct known files[MOST_FILES];
static unsigned char *notes, *taken;
static size_t notes_used, notes_room;

static struct {
    int calls;
    long number;
    int error;
    int manner;
    int lasts;
    long counted;
    long fired;
} fault;
static long long free_bytes = -1;

static void append(const void *bytes, size_t count) {
    if (notes_used + count > notes_room) {
        size_t room = (notes_used + count) * 2 + 65536;
        unsigned char *larger = realloc(notes, room);
        if (!larger) abort();
        notes = larger;
        notes_room = room;
    }
    memcpy(notes + notes_used, bytes, count);
    notes_used += count;
}

static void note(enum kind kind, uint64_t file, int64_t offset, const void *data, size_t count,
                 const char *name, const char *to) {
    size_t name_bytes = name ? strlen(name) + 1 : 0, to_bytes = to ? strlen(to) + 1 : 0;
    struct note head = {kind, (uint32_t)(name_bytes + to_bytes), file, offset, count};
    append(&head, sizeof head);
    if (name) append(name, name_bytes);
    if (to) append(to, to_bytes);
    if (count) append(data, count);
}

/* Whether this call fails now; what is counted are the calls of the kinds that were asked for. */
static int fails(enum calls call) {
    if (!(fault.calls & call)) return 0;
    fault.counted++;
    if (fault.counted != fault.number && !(fault.lasts && fault.counted > fault.number)) return 0;
    fault.fired++;
    return 1;
}

static int is_short_now(void) { return fault.manner == SHORT && fault.counted == fault.number; }

/* --- which files --- */

static int ends_with_shm(const char *path) {
    size_t length = strlen(path);
    return length >= 4 && !strcmp(path + length - 4, "-shm");
}

/* The absolute path of a name in a folder (AT_FDCWD: the current one); 0 when it is not below ours. */
static int is_ours(int folder, const char *path, char *absolute) {
    if (!is_watching || !path) return 0;
    if (path[0] == '/') {
        snprintf(absolute, PATH_MAX, "%s", path);
    } else {
        char base[PATH_MAX], link[64];
        if (folder == AT_FDCWD) {
            if (!getcwd(base, sizeof base)) return 0;
        } else {
            snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
            ssize_t length = readlink(link, base, sizeof base - 1);
            if (length < 0) return 0;
            base[length] = 0;
        }
        if (snprintf(absolute, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return 0;
    }
    size_t length = strlen(absolute);
    while (length > 1 && absolute[length - 1] == '/') absolute[--length] = 0;
    if (strncmp(absolute, root, root_bytes)) return 0;
    if (absolute[root_bytes] != 0 && absolute[root_bytes] != '/') return 0;
    return !ends_with_shm(absolute);
}

static struct known *known(int descriptor) {
    if (!is_watching || descriptor < 0 || descriptor >= MOST_FILES || !files[descriptor].file) return NULL;
    return &files[descriptor];
}

static void forget(int descriptor) {
    if (descriptor < 0 || descriptor >= MOST_FILES) return;
    free(files[descriptor].folder);
    files[descriptor] = (struct known){0, NULL};
}

static void remember(int descriptor, const char *absolute) {
    struct stat stat;
    if (descriptor < 0 || descriptor >= MOST_FILES || fstat(descriptor, &stat)) return;
    forget(descriptor);
    files[descriptor].file = stat.st_ino;
    if (S_ISDIR(stat.st_mode)) files[descriptor].folder = strdup(absolute);
}

static uint64_t inode_of(const char *path) {
    struct stat stat;
    return lstat(path, &stat) ? 0 : (uint64_t)stat.st_ino;
}

/* --- opening and closing --- */

static int opened(int folder, const char *path, int flags, mode_t mode) {
    char absolute[PATH_MAX];
    if (!is_ours(folder, path, absolute)) {
        int other = openat(folder, path, flags, mode);
        if (other >= 0 && is_watching) {
            pthread_mutex_lock(&lock);
            forget(other);
            pthread_mutex_unlock(&lock);
        }
        return other;
    }
    pthread_mutex_lock(&lock);
    int is_new = (flags & O_CREAT) && !inode_of(absolute);
    int descriptor, error;
    if (is_new && fails(NAMES)) {
        descriptor = -1;
        errno = fault.error;
    } else {
        descriptor = openat(folder, path, flags, mode);
    }
    error = errno;
    if (descriptor >= 0) {
        remember(descriptor, absolute);
        if (is_new) note(CREATED, files[descriptor].file, 0, NULL, 0, absolute, NULL);
        else if (flags & O_TRUNC) note(RESIZED, files[descriptor].file, 0, NULL, 0, NULL, NULL);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return descriptor;
}

static mode_t mode_of(int flags, va_list rest) {
    return flags & (O_CREAT | O_TMPFILE) ? (mode_t)va_arg(rest, int) : 0;
}

static int our_open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(AT_FDCWD, path, flags, mode);
}

static int our_openat(int folder, const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = mode_of(flags, rest);
    va_end(rest);
    return opened(folder, path, flags, mode);
}

static int our_open_2(const char *path, int flags) { return opened(AT_FDCWD, path, flags, 0); }

static int our_close(int descriptor) {
    if (!is_watching) return close(descriptor);
    pthread_mutex_lock(&lock);
    forget(descriptor);
    int answer = close(descriptor);
    pthread_mutex_unlock(&lock);
    return answer;
}

/* --- writing --- */

static ssize_t wrote(int descriptor, const void *data, size_t count, off_t offset, int is_placed) {
    pthread_mutex_lock(&lock);
    struct known *file = known(descriptor);
    if (file && !is_placed) {
        offset = fcntl(descriptor, F_GETFL) & O_APPEND ? lseek(descriptor, 0, SEEK_END)
                                                       : lseek(descriptor, 0, SEEK_CUR);
    }
    ssize_t answer;
    int error;
    if (file && fails(WRITES)) {
        if (!is_short_now() || count < 2) {
            pthread_mutex_unlock(&lock);
            errno = fault.error;
            return -1;
        }
        count /= 2;
    }
    answer = is_placed ? pwrite(descriptor, data, count, offset) : write(descriptor, data, count);
    error = errno;
    if (file && answer > 0) note(WRITTEN, file->file, offset, data, (size_t)answer, NULL, NULL);
    pthread_mutex_unlock(&lock);
    errno = error;
    return answer;
}

static ssize_t our_write(int descriptor, const void *data, size_t count) {
    if (!known(descriptor)) return write(descriptor, data, count);
    return wrote(descriptor, data, count, 0, 0);
}

static ssize_t our_pwrite(int descriptor, const void *data, size_t count, off_t offset) {
    if (!known(descriptor)) return pwrite(descriptor, data, count, offset);
    return wrote(descriptor, data, count, offset, 1);
}

static int resized(int descriptor, off_t size) {
    pthread_mutex_lock(&lock);
    int answer = -1, error = fault.error;
    if (!fails(WRITES)) {
        answer = ftruncate(descriptor, size);
        error = errno;
        if (!answer) note(RESIZED, files[descriptor].file, size, NULL, 0, NULL, NULL);
    }
    pthread_mutex_unlock(&lock);
    errno = error;
    return answer;
}

static int our_ftruncate(int descriptor, off_t size) {
    return known(descriptor) ? resized(descriptor, size) : ftruncate(descriptor, size);
}

static int our_truncate(const char *path, off_t size) {
    char absolute[PATH_MAX];
    if (!is_ours(AT_FDCWD, path, absolute)) return truncate(path, size);
    int descriptor = our_open(path, O_WRONLY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    int answer = our_ftruncate(descriptor, size), error = errno;
    our_close(descriptor);
    errno = error;
    return answer;
}

/* Space is promised beforehand: a larger file of zeros, as far as anybody can read it. */
static int our_fallocate(int descriptor, int mode, off_t offset, off_t length) {
    struct known *file = known(descriptor);
    if (!file) return fallocate(descriptor, mode, offset, length);
    struct stat stat;
    if (mode != 0 || fstat(descriptor, &stat)) {
        errno = EOPNOTSUPP;
        return -1;
    }
    return offset + length > stat.st_size ? resized(descriptor, offset + length) : 0;
}

static int our_posix_fallocate(int descriptor, off_t offset, off_t length) {
    if (!known(descriptor)) return posix_fallocate(descriptor, offset, length);
    return our_fallocate(descriptor, 0, offset, length) ? errno : 0;
}

/* Callers of these fall back to reading and writing, which is seen. */
static ssize_t our_sendfile(int out, int in, off_t *offset, size_t count) {
    if (!known(out)) return sendfile(out, in, offset, count);
    errno = EINVAL;
    return -1;
}

static ssize_t our_copy_file_range(int in, off_t *from, int out, off_t *to, size_t count, unsigned flags) {
    if (!known(out)) return copy_file_range(in, from, out, to, count, flags);
    errno = EXDEV;
    return -1;
}

/* Memory that is written to the file without a call cannot be recorded: said, not passed over. */
static void *our_mmap(void *where, size_t length, int protection, int flags, int descriptor, off_t offset) {
    struct known *file = flags & MAP_ANONYMOUS ? NULL : known(descriptor);
    if (file && (flags & MAP_SHARED) && (protection & PROT_WRITE)) {
        pthread_mutex_lock(&lock);
        note(NOT_SEEN, file->file, offset, NULL, 0, "mmap", NULL);
        pthread_mutex_unlock(&lock);
    }
    return mmap(where, length, protection, flags, descriptor, offset);
}

/* --- reading --- */

static int read_fails(int descriptor) {
    if (!known(descriptor) || !(fault.calls & READS)) return 0;
    pthread_mutex_lock(&lock);
    int answer = fails(READS);
    pthread_mutex_unlock(&lock);
    if (answer) errno = fault.error;
    return answer;
}

static ssize_t our_read(int descriptor, void *data, size_t count) {
    return read_fails(descriptor) ? -1 : read(descriptor, data, count);
}

static ssize_t our_pread(int descriptor, void *data, size_t count, off_t offset) {
    return read_fails(descriptor) ? -1 : pread(descriptor, data, count, offset);
}

static ssize_t our_read_chk(int descriptor, void *data, size_t count, size_t room) {
    if (count > room) abort();
    return our_read(descriptor, data, count);
}

static ssize_t our_pread_chk(int descriptor, void *data, size_t count, off_t offset, size_t room) {
    if (count > room) abort();
    return our_pread(descriptor, data, count, offset);
}

/* --- making durable --- */

/* Functions of the C library are called by name, never by address: in a program that is not position-independent
 * their address is an entry of the program's own import table, which leads back here. */
static int synced(int descriptor, int with_metadata) {
    struct known *file = known(descriptor);
    if (!file) return with_metadata ? fsync(descriptor) : fdatasync(descriptor);
    pthread_mutex_lock(&lock);
    int answer = 0;
    if (fails(SYNCS)) {
        note(SYNC_FAILED, file->file, 0, NULL, 0, file->folder, NULL);
        answer = -1;
    } else if (file->folder) {
        note(FOLDER_SYNCED, file->file, 0, NULL, 0, file->folder, NULL);
    } else {
        note(SYNCED, file->file, 0, NULL, 0, NULL, NULL);
    }
    pthread_mutex_unlock(&lock);
    if (answer) errno = fault.error;
    return answer;
}

static int our_fsync(int descriptor) { return synced(descriptor, 1); }
static int our_fdatasync(int descriptor) { return synced(descriptor, 0); }

/* --- names --- */

static int named(int answer, int error, enum kind kind, uint64_t file, const char *name, const char *to) {
    if (!answer) note(kind, file, 0, NULL, 0, name, to);
    pthread_mutex_unlock(&lock);
    errno = error;
    return answer;
}

static int begins_to_name(void) {
    pthread_mutex_lock(&lock);
    if (!fails(NAMES)) return 1;
    pthread_mutex_unlock(&lock);
    errno = fault.error;
    return 0;
}

static int our_renameat(int from_folder, const char *from, int to_folder, const char *to) {
    char old_name[PATH_MAX], new_name[PATH_MAX];
    int leaves = is_ours(from_folder, from, old_name), comes = is_ours(to_folder, to, new_name);
    if (!leaves && !comes) return renameat(from_folder, from, to_folder, to);
    if (!leaves || !comes) {
        pthread_mutex_lock(&lock);
        note(NOT_SEEN, 0, 0, NULL, 0, "rename into or out of the folder", NULL);
        pthread_mutex_unlock(&lock);
        return renameat(from_folder, from, to_folder, to);
    }
    if (!begins_to_name()) return -1;
    int answer = renameat(from_folder, from, to_folder, to);
    return named(answer, errno, RENAMED, answer ? 0 : inode_of(new_name), old_name, new_name);
}

static int our_rename(const char *from, const char *to) { return our_renameat(AT_FDCWD, from, AT_FDCWD, to); }

static int our_unlinkat(int folder, const char *path, int flags) {
    char absolute[PATH_MAX];
    if (!is_ours(folder, path, absolute)) return unlinkat(folder, path, flags);
    if (!begins_to_name()) return -1;
    uint64_t file = inode_of(absolute);
    int answer = unlinkat(folder, path, flags);
    return named(answer, errno, flags & AT_REMOVEDIR ? FOLDER_REMOVED : UNLINKED, file, absolute, NULL);
}

static int our_unlink(const char *path) { return our_unlinkat(AT_FDCWD, path, 0); }
static int our_rmdir(const char *path) { return our_unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }

static int our_linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
    char old_name[PATH_MAX], new_name[PATH_MAX];
    if (!is_ours(to_folder, to, new_name)) return linkat(from_folder, from, to_folder, to, flags);
    if (!is_ours(from_folder, from, old_name)) old_name[0] = 0;
    if (!begins_to_name()) return -1;
    int answer = linkat(from_folder, from, to_folder, to, flags);
    return named(answer, errno, LINKED, answer ? 0 : inode_of(new_name), old_name, new_name);
}

static int our_link(const char *from, const char *to) { return our_linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

static int our_mkdirat(int folder, const char *path, mode_t mode) {
    char absolute[PATH_MAX];
    if (!is_ours(folder, path, absolute)) return mkdirat(folder, path, mode);
    if (!begins_to_name()) return -1;
    int answer = mkdirat(folder, path, mode);
    return named(answer, errno, FOLDER_MADE, answer ? 0 : inode_of(absolute), absolute, NULL);
}

static int our_mkdir(const char *path, mode_t mode) { return our_mkdirat(AT_FDCWD, path, mode); }

/* --- how much room there is --- */

static int our_statvfs(const char *path, struct statvfs *found) {
    char absolute[PATH_MAX];
    int answer = statvfs(path, found);
    if (!answer && free_bytes >= 0 && is_ours(AT_FDCWD, path, absolute)) {
        found->f_bavail = found->f_bfree = (fsblkcnt_t)((unsigned long long)free_bytes / found->f_frsize);
    }
    return answer;
}

/* --- joining the process --- */

static const struct {
    const char *name;
    void *ours;
} table[] = {
    {"open", our_open}, {"open64", our_open}, {"openat", our_openat}, {"openat64", our_openat},
    {"__open_2", our_open_2}, {"__open64_2", our_open_2}, {"close", our_close},
    {"write", our_write}, {"pwrite", our_pwrite}, {"pwrite64", our_pwrite},
    {"ftruncate", our_ftruncate}, {"ftruncate64", our_ftruncate},
    {"truncate", our_truncate}, {"truncate64", our_truncate},
    {"fallocate", our_fallocate}, {"fallocate64", our_fallocate},
    {"posix_fallocate", our_posix_fallocate}, {"posix_fallocate64", our_posix_fallocate},
    {"sendfile", our_sendfile}, {"sendfile64", our_sendfile}, {"copy_file_range", our_copy_file_range},
    {"mmap", our_mmap}, {"mmap64", our_mmap},
    {"read", our_read}, {"pread", our_pread}, {"pread64", our_pread},
    {"__read_chk", our_read_chk}, {"__pread_chk", our_pread_chk}, {"__pread64_chk", our_pread_chk},
    {"fsync", our_fsync}, {"fdatasync", our_fdatasync},
    {"rename", our_rename}, {"renameat", our_renameat}, {"unlink", our_unlink}, {"unlinkat", our_unlinkat},
    {"rmdir", our_rmdir}, {"link", our_link}, {"linkat", our_linkat},
    {"mkdir", our_mkdir}, {"mkdirat", our_mkdirat},
    {"statvfs", our_statvfs}, {"statvfs64", our_statvfs},
};

static void *ours(const char *name) {
    for (size_t place = 0; place < sizeof table / sizeof *table; place++)
        if (!strcmp(table[place].name, name)) return table[place].ours;
    return NULL;
}

static int is_an_address(unsigned long type) {
#if defined(__x86_64__)
    return type == R_X86_64_JUMP_SLOT || type == R_X86_64_GLOB_DAT || type == R_X86_64_64;
#elif defined(__aarch64__)
    return type == R_AARCH64_JUMP_SLOT || type == R_AARCH64_GLOB_DAT || type == R_AARCH64_ABS64;
#else
#error "which relocations of this processor hold the address of a function?"
#endif
}

static int patch(ElfW(Addr) base, const ElfW(Rela) *entries, size_t bytes, const ElfW(Sym) *symbols,
                 const char *strings) {
    int patched = 0;
    for (size_t place = 0; place < bytes / sizeof *entries; place++) {
        const ElfW(Rela) *entry = &entries[place];
        if (!is_an_address(ELF64_R_TYPE(entry->r_info)) || entry->r_addend) continue;
        void *function = ours(strings + symbols[ELF64_R_SYM(entry->r_info)].st_name);
        if (!function) continue;
        void **slot = (void **)(base + entry->r_offset);
        uintptr_t page = (uintptr_t)slot & ~((uintptr_t)sysconf(_SC_PAGESIZE) - 1);
        if (mprotect((void *)page, (size_t)((uintptr_t)(slot + 1) - page), PROT_READ | PROT_WRITE)) continue;
        *slot = function;
        patched++;
    }
    return patched;
}

static int join_object(struct dl_phdr_info *info, size_t size, void *total) {
    (void)size;
    const char *name = info->dlpi_name;
    if (name[0] && !strstr(name, "sqlite3") && !strstr(name, "libpython") && !strstr(name, "cpython-")) return 0;
    const ElfW(Dyn) *dynamic = NULL;
    for (int place = 0; place < info->dlpi_phnum; place++)
        if (info->dlpi_phdr[place].p_type == PT_DYNAMIC)
            dynamic = (const ElfW(Dyn) *)(info->dlpi_addr + info->dlpi_phdr[place].p_vaddr);
    if (!dynamic) return 0;
    const ElfW(Sym) *symbols = NULL;
    const char *strings = NULL;
    const ElfW(Rela) *calls = NULL, *others = NULL;
    size_t calls_bytes = 0, others_bytes = 0;
    for (; dynamic->d_tag != DT_NULL; dynamic++) {
        switch (dynamic->d_tag) {
            case DT_SYMTAB: symbols = (const void *)dynamic->d_un.d_ptr; break;
            case DT_STRTAB: strings = (const void *)dynamic->d_un.d_ptr; break;
            case DT_JMPREL: calls = (const void *)dynamic->d_un.d_ptr; break;
            case DT_PLTRELSZ: calls_bytes = dynamic->d_un.d_val; break;
            case DT_RELA: others = (const void *)dynamic->d_un.d_ptr; break;
            case DT_RELASZ: others_bytes = dynamic->d_un.d_val; break;
        }
    }
    /* The kernel's own little library has addresses that are not real ones. */
    if (!symbols || !strings || (uintptr_t)strings < 4096) return 0;
    *(int *)total += patch(info->dlpi_addr, calls, calls ? calls_bytes : 0, symbols, strings);
    *(int *)total += patch(info->dlpi_addr, others, others ? others_bytes : 0, symbols, strings);
    return 0;
}

/* --- what Python calls --- */

/* Put our functions into the import tables; returns how many addresses were replaced. */
int disk_join(void) {
    int total = 0;
    dl_iterate_phdr(join_object, &total);
    return total;
}

/* Watch this folder (an absolute path without links in it) from now on; files open already are seen too. */
void disk_begin(const char *folder) {
    pthread_mutex_lock(&lock);
    snprintf(root, sizeof root, "%s", folder);
    root_bytes = strlen(root);
    notes_used = 0;
    memset(&fault, 0, sizeof fault);
    free_bytes = -1;
    for (int descriptor = 0; descriptor < MOST_FILES; descriptor++)
        if (files[descriptor].file) forget(descriptor);
    is_watching = 1;
    DIR *open_files = opendir("/proc/self/fd");
    for (struct dirent *entry; open_files && (entry = readdir(open_files));) {
        char path[PATH_MAX], absolute[PATH_MAX];
        ssize_t length = readlinkat(dirfd(open_files), entry->d_name, path, sizeof path - 1);
        if (length <= 0) continue;
        path[length] = 0;
        if (path[0] == '/' && is_ours(AT_FDCWD, path, absolute)) remember(atoi(entry->d_name), absolute);
    }
    if (open_files) closedir(open_files);
    pthread_mutex_unlock(&lock);
}

void disk_end(void) {
    pthread_mutex_lock(&lock);
    is_watching = 0;
    memset(&fault, 0, sizeof fault);
    free_bytes = -1;
    pthread_mutex_unlock(&lock);
}

/* Hand over what was written down since the last time; valid until the next call. */
size_t disk_take(unsigned char **into) {
    pthread_mutex_lock(&lock);
    free(taken);
    taken = notes;
    size_t used = notes_used;
    notes = NULL;
    notes_used = notes_room = 0;
    pthread_mutex_unlock(&lock);
    *into = taken;
    return used;
}

/* Put a remark of the harness between the calls. */
void disk_mark(int64_t number, const char *words) {
    pthread_mutex_lock(&lock);
    if (is_watching) note(MARKED, 0, number, NULL, 0, words, NULL);
    pthread_mutex_unlock(&lock);
}

/* From now on, call `number` of these kinds fails (0: none, they are only counted), or from it on all. */
void disk_fault(int calls, long number, int error, int manner, int lasts) {
    pthread_mutex_lock(&lock);
    fault.calls = calls;
    fault.number = number ? number : -1;
    fault.error = error;
    fault.manner = manner;
    fault.lasts = lasts && number;
    fault.counted = fault.fired = 0;
    pthread_mutex_unlock(&lock);
}

long disk_counted(void) { return fault.counted; }
long disk_fired(void) { return fault.fired; }

/* Let the disk seem to have so much room; -1: as it is. */
void disk_set_free(long long bytes) { free_bytes = bytes; }
