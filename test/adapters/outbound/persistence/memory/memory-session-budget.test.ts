import { expect } from 'chai';
import { MemorySessionBudget } from '../../../../../src/adapters/outbound/persistence/memory/memory-session-budget.js';

describe('MemorySessionBudget', () => {
  function holding(...sizes: readonly number[]) {
    const budget = new MemorySessionBudget(100);
    const sessions = sizes.map(() => ({ bytes: 0 }));
    for (const [index, session] of sessions.entries()) budget.count(session, sizes[index] ?? 0);
    return { budget, sessions };
  }

  it('needs nobody to go as long as all fits', () => {
    const { budget, sessions } = holding(30, 30);
    expect(budget.inTheWayOf(40, sessions)).to.deep.equal([]);
    expect(budget.hasRoom(40, [])).to.equal(true);
    expect(budget.hasRoom(41, [])).to.equal(false);
  });

  it('lets as many go as are needed, the first ones first, and no other', () => {
    const { budget, sessions } = holding(10, 20, 30, 40);
    expect(budget.inTheWayOf(10, sessions)).to.deep.equal(sessions.slice(0, 1));
    expect(budget.inTheWayOf(11, sessions)).to.deep.equal(sessions.slice(0, 2));
    expect(budget.hasRoom(30, sessions.slice(0, 2))).to.equal(true);
  });

  it('says so when it would not be enough if all of them went', () => {
    const { budget, sessions } = holding(60, 40);
    const idle = sessions.slice(1);
    const gone = budget.inTheWayOf(41, idle);
    expect(gone).to.deep.equal(idle);
    expect(budget.hasRoom(41, gone)).to.equal(false);
  });

  it('has the room again of what is forgotten, and of what a session lets go', () => {
    const { budget, sessions } = holding(60, 40);
    for (const session of sessions.slice(0, 1)) budget.forget(session);
    for (const session of sessions.slice(1)) budget.count(session, -10);
    expect(budget.hasRoom(70, [])).to.equal(true);
    expect(budget.hasRoom(71, [])).to.equal(false);
    expect(sessions).to.deep.equal([{ bytes: 0 }, { bytes: 30 }]);
  });
});
