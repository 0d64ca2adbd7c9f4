import { type Agent, DEFAULT_AGENT } from './agent.js';
import { partsOfModel } from './model-name.js';
import { rightNames } from './nearest-name.js';

/** The agents that there are, `default` among them. */
export class Agents {
  private readonly byName: ReadonlyMap<string, Agent>;

  constructor(
    readonly all: readonly Agent[],
    readonly usual: Agent = defaultIn(all),
  ) {
    this.byName = new Map(all.map((agent) => [agent.name, agent]));
  }

  /** The modes of all models that they may ask. */
  get modes(): readonly string[] {
    const models = this.all.flatMap(({ model, fallbacks }) => [model, ...fallbacks]);
    return [...new Set(models.map((model) => partsOfModel(model).mode))];
  }

  find(name: string): Agent | undefined {
    return this.byName.get(name);
  }

  /** The one that a run was begun with, or that a session is for: where that names none, or it has left meanwhile, the
   *  usual one stands in for it. */
  named(name: string | undefined): Agent {
    return this.byName.get(name ?? '') ?? this.usual;
  }

  /** Why nobody can choose an agent by this name; undefined where one can. */
  problemOf(name: string): string | undefined {
    if (this.byName.has(name)) return undefined;
    return `is no agent; ${rightNames(name, [...this.byName.keys()])}`;
  }
}

function defaultIn(all: readonly Agent[]): Agent {
  const usual = all.find(({ name }) => name === DEFAULT_AGENT);
  if (usual === undefined) throw new Error('There is no agent "default"');
  return usual;
}
