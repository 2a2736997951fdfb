/**
 * Sends the datagrams of sd_notify(3). Node has stream sockets only for Unix paths, so socket(2) and sendto(2) come
 * from libc through koffi. `systemd-notify` would start a process at each sign of life, and those would be taken from
 * any process of the service (NotifyAccess=all), not from the agent alone.
 *
 * koffi is an optional dependency: import this module dynamically.
 */

import koffi from 'koffi';

/** From the Linux headers; the same on all architectures that ksmpilot runs on. */
const AF_UNIX = 1;
const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0o2_000_000;
const MSG_DONTWAIT = 0x40;
const MSG_NOSIGNAL = 0x4000;

/** sun_path of sockaddr_un (unix(7)). */
const MAX_PATH_BYTES = 108;

/** @throws Error naming the call and its errno. Never waits: a full queue is EAGAIN. */
export type SendDatagram = (message: string) => void;

/**
 * @param address value of NOTIFY_SOCKET: an absolute path, or `@NAME` in the abstract namespace
 * @throws Error for any other address, and where no socket can be made
 */
export function openNotifySocket(address: string): SendDatagram {
  const target = socketAddress(address);
  const libc = koffi.load('libc.so.6');
  const socket = libc.func('int socket(int domain, int type, int protocol)') as (
    domain: number,
    type: number,
    protocol: number,
  ) => number;
  const sendto = libc.func(
    'long sendto(int fd, const uint8_t *data, size_t length, int flags, const uint8_t *address, uint32_t size)',
  ) as (fd: number, data: Buffer, length: number, flags: number, address: Buffer, size: number) => number;
  const fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw failure('socket');
  return (message) => {
    const data = Buffer.from(message);
    const sent = sendto(fd, data, data.length, MSG_DONTWAIT | MSG_NOSIGNAL, target, target.length);
    if (sent < 0) throw failure(`sendto ${address}`);
  };
}

/** A sockaddr_un: the family in the byte order of the host, then the path; abstract names begin with a 0 byte. */
function socketAddress(address: string): Buffer {
  const abstract = address.startsWith('@');
  if (!abstract && !address.startsWith('/')) throw new Error(`NOTIFY_SOCKET is ${address}: neither a path nor @NAME`);
  const path = Buffer.from(abstract ? `\0${address.slice(1)}` : `${address}\0`);
  if (path.length > MAX_PATH_BYTES) throw new Error(`NOTIFY_SOCKET is longer than ${MAX_PATH_BYTES - 1} bytes`);
  const family = Buffer.from(new Uint16Array([AF_UNIX]).buffer);
  return Buffer.concat([family, path]);
}

/** errno is meaningful only right after a call that failed. */
function failure(call: string): Error {
  const errno = koffi.errno();
  const name = Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
  return new Error(`${call} failed with ${name}`);
}
