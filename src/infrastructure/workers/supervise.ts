import type { Config } from '../config/config.js';
import { PREFIX } from '../config/environment.js';
import { loggerAsWanted } from '../logging/logger-as-wanted.js';
import { announce } from '../server/announce.js';
import { endOnSignals } from '../server/end-on-signals.js';
import { endOnUnknownErrors } from '../server/end-on-unknown-errors.js';
import { listenOrExit } from '../server/listen-or-exit.js';
import { warnAbout } from '../server/warn-about.js';
import { portToShare } from './port-sharing.js';
import { Supervisor } from './supervisor.js';

/** Several processes serve, and this one sees to them. */
export async function supervise(config: Config): Promise<void> {
  const log = loggerAsWanted(config);
  warnAbout(config, log);
  const { workers, port, host } = config;
  const shared = await listenOrExit(() => portToShare(port, host), config, log);
  const environment = { [`${PREFIX}PORT`]: `${shared}` };
  const listening = () => announce(config, shared, log);
  const supervisor = new Supervisor({ workers, log, environment, listening, exit: (code) => process.exit(code) });
  endOnSignals(() => supervisor.end(0), log);
  endOnUnknownErrors((exitCode) => supervisor.end(exitCode), log);
  supervisor.start();
}
