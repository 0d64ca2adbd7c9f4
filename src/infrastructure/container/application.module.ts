import { ContainerModule } from 'inversify';
import { ReadingPlaces } from '../../application/reading-places.js';
import { RunReaders } from '../../application/run-readers.js';
import { RunReplay } from '../../application/run-replay.js';
import { RepeatMessage } from '../../application/use-cases/repeat-message.js';
import { ResumeStream } from '../../application/use-cases/resume-stream.js';
import { SendMessage } from '../../application/use-cases/send-message.js';
import { checkTools } from '../../domain/unfit-tools.js';
import { tokens } from './tokens.js';

/** How a message becomes a run, and what reads runs. */
export const applicationModule = new ContainerModule(({ bind }) => {
  const { config, sessions, runs, journal, audience, clock, ids, log } = tokens;
  bind(tokens.readingPlaces)
    .toResolvedValue(() => new ReadingPlaces())
    .inSingletonScope();
  bind(tokens.readers)
    .toResolvedValue(
      (journal, runs, audience, clock, log) => new RunReaders({ journal, runs, audience, clock, log }),
      [journal, runs, audience, clock, log],
    )
    .inSingletonScope();
  bind(tokens.sendMessage)
    .toResolvedValue(
      (sessions, clock, ids, log, budget, activeRuns, replay, { agents, toolbox, ...defaults }) =>
        new SendMessage({ sessions, clock, ids, log, budget }, activeRuns, replay, {
          ...defaults,
          check: (birth) => checkTools(birth, agents, toolbox),
        }),
      [sessions, clock, ids, log, tokens.budget, tokens.activeRuns, tokens.replay, config],
    )
    .inSingletonScope();
  bind(tokens.replay)
    .toResolvedValue(
      (sessions, readers, resume, { agents }) => new RunReplay(sessions, readers, resume, agents),
      [sessions, tokens.readers, tokens.resumeStream, config],
    )
    .inSingletonScope();
  bind(tokens.resumeStream)
    .toResolvedValue(
      (runs, journal, readers, observer) => new ResumeStream(runs, journal, readers, observer),
      [runs, journal, tokens.readers, tokens.observer],
    )
    .inSingletonScope();
  bind(tokens.repeatMessage)
    .toResolvedValue((runs, resume) => new RepeatMessage(runs, resume), [runs, tokens.resumeStream])
    .inSingletonScope();
});
