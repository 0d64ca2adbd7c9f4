import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'chai';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { watchEventLoop } from '../../../src/infrastructure/metrics/event-loop-lag.js';

const SAMPLE_MS = 100;
const LONGEST_WAIT_MS = 150;

describe('watchEventLoop', () => {
  it('tells how long work had to wait, under the names that dashboards know', async () => {
    const registry = new Registry();
    collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 60_000 });
    const names = Object.keys(await valuesOf(registry));
    watchEventLoop(registry, SAMPLE_MS);
    const end = performance.now() + 2 * LONGEST_WAIT_MS;
    while (performance.now() < end);
    await delay(1);
    const values = await valuesOf(registry);
    expect(values).to.have.all.keys(names);
    expect(values.nodejs_eventloop_lag_max_seconds).to.be.at.least(LONGEST_WAIT_MS / 1000);
    expect(values.nodejs_eventloop_lag_mean_seconds).to.be.at.least(LONGEST_WAIT_MS / 1000);
  });

  async function valuesOf(registry: Registry): Promise<Record<string, number>> {
    const lines = (await registry.metrics()).matchAll(/^(nodejs_eventloop_lag_\w+) (\S+)$/gm);
    return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]));
  }
});
