import { type Fields, isFields } from '../../../../domain/fields.js';

/** The fields of a body, and where its client wrote each of them. */
export interface SentFields {
  readonly fields: unknown;
  pathOf(path: readonly PropertyKey[]): string;
}

/** A message may stand in the body itself or under `message` in it; a field that stands on both levels is taken from
 *  the inner one. The session is the gateway's to name, so it is always the outer one. */
export function sentFields(body: unknown): SentFields {
  if (!isFields(body)) return { fields: body, pathOf: (path) => path.join('.') };
  const outer = new Level(body, []);
  if (!isNested(body)) return { fields: outer.fields, pathOf: (path) => outer.pathOf(path) };
  const { session_id: _, ...own } = isFields(body.message) ? body.message : {};
  const inner = new Level(own, ['message']);
  return {
    fields: { ...outer.fields, ...inner.fields },
    pathOf: (path) => {
      const [name = ''] = path;
      const isOuter = name === 'session_id' || (outer.has(name) && !inner.has(name));
      return (isOuter ? outer : inner).pathOf(path);
    },
  };
}

/** Fields that stand beside each other. `agent_type` is another word for `agent`, and null there is nobody. */
class Level {
  readonly fields: Fields;
  private readonly agentWord: 'agent' | 'agent_type';

  constructor(
    written: Fields,
    private readonly place: readonly string[],
  ) {
    const { agent_type, ...fields } = written;
    const isOther = !Object.hasOwn(written, 'agent') && (agent_type ?? undefined) !== undefined;
    this.agentWord = isOther ? 'agent_type' : 'agent';
    this.fields = isOther ? { ...fields, agent: agent_type } : fields;
  }

  has(name: PropertyKey): boolean {
    return Object.hasOwn(this.fields, name);
  }

  pathOf([name = '', ...rest]: readonly PropertyKey[]): string {
    return [...this.place, name === 'agent' ? this.agentWord : name, ...rest].join('.');
  }
}

/** A flat body may have a field `message` that means nothing here, as it may have any other. */
function isNested(body: Fields): boolean {
  if (!Object.hasOwn(body, 'message')) return false;
  return isFields(body.message) || !(Object.hasOwn(body, 'type') || Object.hasOwn(body, 'content'));
}
