import { appendFileSync } from 'node:fs';
import Mocha from 'mocha';

/** The spec report, and at its end one line of counts in the file that the reporter option `tally` names: for a script
 *  that must know them, and must notice when there are none. */
// biome-ignore lint/style/noDefaultExport: mocha takes the reporter from a module's default export.
export default class TallyReporter extends Mocha.reporters.Spec {
  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    const path: unknown = options.reporterOptions?.tally;
    if (typeof path !== 'string') throw new Error('The tally reporter needs --reporter-option tally=FILE.');
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      appendFileSync(path, `${passes} passed, ${failures} failed, ${pending} skipped\n`);
    });
  }
}
