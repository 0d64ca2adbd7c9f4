import winston from 'winston';
import type { LogFields, Logger } from '../../application/ports/logger.js';
import { jsonLine, type LogLine, readableLine } from './log-line.js';
import { type LoggableFields, loggableFields, loggableText } from './loggable-fields.js';

export type LogLevel = 'critical' | 'error' | 'warning' | 'info' | 'debug';

export interface WinstonLoggerOptions {
  readonly level: LogLevel;
  /** `json` is one object a line, for machines; `readable` is one line of text. */
  readonly format: 'json' | 'readable';
  /** Where the lines go; standard output unless said otherwise. */
  readonly output?: NodeJS.WritableStream;
}

export class WinstonLogger implements Logger {
  static create({ level, format, output = process.stdout }: WinstonLoggerOptions): WinstonLogger {
    outliveReader(output);
    const render = format === 'json' ? jsonLine : readableLine;
    const sink = winston.createLogger({
      levels: LEVELS,
      level,
      format: winston.format.printf(({ message }) => String(message)),
      transports: [new winston.transports.Stream({ stream: output, eol: '\n' })],
    });
    sink.on('error', ignore);
    return new WinstonLogger(sink, render, {});
  }

  private constructor(
    private readonly sink: winston.Logger,
    private readonly render: (line: LogLine) => string,
    private readonly fields: LoggableFields,
  ) {}

  debug(message: string, fields?: LogFields): void {
    this.write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.write('warning', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.write('error', message, fields);
  }

  critical(message: string, fields?: LogFields): void {
    this.write('critical', message, fields);
  }

  child(fields: LogFields): Logger {
    return new WinstonLogger(this.sink, this.render, this.with(fields));
  }

  private write(level: LogLevel, message: string, fields: LogFields = {}): void {
    // A log that fails must not fail what it tells of, and there is nowhere left to say so.
    try {
      if (this.sink.isLevelEnabled(level)) this.sink.log({ level, message: this.line(level, message, fields) });
    } catch {}
  }

  /** Written out at once, not when the sink gets to it: the fields may change after the call. */
  private line(level: LogLevel, message: string, fields: LogFields): string {
    const timestamp = new Date().toISOString();
    return this.render({ timestamp, level, message: loggableText(message), fields: this.with(fields) });
  }

  private with(fields: LogFields): LoggableFields {
    return { ...this.fields, ...loggableFields(fields) };
  }
}

const LEVELS: Record<LogLevel, number> = { critical: 0, error: 1, warning: 2, info: 3, debug: 4 };

/** Whoever reads the log (a pipe, a terminal) may go away; without a listener the next line would end the process. */
function outliveReader(output: NodeJS.WritableStream): void {
  if (!output.listeners('error').includes(ignore)) output.on('error', ignore);
}

function ignore(): void {}
