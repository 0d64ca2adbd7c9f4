import { BrokenCircuitError, CircuitState, circuitBreaker, handleWhen, type IBreaker } from 'cockatiel';
import { LlmError } from '../../../domain/errors.js';
import { SlidingCount } from './sliding-count.js';

const OPEN_MS = 10_000;
const WINDOW_SECONDS = 30;
const LEAST_CALLS = 20;
const SHARE = 0.5;
/** How many calls try whether an upstream is back; each has to succeed. */
const TRIALS = 2;

export interface CircuitListener {
  opened(): void;
  closed(): void;
}

/** Gives up on an upstream for 10 s when half of 20 or more calls in 30 s failed; then two calls try whether it is
 *  back. */
export class CircuitBreaker {
  private readonly policy = circuitBreaker(
    handleWhen((error) => this.isOutage(error)),
    {
      halfOpenAfter: OPEN_MS,
      halfOpenSampling: { calls: TRIALS, threshold: 0 },
      breaker: new FailureShare(),
    },
  );
  private trials = 0;

  constructor(listener: CircuitListener) {
    this.policy.onBreak(() => listener.opened());
    this.policy.onHalfOpen(() => {
      this.trials = 0;
    });
    this.policy.onReset(() => listener.closed());
  }

  /** No call would be let through just now. */
  get isOpen(): boolean {
    return this.policy.state !== CircuitState.Closed;
  }

  /** What the call gives or throws; LlmError upstream_unavailable, without a call, while the upstream is given up
   *  on. */
  async call<Result>(call: () => Promise<Result>): Promise<Result> {
    // The library would hold back whoever comes after the trials.
    if (this.policy.state === CircuitState.HalfOpen && this.trials >= TRIALS) throw givenUp();
    try {
      return await this.policy.execute(() => {
        this.trials += 1;
        return call();
      });
    } catch (error) {
      throw error instanceof BrokenCircuitError ? givenUp() : error;
    }
  }

  /** A trial that was cancelled has shown nothing: the upstream stays given up on. */
  private isOutage(error: unknown): boolean {
    return error instanceof LlmError ? error.isOutage : this.policy.state === CircuitState.HalfOpen;
  }
}

/** When to open. The library's own counts calls of long ago where there are few. */
class FailureShare implements IBreaker {
  private readonly successes = new SlidingCount(WINDOW_SECONDS);
  private readonly failures = new SlidingCount(WINDOW_SECONDS);
  /** For a breaker that outlives its process; this one does not. */
  state: unknown;

  success(state: CircuitState): void {
    if (state === CircuitState.HalfOpen) this.failures.clear();
    this.successes.add();
  }

  failure(): boolean {
    this.failures.add();
    const failures = this.failures.sum();
    const calls = failures + this.successes.sum();
    return calls >= LEAST_CALLS && failures >= SHARE * calls;
  }
}

function givenUp(): LlmError {
  return new LlmError('upstream_unavailable', { detail: 'not called: it failed too often in the last seconds' });
}
