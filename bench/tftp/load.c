/*
 * A load of TFTP clients in one thread: each reads the same file again and again and compares every block with the
 * local copy. One line of JSON at the end.
 *
 *   load ADDRESS PORT REMOTE-NAME LOCAL-FILE CLIENTS TRANSFERS-PER-CLIENT BLKSIZE WINDOWSIZE
 *
 * BLKSIZE 512 and WINDOWSIZE 0 ask for no option. The first reply's port is connected to, so the kernel keeps strangers out.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6 };
static const double PATIENCE = 1.0; /* seconds until a client repeats itself */

struct client {
  int fd, connected, left, blksize, window, in_window;
  uint64_t block; /* the last one received in order */
  double last;
  unsigned char out[600];
  int out_len;
};

static struct sockaddr_in server;
static const char *remote;
static const unsigned char *file;
static uint64_t file_size;
static int blksize, window, epoll_fd, running;
static uint64_t bytes, packets, repeats, faults, done;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void transmit(struct client *c, double t) {
  c->last = t;
  if (c->connected) send(c->fd, c->out, c->out_len, 0);
  else sendto(c->fd, c->out, c->out_len, 0, (struct sockaddr *)&server, sizeof server);
}

static void begin(struct client *c, double t) {
  struct sockaddr_in any = {.sin_family = AF_INET, .sin_addr = server.sin_addr};
  struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
  char *p = (char *)c->out;
  int size = 4 << 20;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  c->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (c->fd < 0 || bind(c->fd, (struct sockaddr *)&any, sizeof any) || epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &e)) {
    perror("socket");
    exit(2);
  }
  c->connected = 0, c->block = 0, c->in_window = 0, c->blksize = 512, c->window = 1;
  *p++ = 0, *p++ = RRQ;
  p += sprintf(p, "%s", remote) + 1;
  p += sprintf(p, "octet") + 1;
  if (blksize != 512) p += sprintf(p, "blksize") + 1, p += sprintf(p, "%d", blksize) + 1;
  if (window) p += sprintf(p, "windowsize") + 1, p += sprintf(p, "%d", window) + 1;
  c->out_len = p - (char *)c->out;
  transmit(c, t);
}

static void acknowledge(struct client *c, double t) {
  c->in_window = 0;
  c->out[0] = 0, c->out[1] = ACK, c->out[2] = c->block >> 8, c->out[3] = c->block;
  c->out_len = 4;
  transmit(c, t);
}

static void end(struct client *c, double t) {
  close(c->fd);
  done++;
  if (--c->left > 0) begin(c, t);
  else running--;
}

static void options(struct client *c, unsigned char *p, unsigned char *stop) {
  while (p < stop) {
    char *name = (char *)p, *value = name + strlen(name) + 1;
    if ((unsigned char *)value >= stop) break;
    if (!strcasecmp(name, "blksize")) c->blksize = atoi(value);
    if (!strcasecmp(name, "windowsize")) c->window = atoi(value);
    p = (unsigned char *)value + strlen(value) + 1;
  }
}

/* Returns 1 when the transfer is over. */
static int receive(struct client *c, unsigned char *p, int n, double t) {
  int opcode = p[1];
  packets++;
  if (opcode == OACK) {
    p[n - 1] = 0;
    options(c, p + 2, p + n);
    acknowledge(c, t);
  } else if (opcode == ERROR) {
    if (!faults++) fprintf(stderr, "ERROR %d %.*s\n", p[3], n - 4, p + 4);
    end(c, t);
    return 1;
  } else if (opcode == DATA) {
    uint16_t number = p[2] << 8 | p[3];
    if (number != (uint16_t)(c->block + 1)) {
      /* a gap, or an echo: within a window the last good block is reported, once */
      if (c->window > 1 && c->in_window >= 0) acknowledge(c, t), c->in_window = -1, repeats++;
      return 0;
    }
    uint64_t offset = c->block * c->blksize;
    n -= 4;
    if (offset + n > file_size || memcmp(file + offset, p + 4, n)) {
      fprintf(stderr, "wrong content in block %lu\n", (unsigned long)c->block + 1);
      exit(3);
    }
    c->block++, bytes += n;
    if (c->in_window < 0) c->in_window = 0;
    if (n < c->blksize) {
      if (offset + n != file_size) fprintf(stderr, "too short\n"), exit(3);
      acknowledge(c, t);
      end(c, t);
      return 1;
    }
    if (++c->in_window == c->window) acknowledge(c, t);
  }
  return 0;
}

int main(int argc, char **argv) {
  if (argc != 9) return fprintf(stderr, "usage: see the source\n"), 2;
  int fd = open(argv[4], O_RDONLY), clients = atoi(argv[5]);
  struct stat st;
  if (fd < 0 || fstat(fd, &st)) return perror(argv[4]), 2;
  file_size = st.st_size;
  file = mmap(0, file_size + 1, PROT_READ, MAP_SHARED | MAP_POPULATE, fd, 0);
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(argv[2]))};
  inet_pton(AF_INET, argv[1], &server.sin_addr);
  remote = argv[3], blksize = atoi(argv[7]), window = atoi(argv[8]);
  epoll_fd = epoll_create1(0);
  struct client *all = calloc(clients, sizeof *all);
  double started = now(), looked = started;
  running = clients;
  for (int i = 0; i < clients; i++) all[i].left = atoi(argv[6]), begin(&all[i], started);

  static unsigned char packet[65536];
  struct epoll_event events[128];
  while (running > 0) {
    int n = epoll_wait(epoll_fd, events, 128, 100);
    double t = now();
    for (int i = 0; i < n; i++) {
      struct client *c = events[i].data.ptr;
      for (int turn = 0; turn < (window > 1 ? window : 1); turn++) {
        int got;
        if (c->connected) {
          got = recv(c->fd, packet, sizeof packet - 1, 0);
        } else {
          struct sockaddr_in from;
          socklen_t length = sizeof from;
          got = recvfrom(c->fd, packet, sizeof packet - 1, 0, (struct sockaddr *)&from, &length);
          if (got >= 4) c->connected = !connect(c->fd, (struct sockaddr *)&from, length);
        }
        if (got < 4 || receive(c, packet, got, t)) break;
      }
    }
    if (t - looked > 0.1) {
      looked = t;
      for (int i = 0; i < clients; i++)
        if (all[i].left > 0 && t - all[i].last > PATIENCE) repeats++, transmit(&all[i], t);
      if (t - started > 120) return fprintf(stderr, "stuck\n"), 4;
    }
  }
  double seconds = now() - started;
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  printf("{\"transfers\":%lu,\"bytes\":%lu,\"seconds\":%.6f,\"packets\":%lu,\"repeats\":%lu,\"faults\":%lu,\"cpuSeconds\":%.3f}\n",
         (unsigned long)done, (unsigned long)bytes, seconds, (unsigned long)packets, (unsigned long)repeats,
         (unsigned long)faults,
         u.ru_utime.tv_sec + u.ru_stime.tv_sec + (u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
  return faults ? 1 : 0;
}
