import type { Logger } from '../../application/ports/logger.js';
import type { Config } from '../config/config.js';

export async function listenOrExit<Listening>(
  listen: () => Promise<Listening>,
  config: Config,
  log: Logger,
): Promise<Listening> {
  try {
    return await listen();
  } catch (error) {
    log.critical('cannot listen; set AGENT_RUNTIME__HOST and AGENT_RUNTIME__PORT to a free address', {
      host: config.host,
      port: config.port,
      error,
    });
    process.exit(1);
  }
}
