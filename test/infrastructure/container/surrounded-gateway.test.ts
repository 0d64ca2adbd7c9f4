import { CircuitBreaker } from '../../../src/adapters/outbound/llm/circuit-breaker.js';
import { DeadlineGateway } from '../../../src/adapters/outbound/llm/deadline-gateway.js';
import { RetryBudget } from '../../../src/adapters/outbound/llm/retry-budget.js';
import { RetryingGateway } from '../../../src/adapters/outbound/llm/retrying-gateway.js';
import { TimeLimitedGateway } from '../../../src/adapters/outbound/llm/time-limited-gateway.js';
import { vllmProvider } from '../../../src/adapters/outbound/llm/vllm/vllm-provider.js';
import type { LlmGateway } from '../../../src/application/ports/llm-gateway.js';
import { MeteredLlmGateway } from '../../../src/infrastructure/metrics/metered-llm-gateway.js';
import { Metrics } from '../../../src/infrastructure/metrics/metrics.js';
import { describeLlmGateway, type LlmGatewaySubject } from '../../contracts/llm-gateway.contract.js';
import { openWireSubject } from '../../support/wire-subject.js';

const MINUTE = 60_000;
const NO_RETRIES = 0;

// As the container puts them around each other, they keep the promises of what they stand around.
describeLlmGateway('a provider with all that stands around it', async () => {
  const subject = await openWireSubject(vllmProvider, (url) => ({ VLLM_BASE_URL: `${url}/v1` }));
  return withGateway(subject, surrounded(subject.gateway));
});

function surrounded(gateway: LlmGateway): LlmGateway {
  const limited = new TimeLimitedGateway(gateway, { firstToken: MINUTE, idle: MINUTE });
  const breaker = new CircuitBreaker({ opened() {}, closed() {} });
  const call = new MeteredLlmGateway(limited, new Metrics(), 'vllm');
  return new DeadlineGateway(new RetryingGateway(call, breaker, new RetryBudget(), NO_RETRIES), MINUTE);
}

function withGateway(subject: LlmGatewaySubject, gateway: LlmGateway): LlmGatewaySubject {
  return {
    gateway,
    modelIds: subject.modelIds,
    play: (script) => subject.play(script),
    asked: () => subject.asked(),
    get calls() {
      return subject.calls;
    },
    released: () => subject.released(),
    close: () => subject.close(),
  };
}
