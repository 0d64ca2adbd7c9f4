import { ReplyError } from 'ioredis';
import { StoreUnavailable } from '../../../../domain/errors.js';

/** The server answers, but cannot work now or does not let this user. Before version 7, a script's error stands
 *  inside another error. Before 7.2, a script tells in words that it may not run a command. */
const OUT_OF_ORDER = new RegExp(
  [
    /(?:^|-)(?:READONLY|LOADING|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK|BUSY|OOM|MISCONF|NOREPLICAS)\b/,
    /(?:^|-)(?:NOAUTH|WRONGPASS|NOPERM|DENIED)\b/,
    /The user executing the script can't/,
    /max number of clients reached/,
  ]
    .map(({ source }) => source)
    .join('|'),
);

/** Translates an error for the ports. Any error that is no answer of the server means that it was not reached. */
export function failureOf(error: unknown): unknown {
  if (error instanceof StoreUnavailable || !(error instanceof Error)) return error;
  withoutCommand(error);
  if (error instanceof ReplyError && !OUT_OF_ORDER.test(error.message)) return error;
  return new StoreUnavailable({ cause: error });
}

/** The failed command holds texts of messages, which must not come into a log. */
export function withoutCommand(error: unknown): unknown {
  if (error instanceof Error) Reflect.deleteProperty(error, 'command');
  return error;
}

export function isOfDatabase(error: unknown): boolean {
  return NO_DATABASE.test(messageOf(error));
}

/** Tells the operator why waiting would not help. Undefined where it may help. */
export function refusalOf(error: unknown): string | undefined {
  const message = messageOf(error);
  return REFUSALS.find(([pattern]) => pattern.test(message))?.[1];
}

/** The client wraps the last error of a cluster's nodes. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { lastNodeError } = { lastNodeError: undefined, ...error };
  return `${error.message}\n${messageOf(lastNodeError)}`;
}

const NO_DATABASE = /DB index is out of range/;

const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [/WRONGPASS|NOAUTH|invalid password/, 'Redis refuses the user name or the password in AGENT_RUNTIME__STORE_URL.'],
  [NO_DATABASE, 'Redis has no database with the number in AGENT_RUNTIME__STORE_URL.'],
  [/cluster support disabled/, 'AGENT_RUNTIME__REDIS_CLUSTER is true, but this Redis is not a cluster.'],
];
