import { Cluster, Redis, type RedisOptions } from 'ioredis';

const CONNECT_MILLISECONDS = 2000;
/** A socket that owes an answer for so long counts as dead. This is longer than a command may take, so a server that
 *  is only slow keeps its connection. */
const SILENCE_MILLISECONDS = 4000;
const KEEP_ALIVE_MILLISECONDS = 5000;
const LONGEST_RETRY_MILLISECONDS = 1000;
const FIRST_RETRY_MILLISECONDS = 50;

/** The types name the kind of replies. Where that is left open, the compiler compares each command of each kind,
 *  which takes seconds. */
type LegacyOptions = RedisOptions & { readonly replyMapping?: 'legacy' };

/** A connection to one server. It does not send an unanswered command again after a break, because only the caller
 *  knows what a repeat means. */
export function redisOptions(url: string): LegacyOptions {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  return {
    host: hostname.replace(/^\[|\]$/g, '') || 'localhost',
    port: Number(port || 6379),
    db: Number(pathname.slice(1) || 0),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: {} }),
    lazyConnect: true,
    connectionName: 'agent-runtime',
    disableClientInfo: true,
    connectTimeout: CONNECT_MILLISECONDS,
    disconnectTimeout: CONNECT_MILLISECONDS / 4,
    socketTimeout: SILENCE_MILLISECONDS,
    keepAlive: KEEP_ALIVE_MILLISECONDS,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A server that is still loading says so at each command. So no check is needed, and a user without INFO can
    // connect.
    enableReadyCheck: false,
    reconnectOnError: isReadOnly,
    retryStrategy,
  };
}

export function connectionTo(url: string, cluster: boolean): Redis | Cluster {
  const options = redisOptions(url);
  if (!cluster) return new Redis<'legacy'>(options);
  const { host = 'localhost', port = 6379, ...rest } = options;
  return new Cluster<'legacy'>([{ host, port }], {
    lazyConnect: true,
    clusterRetryStrategy: retryStrategy,
    // The client keeps names as names, so that certificates can be checked against them.
    dnsLookup: (name, callback) => callback(null, name),
    maxRedirections: 8,
    redisOptions: rest,
  });
}

/** The server has become a replica, and its name may lead to the new master. */
function isReadOnly({ message }: Error): boolean {
  return message.includes('READONLY');
}

function retryStrategy(attempt: number): number {
  const pause = Math.min(FIRST_RETRY_MILLISECONDS * 2 ** (attempt - 1), LONGEST_RETRY_MILLISECONDS);
  return pause * (1 - Math.random() / 4);
}
