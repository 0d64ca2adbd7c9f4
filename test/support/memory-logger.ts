import type { LogFields, Logger } from '../../src/application/ports/logger.js';

export interface LoggedLine extends LogFields {
  readonly level: string;
  readonly message: string;
}

/** Keeps its lines, with those of its children, for a test to look at. */
export class MemoryLogger implements Logger {
  constructor(
    readonly lines: LoggedLine[] = [],
    private readonly fields: LogFields = {},
  ) {}

  debug(message: string, fields?: LogFields): void {
    this.add('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.add('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.add('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.add('error', message, fields);
  }

  critical(message: string, fields?: LogFields): void {
    this.add('critical', message, fields);
  }

  child(fields: LogFields): Logger {
    return new MemoryLogger(this.lines, { ...this.fields, ...fields });
  }

  private add(level: string, message: string, fields: LogFields = {}): void {
    this.lines.push({ ...this.fields, ...fields, level, message });
  }
}
