import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../support/free-port.js';
import { NginxServer } from '../support/nginx-server.js';
import { RuntimeClient } from '../support/runtime-server.js';
import { ServiceProcess } from '../support/service-process.js';
import { SHARED_STORES } from '../support/shared-stores.js';
import { within } from '../support/within.js';

const CLIENTS = 50;
const PATIENCE = 30_000;
const WORDS = Array.from({ length: 10 }, (_, place) => `word${place}`).join(' ');
const CONFIG = readFileSync(new URL('../../../deploy/fleet/nginx.conf', import.meta.url), 'utf8');

class Balanced extends RuntimeClient {
  constructor(readonly origin: string) {
    super();
  }
}

describe('a fleet behind the nginx that comes with it', function () {
  this.timeout(120_000);
  let folder: string;
  let settings: Record<string, string>;
  let ports: readonly number[];
  let replicas: ServiceProcess[];
  let nginx: NginxServer;
  let fleet: Balanced;

  const start = (port: number | undefined) => ServiceProcess.start(folder, { ...settings, PORT: String(port) });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'agent-runtime-'));
    settings = { ...(await SHARED_STORES.Redis?.()), MOCK_DELAY_MS: '200', MAX_EVENT_LOOP_DELAY_MS: '60000' };
    ports = [await freePort(), await freePort()];
    replicas = await Promise.all(ports.map(start));
    const [first, second] = ports;
    nginx = await NginxServer.start(CONFIG, {
      'replica-1:8001': `127.0.0.1:${first}`,
      'replica-2:8001': `127.0.0.1:${second}`,
    });
    fleet = new Balanced(nginx.origin);
  });
  afterEach(async () => {
    await Promise.all(replicas.map((replica) => replica.kill('SIGKILL')));
    await nginx.close();
    await rm(folder, { recursive: true });
  });

  /** One message after the other until it is enough; what went wrong with any. */
  async function talk(client: number, isEnough: () => boolean): Promise<{ sent: number; wrong: string[] }> {
    const wrong: string[] = [];
    let sent = 0;
    for (; !isEnough(); sent += 1) {
      const stream = await fleet.send({ session_id: `client-${client}-${sent}`, content: WORDS });
      if (stream.status === 200) wrong.push(...(await wholeAnswer(await stream.ended())));
      else wrong.push(`HTTP ${stream.status} ${(await stream.ended()).raw}`);
    }
    return { sent, wrong };
  }

  /** A stream that was cut goes on where it was. */
  async function wholeAnswer(stream: Awaited<ReturnType<RuntimeClient['send']>>): Promise<string[]> {
    let text = stream.text;
    let last = stream;
    for (let cuts = 0; last.finishReason === undefined && cuts < 5; cuts += 1) {
      const headers = { 'Last-Event-ID': last.lastId };
      last = await (await fleet.follow(`/agent/runs/${stream.runId}/stream`, headers)).ended();
      text += last.text;
    }
    return text.trim() === WORDS && last.finishReason === 'stop' ? [] : [`${last.finishReason}: ${text}`];
  }

  /** A message that the balancer sent to two replicas is one turn all the same. */
  async function expectEachOnce(sent: readonly number[]): Promise<void> {
    const ids = sent.flatMap((count, client) => Array.from({ length: count }, (_, turn) => `client-${client}-${turn}`));
    for (const id of ids) {
      const { json } = await fleet.get(`/agent/sessions/${id}/messages`);
      expect(json.messages, id).to.have.length(2);
    }
  }

  it('loses no new message and no stream while each replica is restarted', async () => {
    let isEnough = false;
    const clients = Array.from({ length: CLIENTS }, (_, client) => talk(client, () => isEnough));
    for (const [place, replica] of [...replicas.entries()]) {
      expect(await within(PATIENCE, replica.kill('SIGTERM'))).to.equal(0);
      replicas[place] = await start(ports[place]);
    }
    isEnough = true;
    const outcomes = await within(PATIENCE, Promise.all(clients));
    expect(outcomes.flatMap(({ wrong }) => wrong)).to.deep.equal([]);
    expect(Math.min(...outcomes.map(({ sent }) => sent))).to.be.above(1);
    await expectEachOnce(outcomes.map(({ sent }) => sent));
  });
});
