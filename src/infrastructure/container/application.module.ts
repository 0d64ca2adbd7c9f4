import { ContainerModule } from 'inversify';
import { ActiveRuns } from '../../application/active-runs.js';
import { GenerateReply } from '../../application/generate-reply.js';
import { RunReaders } from '../../application/run-readers.js';
import { RepeatMessage } from '../../application/use-cases/repeat-message.js';
import { ResumeStream } from '../../application/use-cases/resume-stream.js';
import { SendMessage } from '../../application/use-cases/send-message.js';
import { tokens } from './tokens.js';

/** How a message becomes an answer: what writes runs, what reads them, and the use cases on both. */
export const applicationModule = new ContainerModule(({ bind }) => {
  const { config, sessions, runs, journal, gateway, clock, ids, log } = tokens;
  bind(tokens.generateReply)
    .toResolvedValue(
      (sessions, runs, journal, gateway, clock, log, { systemPrompt }) =>
        new GenerateReply({ sessions, runs, journal, gateway, clock, log }, systemPrompt),
      [sessions, runs, journal, gateway, clock, log, config],
    )
    .inSingletonScope();
  bind(tokens.activeRuns)
    .toResolvedValue(
      (generateReply, runs, log, { maxRuns }) => new ActiveRuns(generateReply, runs, log, maxRuns),
      [tokens.generateReply, runs, log, config],
    )
    .inSingletonScope();
  bind(tokens.readers)
    .toResolvedValue((journal, runs, clock) => new RunReaders(journal, runs, clock), [journal, runs, clock])
    .inSingletonScope();
  bind(tokens.sendMessage)
    .toResolvedValue(
      (sessions, clock, ids, log, activeRuns, readers, resume, defaults) =>
        new SendMessage({ sessions, clock, ids, log }, activeRuns, readers, resume, defaults),
      [sessions, clock, ids, log, tokens.activeRuns, tokens.readers, tokens.resumeStream, config],
    )
    .inSingletonScope();
  bind(tokens.resumeStream)
    .toResolvedValue(
      (runs, journal, readers) => new ResumeStream(runs, journal, readers),
      [runs, journal, tokens.readers],
    )
    .inSingletonScope();
  bind(tokens.repeatMessage)
    .toResolvedValue((runs, resume) => new RepeatMessage(runs, resume), [runs, tokens.resumeStream])
    .inSingletonScope();
});
