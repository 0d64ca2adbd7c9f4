import { claim } from '../../domain/conversation.js';
import type { Run, RunLease } from '../../domain/run.js';
import type { SessionChange } from '../../domain/session-change.js';
import { fenceOf, runIn, type SeenSession, type SessionHead } from '../../domain/session-head.js';
import { expireCalls } from '../../domain/waiting-turn.js';
import type { RunLeases } from '../ports/run-leases.js';
import type { SessionLedger } from '../ports/session-ledger.js';
import { askingRun } from './asking-run.js';
import { sessionKeyOf } from './session-key.js';
import type { Decision, SessionSteps } from './session-steps.js';

export interface LedgerRunLeasesParts {
  readonly ledger: SessionLedger;
  readonly steps: SessionSteps;
  readonly writer: string;
  readonly leaseMilliseconds: number;
  readonly now: () => Date;
  /** This process writes the run no more. */
  readonly writesNoMore: (runId: string) => void;
}

export class LedgerRunLeases implements RunLeases {
  constructor(private readonly parts: LedgerRunLeasesParts) {}

  async renew(leases: readonly RunLease[]): Promise<readonly RunLease[]> {
    const held = leases.map((lease) => ({ key: sessionKeyOf(lease), runId: lease.id, fence: fenceOf(lease) }));
    const lost = await this.parts.ledger.renew(held, this.parts.leaseMilliseconds);
    const fences = new Set(lost.map(({ fence }) => fence));
    return leases.filter((lease) => fences.has(fenceOf(lease)));
  }

  async claimOrphans(limit: number): Promise<readonly Run[]> {
    const due = await this.parts.ledger.due(limit);
    const claims = await Promise.allSettled(due.map((key) => this.claim(key)));
    const claimed = claims.flatMap((claim) => (claim.status === 'fulfilled' ? (claim.value ?? []) : []));
    const failed = claims.find(({ status }) => status === 'rejected');
    // What is claimed has to be written, also when the store went away meanwhile.
    if (failed?.status === 'rejected' && claimed.length === 0) throw failed.reason;
    return claimed;
  }

  letGo(lease: RunLease): void {
    this.parts.steps.forget(lease);
    this.parts.writesNoMore(lease.id);
  }

  /** The time of a call is over that the session waits for. */
  private async expired(key: string, head: SessionHead): Promise<SessionChange | undefined> {
    const { ledger, writer, now } = this.parts;
    const asking = await askingRun(ledger, key, head);
    return asking && expireCalls(head, asking, now(), writer);
  }

  private claim(key: string): Promise<Run | undefined> {
    const { steps, writer } = this.parts;
    return steps.change(key, { active: true }, async ({ head }): Promise<Decision<Run | undefined>> => {
      const change = head && (claim(head, writer) ?? (await this.expired(key, head)));
      const fence = change?.head.active && fenceOf(change.head.active);
      const result = (after: SeenSession) => claimedRun(after, fence);
      return change === undefined ? { change, result: () => undefined } : { change, onlyIfDue: true, result };
    });
  }
}

/** The active run, if it stands as it was claimed. */
function claimedRun({ head, runs }: SeenSession, fence: string | undefined): Run | undefined {
  const record = head?.active && runs.get(head.active.id);
  if (head?.active === undefined || record === undefined) return undefined;
  return fenceOf(head.active) === fence ? runIn(head, record) : undefined;
}
